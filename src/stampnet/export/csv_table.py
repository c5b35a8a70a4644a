"""Detections to a CSV table and back: one row for each object."""

import csv
from collections.abc import Sequence
from pathlib import Path

from stampnet.atomic import whole_file
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.rows import Row, from_rows, refuse_repeated, to_rows

COLUMNS = ("image", "x0", "y0", "x1", "y1", "cx", "cy", "stamp", "class_id", "class", "score")
"""Corners and centre in pixels; `class` is the name of `class_id`."""
TIGHT = ("tight_x0", "tight_y0", "tight_x1", "tight_y1")
FORM = (*TIGHT, "angle_deg", "scale")
"""What stamps visibly print, and how they are turned and scaled; empty where that is not known."""


def write_csv(
    path: Path, image_names: Sequence[str], detections: Sequence[Detections], class_names: Sequence[str]
) -> None:
    """Writes a row for each object; an image without objects has none.

    Raises InputError where two images share a name, a class has none, or names and detections are not equally many.

    >>> import tempfile
    >>> import numpy as np
    >>> found = Detections(np.array([[5, 2, 33, 30]], np.float32), np.array([3]), np.array([1]),
    ...                    np.array([0.5], np.float32))
    >>> path = Path(tempfile.mkdtemp()) / "boxes.csv"
    >>> write_csv(path, ["a.png"], [found], ["cat", "dog"])
    >>> print(path.read_text().splitlines()[1])
    a.png,5.0,2.0,33.0,30.0,19.0,16.0,3,1,dog,0.5,,,,,,
    >>> read_csv(path, ["a.png"])[0].stamp.tolist()
    [3]
    """
    if len(image_names) != len(detections):
        raise InputError(f"{len(image_names)} image names need as many detections, got {len(detections)}")
    refuse_repeated(image_names)
    # File names that are not UTF-8 reach Python as surrogates; this way they leave it as the bytes they were.
    with (
        whole_file(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(COLUMNS + FORM)
        for name, found in zip(image_names, detections, strict=True):
            for row in to_rows(found, class_names):
                x0, y0, x1, y1 = row.box_xyxy
                centre = ((x0 + x1) / 2, (y0 + y1) / 2)
                form = (*(row.tight_xyxy or [None] * 4), row.angle_deg, row.scale)
                writer.writerow(
                    (name, *row.box_xyxy, *centre, row.stamp, row.class_id, class_names[row.class_id], row.score, *form)
                )


def read_csv(path: Path, image_names: Sequence[str]) -> list[Detections]:
    """Reads what `write_csv` wrote: one Detections for each of `image_names`, which may have no row.

    Raises InputError where the file cannot be read, is malformed, or names another image.
    """
    refuse_repeated(image_names)
    rows: dict[str, list[Row]] = {name: [] for name in image_names}
    try:
        # utf-8-sig: spreadsheets save the table with a byte order mark.
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.DictReader(file, strict=True)
            if missing := set(COLUMNS).difference(reader.fieldnames or ()):
                raise ValueError(f"no column {', '.join(sorted(missing))}")
            for cells in reader:
                if len(cells) != len(reader.fieldnames or ()):  # cells beyond the header, under the key None
                    raise ValueError(f"line {reader.line_num} has too many cells")
                rows[cells["image"]].append(_to_row(cells))
        return [from_rows(found) for found in rows.values()]
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; write one with stampnet detect --format csv") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from error
    except (KeyError, TypeError, ValueError, OverflowError, csv.Error) as error:
        raise InputError(
            f"{path} is not a table of detections in these images ({error!r}); "
            "write it anew with stampnet detect --format csv"
        ) from error


def _to_row(cells: dict[str, str]) -> Row:
    x0, y0, x1, y1 = (float(cells[name]) for name in ("x0", "y0", "x1", "y1"))
    # Tables of an earlier version end with the score.
    tight, (angle, scale) = (
        [float(cells[name]) if cells.get(name) else None for name in names] for names in (TIGHT, FORM[len(TIGHT) :])
    )
    known = None if None in tight else tuple(tight)
    numbers = int(cells["stamp"]), int(cells["class_id"]), float(cells["score"])
    return Row((x0, y0, x1, y1), *numbers, known, angle, scale)  # type: ignore[arg-type]
