"""Detections to one row for each object, and back: what every format has in common."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from stampnet.detection import Detections
from stampnet.errors import InputError


class Row(NamedTuple):
    """One object, in plain numbers that any format can hold."""

    box_xyxy: tuple[float, float, float, float]
    stamp: int
    class_id: int
    score: float
    tight_xyxy: tuple[float, float, float, float] | None = None
    angle_deg: float | None = None
    scale: float | None = None


def to_rows(found: Detections, class_names: Sequence[str]) -> Iterator[Row]:
    """The objects of one image.

    Raises InputError where a class has no name: a file would silently hold another class, or none.

    >>> found = Detections(np.array([[5, 2, 33, 30]], np.float32), np.array([3]), np.array([1]),
    ...                    np.array([0.5], np.float32))
    >>> list(to_rows(found, ["cat", "dog"]))
    [Row(box_xyxy=(5.0, 2.0, 33.0, 30.0), stamp=3, class_id=1, score=0.5, tight_xyxy=None, angle_deg=None, scale=None)]
    """
    numbers = zip(found.stamp.tolist(), found.class_id.tolist(), found.score.tolist(), strict=True)
    unknown = [None] * len(found)
    tight = unknown if found.tight_xyxy is None else [(x0, y0, x1, y1) for x0, y0, x1, y1 in found.tight_xyxy.tolist()]
    forms = zip(
        tight,
        unknown if found.angle_deg is None else found.angle_deg.tolist(),
        unknown if found.scale is None else found.scale.tolist(),
        strict=True,
    )
    boxes = found.boxes_xyxy.tolist()
    for (x0, y0, x1, y1), (stamp, class_id, score), form in zip(boxes, numbers, forms, strict=True):
        if not 0 <= class_id < len(class_names):
            raise InputError(f"class {class_id} has no name: give one for each class, got {len(class_names)} names")
        yield Row((x0, y0, x1, y1), stamp, class_id, score, *form)


def refuse_repeated(image_names: Sequence[str]) -> None:
    """Raises InputError where two images share a name."""
    name, times = max(Counter(image_names).items(), key=lambda item: item[1], default=("", 0))
    if times > 1:
        raise InputError(f"{times} images are called {name!r}, and a table cannot tell them apart; rename them")


def from_rows(rows: Sequence[Row]) -> Detections:
    """The Detections of one image; what not all rows know, none knows.

    Raises ValueError or OverflowError for numbers that no detection has; the reader knows the file and says so.
    """
    # A number too large for float32 becomes inf, which is refused below with the rest.
    with np.errstate(over="ignore"):
        boxes = np.array([row.box_xyxy for row in rows], np.float64).reshape(len(rows), 4).astype(np.float32)
        scores = np.array([row.score for row in rows], np.float64).astype(np.float32)
        tight = _if_known([row.tight_xyxy for row in rows])
        angles = _if_known([row.angle_deg for row in rows])
        scales = _if_known([row.scale for row in rows])
    stamps = np.array([row.stamp for row in rows], np.int64)
    classes = np.array([row.class_id for row in rows], np.int64)
    if not all(np.isfinite(one).all() for one in (boxes, scores, tight, angles, scales) if one is not None):
        raise ValueError("a box, score, angle or scale is not a finite number")
    if (boxes[:, :2] > boxes[:, 2:]).any():
        raise ValueError("a box ends before it begins")
    if (stamps < 0).any() or (classes < 0).any():
        raise ValueError("a stamp or a class is negative")
    return Detections(boxes, stamps, classes, scores, tight, angles, scales)


def _if_known(values: Sequence[object]) -> np.ndarray | None:
    """An array, unless a value is missing."""
    if not values or any(value is None for value in values):
        return None
    return np.array(values, np.float64).astype(np.float32)
