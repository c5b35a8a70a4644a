"""Trajectories to density and flow, by PedPy."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from stampnet.errors import InputError
from stampnet.tracking.trajectories import Trajectories

Line = tuple[float, float, float, float]
"""x0, y0, x1, y1 of its ends, in metres."""
VORONOI_FRAMES = 200
"""Of more, so many evenly spaced ones have their cells drawn."""
MARGIN_M = 0.3
"""Without a walkable area, what lies around all positions."""


class Density(NamedTuple):
    """How dense people are, per square metre."""

    frame: Int64[np.ndarray, " T"]
    classic: Float64[np.ndarray, " T"]
    """People in the area by its size, frame by frame."""
    voronoi: Float64[np.ndarray, " V"]
    """One by the size of each person's Voronoi cell, in some of the frames."""
    area_m2: float


class Flow(NamedTuple):
    """Who passes a line, in whichever direction; everybody counts once."""

    time_s: Float64[np.ndarray, " T"]
    passed: Int64[np.ndarray, " T"]
    """People who have passed, until each frame."""
    per_second: float
    """From the first frame to the last."""


def read_line(text: str) -> Line:
    """A measurement line.

    >>> read_line("0,1.5,4,1.5")
    (0.0, 1.5, 4.0, 1.5)
    """
    try:
        x0, y0, x1, y1 = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"a line is x0,y0,x1,y1 in metres, such as 0,1.5,4,1.5, got {text!r}") from None
    if not np.isfinite([x0, y0, x1, y1]).all() or (x0, y0) == (x1, y1):
        raise InputError(f"a line has two different ends, got {text!r}")
    return (x0, y0, x1, y1)


def measure_density(rows: Trajectories, fps: float, area_wkt: str | None = None) -> Density:
    """Density in the walkable area, or in the rectangle around all positions.

    Raises InputError where PedPy is not installed, or a position lies outside the area for Voronoi cells.
    """
    pedpy = pedpy_package()
    area = pedpy.WalkableArea(area_wkt or around(rows))
    data = _for_pedpy(rows, fps)
    classic = pedpy.compute_classic_density(traj_data=data, measurement_area=pedpy.MeasurementArea(area.polygon))
    frames = np.unique(rows.frame)
    some = frames[np.linspace(0, len(frames) - 1, min(VORONOI_FRAMES, len(frames))).astype(int)]
    inside = _inside(area, rows)
    shown = _for_pedpy(rows.where(np.isin(rows.frame, some) & inside), fps)
    cells = pedpy.compute_individual_voronoi_polygons(traj_data=shown, walkable_area=area)
    return Density(
        classic["frame"].to_numpy(np.int64),
        classic["density"].to_numpy(np.float64),
        cells["density"].to_numpy(np.float64),
        float(area.area),
    )


def measure_flow(rows: Trajectories, fps: float, line: Line) -> Flow:
    """Passages of a line.

    Raises InputError where PedPy is not installed, or the line has no length.
    """
    pedpy = pedpy_package()
    if line[:2] == line[2:]:
        raise InputError(f"a line has two ends, got {line}; give x0,y0,x1,y1 in metres")
    across = pedpy.MeasurementLine([line[:2], line[2:]])
    table, _ = pedpy.compute_n_t(traj_data=_for_pedpy(rows, fps), measurement_line=across)
    passed = table["cumulative_pedestrians"].to_numpy(np.int64)
    seconds = len(passed) / fps
    return Flow(table["time"].to_numpy(np.float64), passed, float(passed[-1] / seconds) if seconds else 0.0)


def middle_line(rows: Trajectories, area_wkt: str | None = None) -> Line:
    """Across the middle of the area, and across the axis along which people move more; rows are person after person."""
    x0, y0, x1, y1 = _bounds(rows) if area_wkt is None else pedpy_package().WalkableArea(area_wkt).bounds
    is_next = np.diff(rows.id) == 0
    along_x, along_y = (np.abs(np.diff(values))[is_next].sum() for values in (rows.smooth_x_m, rows.smooth_y_m))
    if along_x >= along_y:
        return ((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)
    return (x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)


def around(rows: Trajectories) -> str:
    """The rectangle around all positions, as WKT."""
    x0, y0, x1, y1 = _bounds(rows)
    return f"POLYGON (({x0} {y0}, {x1} {y0}, {x1} {y1}, {x0} {y1}, {x0} {y0}))"


def _bounds(rows: Trajectories) -> Line:
    x, y = rows.smooth_x_m, rows.smooth_y_m
    return (
        float(x.min()) - MARGIN_M,
        float(y.min()) - MARGIN_M,
        float(x.max()) + MARGIN_M,
        float(y.max()) + MARGIN_M,
    )


def _inside(area: Any, rows: Trajectories) -> np.ndarray:
    import shapely

    return shapely.contains_xy(area.polygon, rows.smooth_x_m, rows.smooth_y_m)


def _for_pedpy(rows: Trajectories, fps: float) -> Any:
    import pandas as pd

    table = pd.DataFrame({"id": rows.id, "frame": rows.frame, "x": rows.smooth_x_m, "y": rows.smooth_y_m})
    return pedpy_package().TrajectoryData(data=table, frame_rate=fps)


def pedpy_package() -> Any:
    try:
        import pedpy
    except ImportError as error:
        raise InputError("PedPy is not installed; pip install 'stampnet[ped]'") from error
    return pedpy
