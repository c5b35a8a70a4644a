"""Rows of trajectories, as they are written, to counts that do not grow: lengths, speeds, and who left the area."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stampnet.errors import InputError
from stampnet.tracking.trajectories import Trajectories

Inside = Callable[[Float64[np.ndarray, " R"], Float64[np.ndarray, " R"]], Bool[np.ndarray, " R"]]
SPEED_STEP_M_S = 0.01
SPEEDS, LENGTHS = 1000, 10_000
"""Bins, the last for all that is more: up to 10 m/s, up to 10 000 rows."""


@dataclass(frozen=True)
class Tally:
    """What was counted so far."""

    lengths: Int64[np.ndarray, " N"]
    """Tracks that have ended, by their number of rows."""
    speeds: Int64[np.ndarray, " S"]
    """Rows, by speed."""
    num_outside: int
    """Rows outside the walkable area."""


def empty_tally() -> Tally:
    """Before the first row."""
    return Tally(np.zeros(LENGTHS, np.int64), np.zeros(SPEEDS, np.int64), 0)


def counted(tally: Tally, rows: Trajectories, lengths: list[int], inside: Inside | None) -> Tally:
    """With some rows more, and the tracks that have ended, by their numbers of rows."""
    if len(rows) == 0 and not lengths:
        return tally
    speed = np.hypot(rows.vx_m_s, rows.vy_m_s)
    places = np.minimum(speed[np.isfinite(speed)] / SPEED_STEP_M_S, SPEEDS - 1).astype(np.int64)
    outside = 0 if inside is None else int((~inside(rows.smooth_x_m, rows.smooth_y_m)).sum())
    return Tally(
        tally.lengths + np.bincount(np.minimum(np.array(lengths, np.int64), LENGTHS - 1), minlength=LENGTHS),
        tally.speeds + np.bincount(places, minlength=SPEEDS),
        tally.num_outside + outside,
    )


def median_place(counts: Int64[np.ndarray, " N"]) -> int | None:
    """The bin in which the middle lies; None where nothing was counted.

    >>> median_place(np.array([1, 0, 3])), median_place(np.array([0, 0]))
    (2, None)
    """
    if counts.sum() == 0:
        return None
    return int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))


def inside_of(area_wkt: str) -> Inside:
    """Whether points are within a polygon in WKT, in metres.

    Raises InputError where shapely is not installed, or the text is no polygon.
    """
    try:
        import shapely
    except ImportError as error:
        raise InputError("shapely is not installed; pip install 'stampnet[ped]'") from error
    try:
        area = shapely.from_wkt(area_wkt)
    except shapely.errors.ShapelyError as error:
        raise InputError(f"{area_wkt[:60]!r} is no walkable area; give a polygon in WKT, in metres") from error
    if area is None or area.geom_type != "Polygon" or area.area == 0 or not area.is_valid:
        raise InputError(f"{area_wkt[:60]!r} is no walkable area; give a polygon in WKT, in metres")
    shapely.prepare(area)
    return lambda x, y: shapely.intersects_xy(area, x, y)
