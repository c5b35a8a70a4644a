"""Classes by number to classes by name: a person has told which is which, which are the same, which do not matter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from stampnet.detection import Detections
from stampnet.errors import InputError

IGNORED = "ignore"
"""The name of classes whose objects are left out."""
LONGEST_NAME = 100

Names = Mapping[int, str]
"""What a person calls some of the classes, by the numbers that the fit gave them; two of one name are one class."""


class Named(NamedTuple):
    """Stamps and the classes that they belong to, once classes have names."""

    class_of_stamp: Int64[np.ndarray, " N"]
    """-1 where the objects of a stamp are left out."""
    class_names: tuple[str, ...]


def check_names(names: Names, num_classes: int, file: Path | None = None) -> None:
    """Raises InputError where a number belongs to no class, or a name is empty, too long or of several lines; it names
    the file that says so, if there is one."""
    where = f"{file}: " if file else ""
    for number, name in names.items():
        if not 0 <= number < num_classes:
            remedy = f"; take its name away with stampnet name {file.parent} {number}=" if file else ""
            raise InputError(
                f"{where}there is no class {number}; classes are numbered from 0 to {num_classes - 1}{remedy}"
            )
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise InputError(
                f"{where}the name of class {number} must be one line of 1 to {LONGEST_NAME} characters, got {name!r}"
            )


def named(class_of_stamp: Int64[np.ndarray, " N"], class_names: Sequence[str], names: Names) -> Named:
    """Classes with these names, in the order of their first members; classes without a name keep what they are called.

    >>> named(np.array([0, 1, 2, 3]), ["stamp 0", "stamp 1", "stamp 2", "stamp 3"], {0: "cat", 3: "cat", 1: "ignore"})
    Named(class_of_stamp=array([ 0, -1,  1,  0]), class_names=('cat', 'stamp 2'))
    """
    called = [names.get(number, name) for number, name in enumerate(class_names)]
    kept = tuple(dict.fromkeys(name for name in called if name != IGNORED))
    number_of = {name: number for number, name in enumerate(kept)} | {IGNORED: -1}
    new = np.array([number_of[name] for name in called], np.int64)
    return Named(new[class_of_stamp], kept)


def in_classes(found: Detections, class_of_stamp: Int64[np.ndarray, " N"]) -> Detections:
    """The objects of an image with the classes of their stamps, without those that are left out."""
    classes = class_of_stamp[found.stamp]
    kept = classes >= 0
    optional = (found.tight_xyxy, found.angle_deg, found.scale)
    tight, angles, scales = (None if values is None else values[kept] for values in optional)
    return replace(
        found,
        boxes_xyxy=found.boxes_xyxy[kept],
        stamp=found.stamp[kept],
        class_id=classes[kept],
        score=found.score[kept],
        tight_xyxy=tight,
        angle_deg=angles,
        scale=scales,
    )
