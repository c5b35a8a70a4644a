"""Detections to a folder of YOLO text files and back: one file for each image, one line for each object."""

from pathlib import Path, PurePosixPath

import numpy as np

from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable
from stampnet.export.rows import Row, from_rows, to_rows

CLASSES = "classes.txt"
"""The name of each class, a line each, in the order of their numbers."""


def write_yolo(folder: Path, table: DetectionTable) -> None:
    """Writes, for image a/b.png, a/b.txt with a line `class x y width height score` for each object.

    x and y are of the centre; all four are parts of the width and height of the image. An image without objects has an
    empty file. Beside them lies `classes.txt`. Stamps, tight boxes, angles and scales have no place in this format.

    Raises InputError, before anything is written, where a file would lie outside the folder, two images would share
    one, a class has no name, or its name has several lines.
    """
    files: dict[str, str] = {CLASSES: "the names of the classes"}
    for name in table.image_names:
        file = file_of(name)
        if file in files:
            raise InputError(f"{files[file]} and {name} would both be written to {file}; rename one of them")
        files[file] = name
    for name in table.class_names:
        if "\n" in name or "\r" in name:
            raise InputError(f"the class {name!r} has a name of several lines; rename it")
    images = zip(table.image_sizes_hw, table.detections, strict=True)
    texts = [
        "".join(f"{name}\n" for name in table.class_names),
        *(
            "".join(_line(row, height, width) for row in to_rows(one, table.class_names))
            for (height, width), one in images
        ),
    ]
    for file, text in zip(files, texts, strict=True):
        with whole_file(folder / file) as temporary:
            temporary.write_text(text, encoding="utf-8")


def read_yolo(
    folder: Path, image_names: tuple[str, ...], image_sizes_hw: tuple[tuple[int, int], ...]
) -> DetectionTable:
    """Reads what `write_yolo` wrote, or another tool without scores, which are then 1; the stamp is the class.

    Raises InputError where a file is missing, or not of that form.
    """
    names = tuple(_text(folder / CLASSES).splitlines())
    detections = []
    for name, (height, width) in zip(image_names, image_sizes_hw, strict=True):
        path = folder / file_of(name)
        try:
            rows = [_to_row(line, height, width, len(names)) for line in _text(path).splitlines() if line.strip()]
            detections.append(from_rows(rows))
        except (ValueError, OverflowError) as error:
            raise InputError(f"{path} is not a YOLO file of detections ({error}); write it anew") from error
    return DetectionTable(image_names, image_sizes_hw, tuple(detections), names)


def file_of(image_name: str) -> str:
    """The file of an image, below a folder: a/b.png is a/b.txt, page 3 of scan.tif is scan.tif#3.txt.

    Raises InputError where the name leads out of the folder.
    """
    own = Path(image_name)  # as this machine reads it: with a drive, perhaps
    if own.anchor or ".." in own.parts:
        raise InputError(f"the image {image_name!r} has no place below a folder of labels; name a folder that holds it")
    path = PurePosixPath(image_name)
    if "#" in path.name:
        return f"{path.as_posix()}.txt"
    return path.with_suffix(".txt").as_posix()


def _line(row: Row, height: int, width: int) -> str:
    x0, y0, x1, y1 = row.box_xyxy
    numbers = ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height, row.score)
    return " ".join([str(row.class_id), *(f"{number:.8g}" for number in numbers)]) + "\n"


def _to_row(line: str, height: int, width: int, num_classes: int) -> Row:
    cells = line.split()
    if len(cells) not in (5, 6):
        raise ValueError(f"a line has {len(cells)} numbers, not 5 or 6")
    class_id, (x, y, across, down, *score) = int(cells[0]), map(float, cells[1:])
    if not class_id < num_classes:
        raise ValueError(f"class {class_id} is not in {CLASSES}")
    sides = np.array([across * width, down * height]) / 2
    centre = np.array([x * width, y * height])
    box = (*(centre - sides).tolist(), *(centre + sides).tolist())
    return Row(box, class_id, class_id, score[0] if score else 1.0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); write it with --format yolo") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text; write it anew with --format yolo") from error
