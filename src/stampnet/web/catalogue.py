"""A model, and what a person calls its classes, to what the page lists."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel

from stampnet.naming import IGNORED, LONGEST_NAME, Named, Names, named
from stampnet.predictor import StampNet


class StampEntry(BaseModel):
    """A stamp, and the class that the fit gave it."""

    stamp: int
    number: int
    uses: int | None
    """On at most a thousand images or tiles of the fit, drawn by chance; None where the run does not tell."""


class ClassEntry(BaseModel):
    """A class as it is called now, made of one or more that the fit found."""

    name: str
    numbers: list[int]
    is_named: bool
    stamps: list[StampEntry]
    """Most used first."""
    uses: int | None


class Catalogue(BaseModel):
    """Classes with names; a class that is left out keeps the name that the fit gave it."""

    classes: list[ClassEntry]
    left_out: list[ClassEntry]
    longest_name: int = LONGEST_NAME


def renamed(model: StampNet, names: Names) -> Named:
    """The classes of a model without names, once they have some."""
    return named(model.class_of_stamp_, model.numbered_classes_, names)


def catalogue(model: StampNet, names: Names, usage: np.ndarray | None) -> Catalogue:
    """The classes of a model without names, by the numbers of their first members."""
    entries: dict[int, list[StampEntry]] = {number: [] for number in range(len(model.numbered_classes_))}
    for stamp, number in enumerate(model.class_of_stamp_.tolist()):
        uses = None if usage is None else int(usage[stamp])
        entries[number].append(StampEntry(stamp=stamp, number=number, uses=uses))
    members: dict[str, list[int]] = {}
    left_out = []
    for number, before in enumerate(model.numbered_classes_):
        name = names.get(number, before)
        if name == IGNORED:
            left_out.append(_entry(before, [number], entries, names))
        else:
            members.setdefault(name, []).append(number)
    classes = [_entry(name, numbers, entries, names) for name, numbers in members.items()]
    return Catalogue(classes=classes, left_out=left_out)


def _entry(name: str, numbers: Sequence[int], entries: dict[int, list[StampEntry]], names: Names) -> ClassEntry:
    stamps = sorted((entry for number in numbers for entry in entries[number]), key=lambda entry: -(entry.uses or 0))
    known = [entry.uses for entry in stamps if entry.uses is not None]
    return ClassEntry(
        name=name,
        numbers=list(numbers),
        is_named=any(number in names for number in numbers),
        stamps=stamps,
        uses=sum(known) if len(known) == len(stamps) else None,
    )
