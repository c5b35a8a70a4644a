"""Detections to pictures of the objects, in a folder for each class."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from stampnet.atomic import whole_file
from stampnet.data.image_files import ImageFile, read_image
from stampnet.data.value_range import LOOKED_AT, as_bytes
from stampnet.export.coco import DetectionTable
from stampnet.progress import tracked


def write_crops(folder: Path, files: Sequence[ImageFile], table: DetectionTable, *, show_progress: bool = False) -> int:
    """Writes each object of the images, as far as its box lies within, as `folder`/class/image-number.png; returns how
    many there are. Values above 255, or floats, are stretched to bytes from the least to the largest of their image.

    Raises InputError where an image cannot be read any more.
    """
    images = file_names([file.name for file in files])
    classes = [folder / name for name in file_names(table.class_names)]
    number = 0
    work = list(zip(files, images, table.detections, strict=True))
    for file, name, found in tracked(work, "cutting", show=show_progress):
        if len(found) == 0:
            continue
        crops = cut_out(read_image(file), found.boxes_xyxy)
        for place, (crop, class_id) in enumerate(zip(crops, found.class_id.tolist(), strict=True)):
            if crop is None:
                continue
            with whole_file(classes[class_id] / f"{name}-{place}.png") as temporary:
                Image.fromarray(crop).save(temporary)
            number += 1
    return number


def cut_out(image: np.ndarray, boxes_xyxy: Float32[np.ndarray, "K 4"]) -> Iterator[UInt8[np.ndarray, "..."] | None]:
    """What each box holds of an image (H, W) or (H, W, 3), in bytes (see `as_bytes`); None where it lies outside."""
    if image.dtype == np.uint8:
        extremes = image
    else:  # sought once, not for each object: an image of two values has the same range
        down, across = (max(1, size // LOOKED_AT) for size in image.shape[:2])
        some = image[::down, ::across]
        extremes = np.array([[some.min(), some.max()]])
    for box in boxes_xyxy:
        x0, y0 = np.floor(box[:2]).astype(int).clip(0)
        x1, y1 = np.ceil(box[2:]).astype(int).clip(0)
        inside = image[y0:y1, x0:x1]
        yield as_bytes(inside, extremes) if inside.size else None


def file_names(names: Sequence[str]) -> list[str]:
    """Texts as names of files: letters, digits and a few signs stay, and no two are the same, also where capitals do
    not count.

    >>> file_names(["day 1/scan.tif#3", "../x", "é", "_x", "_X"])
    ['day 1_scan.tif#3', '_x', 'é', '_x-2', '_X-3']
    """
    taken: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"[^\w.# +-]", "_", name).lstrip(".") or "_"
        own = next(one for one in chain([plain], (f"{plain}-{k}" for k in count(2))) if one.casefold() not in taken)
        taken[own.casefold()] = own
    return list(taken.values())
