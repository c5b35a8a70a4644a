"""Facts about the checks of types and shapes that all tests run under: they see what those of jaxtyping see."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from beartype import beartype
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float, TypeCheckError

from shape_checks import jaxtyped
from stampnet.matching.filters import halve

checked = jaxtyped(typechecker=beartype)


@checked
def rows_of(images: Float[np.ndarray, "H W"], number: int) -> Float[np.ndarray, " W"]:
    return images[number] if number < 2 else images[:, 0]


@checked
@dataclass
class Pair:
    one: Float[np.ndarray, " K"]
    other: Float[np.ndarray, " K"]


@checked
def half(number: int) -> int:
    return number / 2  # type: ignore[return-value]


@pytest.mark.parametrize(("height", "width", "number"), [(3, 4, 0), (4, 4, 3), (5, 2, 1)])
def test_what_has_the_shapes_that_are_said_passes(height: int, width: int, number: int) -> None:
    assert rows_of(np.zeros((height, width)), number).shape == (width,)
    Pair(np.zeros(height), np.zeros(height))


def test_the_package_is_looked_at() -> None:
    with pytest.raises((BeartypeCallHintViolation, TypeCheckError)):
        halve(torch.zeros(3, 4))


def test_what_has_not_is_refused() -> None:
    for wrong in (
        lambda: rows_of(np.zeros((3, 4)), 2),  # a letter has one size in what is given and in what comes back
        lambda: rows_of(np.zeros(3), 0),
        lambda: rows_of(np.zeros((3, 4), int), 0),
        lambda: rows_of(np.zeros((3, 4)), 0.0),  # type: ignore[arg-type]
        lambda: Pair(np.zeros(3), np.zeros(4)),
        lambda: half(3),
    ):
        with pytest.raises((BeartypeCallHintViolation, TypeCheckError)):
            wrong()
