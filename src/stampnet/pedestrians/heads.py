"""Points and placed stamps to the tops of heads.

A stamp's centre is not the head: that lies ahead of the shoulders, and a sensor to one side sees one side of it. So the
head is sought among the points that a stamp explains, as the middle of the highest patch, and what that is off by is
set right by a number that is learned on simulated people under the same camera (see `calibration`). Two numbers more,
for the way to a wider patch and to the stamp's middle, were no better on them.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view

from stampnet.pedestrians.points import AS_HIGH, Ground, Points, Relief, cells, select

REACH_M = 0.32
"""Points this far from a stamp's middle, along x and along y, are its own, unless they are nearer to another's."""
PATCH_M = 0.08
"""How far below the top the highest patch reaches."""
ENOUGH = 6
"""The top is where so many points are as high: fewer are noise."""
BIN_M = 0.01
AROUND_M, FLAT_M2 = 0.55, 0.12
"""Where more of a square so wide about a top is about as high, it is no head: an umbrella, a pram, a roof."""


class Placed(NamedTuple):
    """Middles of the stamps that were placed, in the order of moments."""

    moment: Int64[np.ndarray, " P"]
    x_m: Float64[np.ndarray, " P"]
    y_m: Float64[np.ndarray, " P"]


class Tops(NamedTuple):
    """What the points of each stamp tell of the head."""

    number: Int64[np.ndarray, " P"]
    """How many points there are; without any, all else is not a number."""
    z_m: Float64[np.ndarray, " P"]
    patch: Float64[np.ndarray, "P 2"]
    """x and y of the middle of the points within 8 cm of the top."""
    votes: Int64[np.ndarray, "P S"]
    """How many points of the patch each sensor has seen."""


def owners(of: Points, placed: Placed, num_moments: int, ground: Ground) -> Int64[np.ndarray, " F"]:
    """The stamp that each point belongs to, -1 where there is none."""
    rows, columns = ground.shape
    reach = int(np.ceil(REACH_M / ground.cell_m))
    padded = (num_moments, rows + 2 * reach, columns + 2 * reach)
    nearest, owner = np.full(padded, np.inf, np.float32), np.full(padded, -1, np.int64)
    y, x = (ground.y_m[1] - placed.y_m) / ground.cell_m, (placed.x_m - ground.x_m[0]) / ground.cell_m
    row, column = (np.clip(np.floor(at).astype(int), 0, most - 1) for at, most in ((y, rows), (x, columns)))
    offset = np.arange(-reach, reach + 1)
    order = np.zeros(len(placed.moment), int)  # among the stamps of its moment
    if len(order):
        order = np.arange(len(order)) - np.searchsorted(placed.moment, placed.moment)
    for turn in range(order.max(initial=-1) + 1):
        which = np.nonzero(order == turn)[0]
        at = (
            placed.moment[which, None, None],
            (row[which, None] + offset + reach)[:, :, None],
            (column[which, None] + offset + reach)[:, None, :],
        )
        down = (row[which, None] + offset + 0.5 - y[which, None])[:, :, None]
        across = (column[which, None] + offset + 0.5 - x[which, None])[:, None, :]
        distance = (down**2 + across**2).astype(np.float32)
        nearer = distance < nearest[at]
        nearest[at] = np.where(nearer, distance, nearest[at])
        owner[at] = np.where(nearer, which[:, None, None], owner[at])
    moment, cell = np.divmod(of.cell, rows * columns)
    return owner[moment, cell // columns + reach, cell % columns + reach]


def tops(of: Points, placed: Placed, num_moments: int, ground: Ground, num_sensors: int = 1) -> Tops:
    """The highest patches of the points of each stamp."""
    number = len(placed.moment)
    owner = owners(of, placed, num_moments, ground)
    of, owner = select(of, owner >= 0), owner[owner >= 0]
    bins = int(ground.top_m / BIN_M) + 1
    level = np.clip((of.z_m / np.float32(BIN_M)).astype(np.int64), 0, bins - 1)
    count = np.bincount(owner * bins + level, minlength=number * bins).reshape(number, bins)
    above = count[:, ::-1].cumsum(axis=1)[:, ::-1]  # points at this level or higher
    total = above[:, 0]
    enough = above >= np.minimum(ENOUGH, np.maximum(total, 1))[:, None]
    top = (bins - np.argmax(enough[:, ::-1], axis=1)) * BIN_M  # upper edge of the highest level with enough points
    is_near = top[owner] - of.z_m <= PATCH_M
    near, owner = select(of, is_near), owner[is_near]
    votes = np.bincount(owner * num_sensors + near.sensor, minlength=number * num_sensors).reshape(number, num_sensors)
    sums = [np.bincount(owner, weights=at, minlength=number) for at in (near.x_m, near.y_m)]
    with np.errstate(invalid="ignore", divide="ignore"):
        patch = np.stack(sums, axis=1) / votes.sum(axis=1)[:, None]
    return Tops(total, np.where(total > 0, top, np.nan), patch, votes)


def lie_flat(maps: Relief, moment: Int64[np.ndarray, " P"], found: Tops, ground: Ground) -> Bool[np.ndarray, " P"]:
    """Which tops are of something larger than a head."""
    x, y = np.nan_to_num(found.patch).astype(np.float32).T
    cell, _ = cells(
        moment,
        x.clip(ground.x_m[0], ground.x_m[1] - ground.cell_m),
        y.clip(ground.y_m[0] + ground.cell_m, ground.y_m[1]),
        ground,
    )
    reach = round(AROUND_M / ground.cell_m) // 2
    high = np.pad(maps > AS_HIGH, ((0, 0), (reach, reach), (reach, reach)))
    around = sliding_window_view(high, (2 * reach + 1, 2 * reach + 1), axis=(1, 2))
    at = np.unravel_index(cell, around.shape[:3])
    return around[at].sum(axis=(1, 2)) > FLAT_M2 / ground.cell_m**2


def heads(found: Tops, below_camera: Float64[np.ndarray, "P 2"], outwards: float) -> Float64[np.ndarray, "P 2"]:
    """x and y of the tops of the heads: patches moved away from below the camera, by a part of their distance to it."""
    return found.patch + outwards * (found.patch - below_camera)


def learned_outwards(found: Tops, below_camera: Float64[np.ndarray, "P 2"], truth: Float64[np.ndarray, "P 2"]) -> float:
    """The part of least squared error for heads that are known."""
    way = found.patch - below_camera
    return float(((truth - found.patch) * way).sum() / max(float((way**2).sum()), 1e-12))
