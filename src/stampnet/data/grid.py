"""Images that repeat themselves to the grid on which their squares lie."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from sklearn.metrics.pairwise import euclidean_distances

from stampnet.data.preparation import Prepared

COMPARED = 500
"""Squares, at most, that are compared with each other."""
SAME = 0.1
"""Squares whose squared distance is below this part of the mean of all are of one kind."""
MOST_KINDS = 0.05
"""There are fewer kinds than this part of all squares."""
FEWER, OFF = 0.5, 1 / 8
"""And fewer than this part of the kinds on a grid that lies off by this part of a square."""


class Grid(NamedTuple):
    """Squares of so many pixels, side by side; some square begins at a row and column."""

    side: int
    top: int
    left: int


def grid_of(images: Sequence[Prepared], side: int) -> Grid | None:
    """The grid, the same in all images, whose squares are of the fewest kinds; None where no grid stands out.

    Squares are cut out whole if the grid is laid right, else each holds parts of two or four, of which there are more
    kinds. Where all squares are the same, or have room around what they hold, other grids would do as well, and there
    is none to be found.
    """
    if not any(min(image.shape[:2]) >= 2 * side for image in images):
        return None
    top = left = 0
    for _ in range(2):  # the second time beside the right rows
        across = [_kinds(images, Grid(side, top, start)) for start in range(side)]
        left = across.index(min(across))
        down = [_kinds(images, Grid(side, start, left)) for start in range(side)]
        top = down.index(min(down))
    off = math.ceil(OFF * side)
    elsewhere = [one[(best + way) % side] for one, best in ((across, left), (down, top)) for way in (-off, off)]
    fewest = min(down)
    if fewest.number < min(MOST_KINDS * fewest.squares, *(FEWER * kinds.number for kinds in elsewhere)):
        return Grid(side, top, left)
    return None


class Kinds(NamedTuple):
    """Squares of some kinds. Fewer are better, and if they are as many, closer ones."""

    number: int
    distance: float
    """Of a square from the first of its kind, squared, the mean."""
    squares: int


def _kinds(images: Sequence[Prepared], grid: Grid) -> Kinds:
    """The kinds of squares on a grid."""
    squares = np.concatenate([_squares(image, grid) for image in images])
    chosen = np.random.default_rng(0).permutation(len(squares))[:COMPARED]
    distance = euclidean_distances(squares[chosen], squared=True)
    is_same = distance <= SAME * distance.mean()
    unnamed, number, total = np.ones(len(chosen), bool), 0, 0.0
    while unnamed.any():
        first = unnamed.argmax()
        total += float(distance[first, is_same[first] & unnamed].sum())
        unnamed &= ~is_same[first]
        number += 1
    return Kinds(number, total / max(len(chosen), 1), len(chosen))


def _squares(image: Prepared, grid: Grid) -> Float[np.ndarray, "K values"]:
    """The whole squares of an image."""
    rows, columns = (
        (size - first) // grid.side for size, first in zip(image.shape[:2], (grid.top, grid.left), strict=True)
    )
    whole = image[grid.top : grid.top + rows * grid.side, grid.left : grid.left + columns * grid.side]
    parts = whole.reshape(rows, grid.side, columns, grid.side, image.shape[2]).swapaxes(1, 2)
    return parts.reshape(rows * columns, -1)
