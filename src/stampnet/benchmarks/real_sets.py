"""Real images with known answers, from the data home: nuclei, blood cells, drawings, a game, print."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stampnet.archive import arrays_of
from stampnet.data.data_home import data_home
from stampnet.data.image_files import read_images
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable

Ink = Callable[[np.ndarray], np.ndarray]
"""An image to bytes (H, W) in which objects are bright, as one who writes a baseline for the set would make them."""
Objects = Sequence[tuple[str, Sequence[float]]]
"""Class and box x0, y0, x1, y1 of each object of an image."""


@dataclass(frozen=True)
class RealSet:
    """Images to learn from, others to score, and their truth."""

    name: str
    learn: tuple[np.ndarray, ...]
    test: tuple[np.ndarray, ...]
    truth: DetectionTable
    """Of the test images."""
    ink: Ink
    least_pixels: int
    """Of a component that the baseline takes for an object."""
    learn_truth: DetectionTable
    """Of the images to learn from; it serves for names only."""
    ignored: frozenset[str]
    """Classes that are named, and then left out: what the objects of interest lie among."""


def real_sets(data_dir: Path | None = None) -> dict[str, Callable[[], RealSet]]:
    """The sets by name, read when they are called; every other image is learned from, or every other eighth.

    Raises InputError where the data home has none.
    """
    folder = data_home(data_dir) / "images"
    if not folder.is_dir():
        raise InputError(f"there are no real images in {folder}; set STAMPNET_DATA_HOME to the folder that has images/")
    return {
        "nuclei": lambda: _nuclei(folder / "dsb2018_nuclei"),
        "blood cells": lambda: _blood(folder / "bccd" / "BCCD"),
        "hand-drawn shapes": lambda: _drawn(folder / "hand_drawn_shapes" / "data"),
        "sokoban": lambda: _sokoban(folder / "sokoban"),
        "printed characters": lambda: _print(folder / "vie_tesseract_boxes"),
    }


def _set(
    name: str,
    images: Sequence[np.ndarray],
    objects: Sequence[Objects],
    ink: Ink,
    least_pixels: int,
    ignored: frozenset[str] = frozenset(),
) -> RealSet:
    """Images 0, 2, 4, ... are learned from, the others are scored."""
    classes = sorted({kind for one in objects for kind, _ in one})
    learn, test = images[::2], images[1::2]
    tables = [_table(some, true, classes) for some, true in ((learn, objects[::2]), (test, objects[1::2]))]
    return RealSet(name, tuple(learn), tuple(test), tables[1], ink, least_pixels, tables[0], ignored)


def _table(images: Sequence[np.ndarray], objects: Sequence[Objects], classes: Sequence[str]) -> DetectionTable:
    number = {kind: k for k, kind in enumerate(classes)}
    found = []
    for one in objects:
        kinds = np.array([number[kind] for kind, _ in one], np.int64)
        boxes = np.array([box for _, box in one], np.float32).reshape(-1, 4)
        found.append(Detections(boxes, kinds, kinds, np.ones(len(one), np.float32)))
    names = tuple(str(k) for k in range(len(images)))
    sizes = tuple((image.shape[0], image.shape[1]) for image in images)
    return DetectionTable(names, sizes, tuple(found), tuple(classes))


def _nuclei(folder: Path) -> RealSet:
    boxes = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))
    images = [read_images(folder / "images" / f"{name}.png").arrays[0] for name in boxes]
    objects = [[("nucleus", box) for box in ones] for ones in boxes.values()]
    return _set("nuclei", images, objects, lambda image: image, 10)


def _blood(folder: Path, every: int = 4) -> RealSet:
    images, objects = [], []
    for path in sorted((folder / "Annotations").glob("*.xml"))[::every]:
        ones = []
        for one in ET.parse(path).getroot().findall("object"):
            box = [int(one.findtext(f"bndbox/{side}", "0")) for side in ("xmin", "ymin", "xmax", "ymax")]
            if box[2] > box[0] and box[3] > box[1]:
                ones.append((one.findtext("name", ""), box))
        images.append(read_images(folder / "JPEGImages" / f"{path.stem}.jpg").arrays[0])
        objects.append(ones)
    return _set("blood cells", images, objects, lambda image: 255 - image[..., 1], 200)


def _drawn(folder: Path) -> RealSet:
    paths = sorted(folder.glob("*/images/*/*.png"))
    images = [read_images(path).arrays[0] for path in paths]
    objects = []
    for path, image in zip(paths, images, strict=True):
        rows, columns = np.nonzero(_grey(image) < 155)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        objects.append([(path.parent.name, box)])
    return _set("hand-drawn shapes", images, objects, lambda image: 255 - _grey(image), 10)


def _sokoban(folder: Path, tile: int = 16) -> RealSet:
    with arrays_of(folder / "levels.npz", "fetch it anew") as stored:
        images = list(stored["images"])
    levels = json.loads((folder / "levels.json").read_text(encoding="utf-8"))
    names = {"#": "wall", " ": "floor", ".": "target", "$": "box", "@": "player"}
    objects = [
        [
            (names[sign], (tile * x, tile * y, tile * (x + 1), tile * (y + 1)))
            for y, row in enumerate(level)
            for x, sign in enumerate(row.ljust(10))
        ]
        for level in levels
    ]
    scenery = frozenset({"wall", "floor"})
    return _set("sokoban", images, objects, lambda image: _from_median(image, images), 10, scenery)


def _print(folder: Path) -> RealSet:
    """Each sheet in two, between two lines: the upper part is learned from, the lower one scored."""
    images, objects = [], []
    for font in ("arial", "times"):
        sheet = read_images(folder / f"vie.{font}.exp0.tif").arrays[0]
        ones = []
        for line in (folder / f"vie.{font}.exp0.box").read_text(encoding="utf-8").splitlines():
            kind, x0, y0, x1, y1, _ = line.split(" ")
            ones.append((kind, (int(x0), len(sheet) - int(y1), int(x1), len(sheet) - int(y0))))
        empty = np.flatnonzero((sheet == 255).all(axis=1))
        middle = int(empty[np.abs(empty - len(sheet) // 2).argmin()])
        upper = [(kind, box) for kind, box in ones if box[3] <= middle]
        lower = [(k, (x0, y0 - middle, x1, y1 - middle)) for k, (x0, y0, x1, y1) in ones if y0 >= middle]
        images += [sheet[:middle], sheet[middle:]]
        objects += [upper, lower]
    return _set("printed characters", images, objects, lambda image: 255 - image, 4)


def _from_median(image: np.ndarray, images: Sequence[np.ndarray]) -> np.ndarray:
    """How far each pixel is from the median colour of all images."""
    middle = np.median(np.stack(images[::2])[:, ::2, ::2].reshape(-1, 3), axis=0)
    return np.abs(image - middle).max(axis=2).clip(0, 255).astype(np.uint8)


def _grey(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 2 else image.mean(axis=2).astype(np.uint8)
