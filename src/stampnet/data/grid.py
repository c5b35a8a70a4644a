"""Images that repeat themselves to the grid on which their squares lie."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

COMPARED, PIXELS = 500, 256
"""Squares, and pixels of each, at most, that are compared."""
SAME = 0.1
"""Squares whose squared distance is below this part of the mean of all are of one kind."""
MOST_KINDS = 0.05
"""There are fewer kinds than this part of all squares."""
FEWER, OFF = 0.5, 1 / 4
"""And at most this part of the kinds on a grid that lies off by this part of a square."""


class Grid(NamedTuple):
    """Squares of so many pixels, side by side; some square begins at a row and column."""

    side: int
    top: int
    left: int


def grid_of(images: Sequence[np.ndarray], side: int) -> Grid | None:
    """The grid, the same in all prepared images (h, w, C), whose squares are of the fewest kinds; None where no grid
    stands out.

    Squares are cut out whole if the grid is laid right, else each holds parts of two or four, of which there are more
    kinds. Where all squares are the same, or have room around what they hold, other grids would do as well, and there
    is none to be found. That squares fill the images must be known: what is flat can be cut into squares of any size.
    """
    places = _places(images, side)
    if MOST_KINDS * len(places) <= 1:
        return None

    def laid(top: int, left: int) -> Kinds:
        return _kinds(images, places, Grid(side, top % side, left % side))

    top = left = 0
    for _ in range(2):  # the second time beside the right rows
        left = min(range(side), key=lambda start: laid(top, start))
        top = min(range(side), key=lambda start: laid(start, left))
    off = math.ceil(OFF * side)
    beside = [laid(top + down, left + right) for down, right in ((-off, 0), (off, 0), (0, -off), (0, off))]
    fewest = laid(top, left).number
    if fewest < MOST_KINDS * len(places) and fewest <= FEWER * min(kinds.number for kinds in beside):
        return Grid(side, top, left)
    return None


Place = tuple[int, int, int]
"""Number of an image, row and column: a square that lies within the image wherever the grid begins."""


def _places(images: Sequence[np.ndarray], side: int) -> list[Place]:
    """Where the squares are that are compared: some, by chance."""
    all_places = [
        (number, row, column)
        for number, image in enumerate(images)
        for row in range(0, image.shape[0] - 2 * side + 2, side)
        for column in range(0, image.shape[1] - 2 * side + 2, side)
    ]
    chosen = np.random.default_rng(0).permutation(len(all_places))[:COMPARED]
    return [all_places[k] for k in chosen]


class Kinds(NamedTuple):
    """Squares of some kinds. Fewer are better, and if they are as many, closer ones."""

    number: int
    distance: float
    """Of a square from the first of its kind, squared, the mean."""


def _kinds(images: Sequence[np.ndarray], places: Sequence[Place], grid: Grid) -> Kinds:
    """The kinds of squares on a grid."""
    side, top, left = grid
    squares = np.stack(
        [images[k][top + row : top + row + side, left + column : left + column + side] for k, row, column in places]
    )
    pixels = np.random.default_rng(0).permutation(side * side)[:PIXELS]
    seen = squares.reshape(len(places), side * side, -1)[:, pixels].reshape(len(places), -1)
    distance = euclidean_distances(seen, squared=True)
    is_same = distance <= SAME * distance.mean()
    unnamed, number, total = np.ones(len(places), bool), 0, 0.0
    while unnamed.any():
        first = unnamed.argmax()
        total += float(distance[first, is_same[first] & unnamed].sum())
        unnamed &= ~is_same[first]
        number += 1
    return Kinds(number, total / len(places))
