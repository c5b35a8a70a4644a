"""Detections to pictures of the objects, in a folder for each class."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from stampnet.atomic import whole_file
from stampnet.data.image_files import ImageFile, read_image
from stampnet.data.value_range import as_bytes
from stampnet.export.coco import DetectionTable
from stampnet.progress import tracked


def write_crops(folder: Path, files: Sequence[ImageFile], table: DetectionTable, *, show_progress: bool = False) -> int:
    """Writes each object of the images, as far as its box lies within, as `folder`/class/image-number.png; returns how
    many there are. Values above 255, or floats, are stretched to bytes from the least to the largest of their image.

    Raises InputError where an image cannot be read any more.
    """
    pairs = list(zip(files, table.detections, strict=True))
    number = 0
    for file, found in tracked(pairs, "cutting", show=show_progress):
        if len(found) == 0:
            continue
        image = read_image(file)
        for place, (box, class_id) in enumerate(zip(found.boxes_xyxy, found.class_id.tolist(), strict=True)):
            x0, y0 = np.floor(box[:2]).astype(int).clip(0)
            x1, y1 = np.ceil(box[2:]).astype(int)
            crop = as_bytes(image[y0:y1, x0:x1], image)
            if crop.size == 0:
                continue
            name = f"{as_file_name(file.name)}-{place}.png"
            with whole_file(folder / as_file_name(table.class_names[class_id]) / name) as temporary:
                Image.fromarray(crop).save(temporary)
            number += 1
    return number


def as_file_name(name: str) -> str:
    """Text as the name of a file: letters, digits and a few signs stay.

    >>> as_file_name("day 1/scan.tif#3"), as_file_name("../x"), as_file_name("é")
    ('day 1_scan.tif#3', '_x', 'é')
    """
    return re.sub(r"[^\w.# +-]", "_", name).lstrip(".") or "_"
