"""Detections to a CSV table and back: one row for each object."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stampnet.atomic import whole_file
from stampnet.detection import Detections
from stampnet.errors import InputError

COLUMNS = ("image", "x0", "y0", "x1", "y1", "cx", "cy", "stamp", "class_id", "class", "score")
"""Corners and centre in pixels."""


def write_csv(
    path: Path, image_names: Sequence[str], detections: Sequence[Detections], class_names: Sequence[str]
) -> None:
    """Writes a row for each object; an image without objects has none."""
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, found in zip(image_names, detections, strict=True):
            rest = zip(found.stamp.tolist(), found.class_id.tolist(), found.score.tolist(), strict=True)
            for (x0, y0, x1, y1), (stamp, class_id, score) in zip(found.boxes_xyxy.tolist(), rest, strict=True):
                box = (x0, y0, x1, y1, (x0 + x1) / 2, (y0 + y1) / 2)
                writer.writerow((name, *box, stamp, class_id, class_names[class_id], score))


def read_csv(path: Path, image_names: Sequence[str]) -> list[Detections]:
    """Reads what `write_csv` wrote: one Detections for each of `image_names`.

    Raises InputError where the file is missing, malformed, or names another image.
    """
    rows: dict[str, list[dict[str, str]]] = {name: [] for name in image_names}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                rows[row["image"]].append(row)
        return [_to_detections(found) for found in rows.values()]
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; write one with stampnet detect --format csv") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not a table of detections in these images ({error!r}); write it anew") from error


def _to_detections(rows: Sequence[dict[str, str]]) -> Detections:
    corners = [[float(row[name]) for name in ("x0", "y0", "x1", "y1")] for row in rows]
    return Detections(
        np.array(corners, np.float32).reshape(-1, 4),
        np.array([int(row["stamp"]) for row in rows], np.int64),
        np.array([int(row["class_id"]) for row in rows], np.int64),
        np.array([float(row["score"]) for row in rows], np.float32),
    )
