"""Images of any size to overlapping tiles of one size, and objects found in tiles to those of the image."""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int64
from scipy.spatial import cKDTree

from stampnet.data.grid import Grid
from stampnet.errors import InputError

SLACK = 2.0
"""Pixels along each side by which two tiles may disagree about where an object is: as the model sees them, for what it
finds lies on whole ones."""


@dataclass(frozen=True)
class Tiling:
    """How images are cut."""

    size: tuple[int, int]
    """Height and width of every tile."""
    margin: tuple[int, int]
    """Rows and columns at each side of a tile whose objects belong to its neighbours: as many as a stamp has, so that
    an object that a tile keeps lies within it, and what it overlaps does, too."""
    grid: Grid | None = None
    """On which the objects of all images lie, where they do: a square of it begins where a tile does."""

    def __post_init__(self) -> None:
        for size, margin in zip(self.room, self.margin, strict=True):
            if margin < 0 or size <= 2 * margin:
                raise InputError(f"tiles of {self.size} pixels are all margin with margins of {self.margin}")

    @property
    def room(self) -> tuple[int, int]:
        """Height and width that a tile is sure to show of what it is for: on a grid it may begin earlier by less than a
        square."""
        lost = 0 if self.grid is None else self.grid.side
        return self.size[0] - lost, self.size[1] - lost


class Tile(NamedTuple):
    """A part of an image. Rows and columns may lie beyond its border, where there is nothing."""

    top: int
    left: int
    core: tuple[int, int, int, int]
    """Top, left, bottom, right, half-open: objects whose centre lies in it belong to the tile."""


def tiles(image_size: tuple[int, int], tiling: Tiling) -> list[Tile]:
    """Tiles whose cores part the image and its surroundings, as far as centres of objects may lie; row by row.

    An image that fits into one tile, with half a margin around it, makes one.

    >>> for tile in tiles((20, 50), Tiling((32, 48), (8, 8))):
    ...     print(tile)
    Tile(top=-6, left=-14, core=(-4, -4, 24, 25))
    Tile(top=-6, left=15, core=(-4, 25, 24, 54))
    """
    rows, columns = (
        _along(length, size, margin)
        for length, size, margin in zip(image_size, tiling.room, tiling.margin, strict=True)
    )
    if tiling.grid is not None:
        side, first_row, first_column = tiling.grid
        rows = [(start - (start - first_row) % side, begin, end) for start, begin, end in rows]
        columns = [(start - (start - first_column) % side, begin, end) for start, begin, end in columns]
    return [Tile(top, left, (y0, x0, y1, x1)) for top, y0, y1 in rows for left, x0, x1 in columns]


def _along(length: int, size: int, margin: int) -> list[tuple[int, int, int]]:
    """Beginning of each tile, beginning and end of its core, along one side of an image."""
    around = margin // 2
    whole = length + 2 * around
    number = 1 if whole <= size else -(-whole // (size - 2 * margin))
    ends = [-around + round(k * whole / number) for k in range(number + 1)]
    return [((first + end - size) // 2, first, end) for first, end in itertools.pairwise(ends)]


def part_of(image_size: tuple[int, int], tile: Tile, size: tuple[int, int]) -> tuple[range, range]:
    """The rows and columns of an image that a tile of such a size shows.

    >>> part_of((20, 50), Tile(-6, 15, (-4, 25, 24, 54)), (32, 48))
    (range(0, 20), range(15, 50))
    """
    rows, columns = (
        range(max(0, first), min(whole, first + length))
        for first, length, whole in zip(tile[:2], size, image_size, strict=True)
    )
    return rows, columns


def kept(
    centres: Float[np.ndarray, "K 2"],
    scores: Float[np.ndarray, " K"],
    tile_of: Int64[np.ndarray, " K"],
    cores: Float[np.ndarray, "T 4"],
) -> Bool[np.ndarray, " K"]:
    """Which of the objects that all tiles of an image have found make up those of the image.

    Centres (row, column) and cores are in pixels as the model sees them. An object belongs to the tile in whose core
    its centre lies. Where tiles disagree about a place by up to SLACK, it may lie in no core, or in two: within SLACK
    of a border each place counts once, the best score first.
    """
    own = cores[tile_of]
    # How deep in its core each centre lies; below 0, by how far outside.
    depth = np.concatenate([centres - own[:, :2], own[:, 2:] - centres], axis=1).min(axis=1, initial=np.inf)
    chosen = depth >= SLACK
    doubtful = np.flatnonzero((depth >= -SLACK) & ~chosen)
    if len(doubtful) == 0:
        return chosen
    near = cKDTree(centres).query_ball_point(centres[doubtful], np.hypot(SLACK, SLACK))
    neighbours = dict(zip(doubtful.tolist(), near, strict=True))
    # Of two that agree, the one whose tile owns the place.
    order = doubtful[np.lexsort((-scores[doubtful], depth[doubtful] < 0))]
    for k in order.tolist():
        others = [j for j in neighbours[k] if chosen[j] and tile_of[j] != tile_of[k]]
        chosen[k] = not others
    return chosen
