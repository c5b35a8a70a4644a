"""Trajectories to a CSV table with the column names of Eindhoven's GLOW data, and back.

Positions are there as found (x, y, z) and smooth (x_sav, y_sav), with velocities, scores and stamps.
"""

from pathlib import Path

import numpy as np

from stampnet.tracking.files.rows_text import cells, pandas, rate, times, told
from stampnet.tracking.trajectories import Trajectories, no_trajectories

COLUMNS = (
    "frame",
    "time",
    "tracked_object",
    "x",
    "y",
    "z",
    "x_sav",
    "y_sav",
    "vx_sav",
    "vy_sav",
    "score",
    "stamp",
)
REMEDY = "write one with stampnet track --out tracks.csv"


def header(fps: float) -> str:
    """What the file begins with."""
    del fps  # is told by frames and times
    return ",".join(COLUMNS) + "\n"


def lines(rows: Trajectories, fps: float) -> str:
    """The rows as they stand in the file."""
    return cells(
        [
            rows.frame,
            times(rows.frame, fps),
            rows.id,
            rows.x_m,
            rows.y_m,
            rows.z_m,
            rows.smooth_x_m,
            rows.smooth_y_m,
            rows.vx_m_s,
            rows.vy_m_s,
            rows.score,
            rows.stamp,
        ],
        ",",
    )


def read_trajectory_csv(path: Path) -> tuple[Trajectories, float | None]:
    """The rows, and the frame rate; None where all rows are of frame 0.

    Raises InputError where the file cannot be read.
    """
    with told(path, "table of trajectories", REMEDY):
        table = pandas().read_csv(path)
        if missing := set(COLUMNS).difference(table.columns):
            raise ValueError(f"no column {', '.join(sorted(missing))}")
        if len(table) == 0:
            return no_trajectories(), None
        if table[["frame", "tracked_object", "stamp"]].isna().any(axis=None):
            raise ValueError("a row is not whole")
        whole = {name: table[name].to_numpy(np.int64) for name in ("frame", "tracked_object", "stamp")}
        real = {name: table[name].to_numpy(np.float64) for name in COLUMNS if name not in whole}
        if not np.isfinite([real["x"], real["y"], real["z"], real["x_sav"], real["y_sav"]]).all():
            raise ValueError("a position is not finite")
        last = int(whole["frame"].argmax())
        fps = rate(int(whole["frame"][last]), float(real["time"][last]))
    rows = Trajectories(
        whole["tracked_object"],
        whole["frame"],
        real["x"],
        real["y"],
        real["z"],
        real["x_sav"],
        real["y_sav"],
        real["vx_sav"],
        real["vy_sav"],
        real["score"],
        whole["stamp"],
    )
    return rows, fps
