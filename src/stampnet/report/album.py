"""Whole images and what was found in them to an album that a run keeps, and to the figures of its report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageOps

from stampnet.archive import arrays_of
from stampnet.atomic import whole_file
from stampnet.data.value_range import as_bytes
from stampnet.detection import Detections
from stampnet.export.crops import cut_out
from stampnet.report.figures import Gallery, colour_of, counted, new_figure, outlined, plain, show

ALBUM = "album.npz"
LONGEST_SIDE = 480
"""Pixels of an image in the album."""
PICTURES = 6
CROPS, CROP_SIDE = 12, 48
"""Objects of each stamp, and their pixels."""
STAMPS_WITH_CROPS = 30
"""Of more, the most used are shown."""
IN_A_ROW = 3


@dataclass(frozen=True)
class Album:
    """Some images of a run, smaller, with their objects, and objects of each stamp."""

    pictures: tuple[np.ndarray, ...]
    """Bytes, (h, w) or (h, w, 3)."""
    found: tuple[Detections, ...]
    """Boxes in pixels of the pictures; before classes have names."""
    crops: np.ndarray
    """(N, CROPS, CROP_SIDE, CROP_SIDE, 3) bytes, those of the best scores first; white where there are fewer."""
    counts: np.ndarray
    """Objects in each image that was searched."""
    lengths: np.ndarray
    """Pixels of the image along the longer side of each object."""


def make_album(images: Iterable[tuple[np.ndarray, Detections]], num_stamps: int) -> Album:
    """An album of images (H, W) or (H, W, 3) of any type, and what was found in them."""
    pictures: list[np.ndarray] = []
    boxes: list[Detections] = []
    counts: list[int] = []
    lengths: list[float] = []
    best: list[list[tuple[float, np.ndarray]]] = [[] for _ in range(num_stamps)]
    for image, found in images:
        counts.append(len(found))
        lengths += (found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]).max(axis=1).tolist()
        if len(pictures) < PICTURES:
            scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
            pictures.append(_smaller(image, scale))
            boxes.append(replace(found, boxes_xyxy=found.boxes_xyxy * np.float32(scale), tight_xyxy=None))
        crops_of = cut_out(image, found.boxes_xyxy)
        for crop, stamp, score in zip(crops_of, found.stamp.tolist(), found.score.tolist(), strict=True):
            if crop is not None:
                best[stamp] = sorted([*best[stamp], (score, _square(crop))], key=lambda one: -one[0])[:CROPS]
    crops = np.full((num_stamps, CROPS, CROP_SIDE, CROP_SIDE, 3), 255, np.uint8)
    for stamp, ones in enumerate(best):
        for place, (_, crop) in enumerate(ones):
            crops[stamp, place] = crop
    return Album(tuple(pictures), tuple(boxes), crops, np.array(counts, np.int64), np.array(lengths))


def _smaller(image: np.ndarray, scale: float) -> np.ndarray:
    """The image in bytes and smaller by this factor; of a very large one only some rows and columns are read."""
    step = max(1, int(0.5 / scale))
    picture = Image.fromarray(as_bytes(image[::step, ::step], image))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


def _square(crop: np.ndarray) -> np.ndarray:
    """Bytes (h, w) or (h, w, 3) in the middle of a square of the album."""
    picture = ImageOps.contain(Image.fromarray(crop).convert("RGB"), (CROP_SIDE, CROP_SIDE))
    square = Image.new("RGB", (CROP_SIDE, CROP_SIDE), "white")
    square.paste(picture, ((CROP_SIDE - picture.width) // 2, (CROP_SIDE - picture.height) // 2))
    return np.asarray(square)


def save_album(album: Album, folder: Path) -> None:
    """Writes `album.npz`."""
    arrays = {"crops": album.crops, "counts": album.counts, "lengths": album.lengths}
    for number, (picture, found) in enumerate(zip(album.pictures, album.found, strict=True)):
        arrays |= {
            f"picture{number}": picture,
            f"boxes{number}": found.boxes_xyxy,
            f"stamp{number}": found.stamp,
            f"score{number}": found.score,
        }
    with whole_file(folder / ALBUM) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]


def load_album(folder: Path) -> Album | None:
    """Reads `album.npz`; None where the run has none, or none of its images could be read.

    Raises InputError where it is damaged.
    """
    path = folder / ALBUM
    if not path.exists():
        return None
    with arrays_of(path, "remove it") as stored:
        number = sum(name.startswith("picture") for name in stored)
        found = []
        for k in range(number):
            stamp = stored[f"stamp{k}"]
            found.append(Detections(stored[f"boxes{k}"], stamp, stamp.copy(), stored[f"score{k}"]))
        pictures = tuple(stored[f"picture{k}"] for k in range(number))
        album = Album(pictures, tuple(found), stored["crops"], stored["counts"], stored["lengths"])
    return album if pictures else None


def draw_pictures(album: Album, found: Sequence[Detections], class_names: Sequence[str]) -> Figure:
    """The images of an album with boxes in the colours of their classes, and the names of these below."""
    rows = ceil(len(album.pictures) / IN_A_ROW)
    tallest = max(picture.shape[0] / picture.shape[1] for picture in album.pictures)
    figure = new_figure(rows * (3.6 * min(tallest, 1.5) + 0.3) + 0.6)
    grid = figure.subplots(rows, IN_A_ROW, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, picture, one in zip(grid.flat, album.pictures, found, strict=False):
        axes.axis("on")
        show(axes, picture)
        axes.set_title(counted(len(one), "object"), fontsize=8, loc="left", pad=3)
        for box, kind in zip(one.boxes_xyxy.tolist(), one.class_id.tolist(), strict=True):
            axes.add_patch(outlined(*box, color=colour_of(kind), linewidth=0.9))
    seen = sorted({int(kind) for one in found for kind in one.class_id})
    handles = [outlined(0.0, 0.0, 1.0, 1.0, color=colour_of(kind), linewidth=1.5) for kind in seen]
    if handles:
        names = [plain(class_names[kind]) for kind in seen]
        figure.legend(handles, names, loc="outside lower left", ncols=8, fontsize=8, frameon=False)
    return figure


def draw_crops(album: Album, gallery: Gallery) -> Figure:
    """A row for each stamp, the most used first: the stamp, and the objects that it explains best."""
    usage = np.ones(len(gallery.stamps)) if gallery.usage is None else gallery.usage
    order = np.argsort(-usage, kind="stable")[:STAMPS_WITH_CROPS]
    columns = 2
    rows = ceil(len(order) / columns)
    figure = new_figure(rows * 0.52 + 0.2)
    grid = figure.subplots(rows, columns * 2, squeeze=False, width_ratios=[1, CROPS] * columns)
    for axes in grid.flat:
        axes.axis("off")
    for place, stamp in enumerate(order.tolist()):
        row, column = place % rows, 2 * (place // rows)
        left, right = grid[row, column], grid[row, column + 1]
        kind = int(gallery.class_of_stamp[stamp])
        for axes, image in ((left, gallery.stamps[stamp]), (right, np.concatenate(list(album.crops[stamp]), axis=1))):
            axes.axis("on")
            show(axes, image)
            axes.spines[:].set(color="#BBBBBB" if kind < 0 else colour_of(kind), linewidth=1.5)
        left.set_ylabel(str(stamp), rotation=0, fontsize=8, ha="right", va="center")
    return figure


def draw_counts(album: Album) -> Figure:
    """How many images have how many objects."""
    figure = new_figure(2.6)
    axes = figure.add_subplot()
    edges = np.arange(album.counts.max(initial=0) + 2) - 0.5
    axes.hist(album.counts, bins=edges.tolist() if len(edges) <= 40 else 40, color=colour_of(1), edgecolor="white")
    axes.set_xlabel("objects in an image")
    axes.set_ylabel("images")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
