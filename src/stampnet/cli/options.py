"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated

import typer

from stampnet.errors import InputError

DataDir = Annotated[
    Path | None,
    typer.Option(help="Where MNIST lies or is downloaded to; else STAMPNET_DATA_HOME, else the user's cache."),
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]


def size(text: str) -> tuple[int, int]:
    """A side or two of pixels: "28" is 28 x 28, "40x60" is 40 high and 60 wide.

    >>> size("28"), size("40x60")
    ((28, 28), (40, 60))
    """
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
    if match is None:
        raise InputError(f"a size is a number of pixels or HEIGHTxWIDTH, such as 28 or 40x60, got {text!r}")
    height = int(match[1])
    return height, int(match[2] or height)


def size_or_auto(text: str) -> tuple[int, int] | str:
    """A size, or "auto".

    >>> size_or_auto("40x60"), size_or_auto("auto")
    ((40, 60), 'auto')
    """
    return text if text == "auto" else size(text)


def span(text: str) -> tuple[float, float]:
    """A smallest and a largest number.

    >>> span("0.7:1.4")
    (0.7, 1.4)
    """
    first, _, last = text.partition(":")
    try:
        return float(first), float(last)
    except ValueError:
        raise InputError(f"a range is two numbers, such as 0.7:1.4, got {text!r}") from None


def number_or_auto(text: str, option: str) -> int | str:
    """A whole number, or "auto".

    >>> number_or_auto("12", "--num-stamps"), number_or_auto("auto", "--num-stamps")
    (12, 'auto')
    """
    if text == "auto":
        return text
    if not text.isdecimal():
        raise InputError(f"{option} is a whole number or auto, got {text!r}")
    return int(text)
