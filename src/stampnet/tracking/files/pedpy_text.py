"""Trajectories to the text of Juelich, PeTrack and PedPy, and back.

x and y are the smooth positions, z is the height of the head; positions as found are in CSV and HDF5.
"""

from pathlib import Path

import numpy as np

from stampnet.errors import InputError
from stampnet.tracking.files.rows_text import cells, told
from stampnet.tracking.trajectories import Trajectories, no_trajectories

REMEDY = "write one with stampnet track --out tracks.txt"


def header(fps: float) -> str:
    """What the file begins with. PedPy finds the rate only between spaces, and takes "in mm" for metres.

    >>> print(header(15.0), end="")
    # trajectories written by stampnet
    # framerate: 15.0 fps
    # x and y: smoothed position of the head on the ground; z: its height
    # id frame x/m y/m z/m
    """
    return (
        "# trajectories written by stampnet\n"
        f"# framerate: {fps!r} fps\n"
        "# x and y: smoothed position of the head on the ground; z: its height\n"
        "# id frame x/m y/m z/m\n"
    )


def lines(rows: Trajectories, fps: float) -> str:
    """The rows as they stand in the file."""
    del fps  # stands in the header
    return cells([rows.id, rows.frame, rows.smooth_x_m, rows.smooth_y_m, rows.z_m], " ")


def read_pedpy_text(path: Path) -> tuple[Trajectories, float]:
    """The rows, and the frame rate. What the text does not hold: positions as found are the smooth ones, velocities and
    scores are NaN, stamps -1.

    Raises InputError where the file cannot be read, or tells no frame rate or no unit.
    """
    with told(path, "text of trajectories", REMEDY):
        text = path.read_text(encoding="utf-8-sig")
        comments = [line for line in text.splitlines() if line.startswith("#")]
        fps = _frame_rate(comments)
        unit = _metres(comments)
        if fps is None or unit is None:
            raise InputError(
                f"{path} does not say its frame rate and unit; begin it with the lines "
                "`# framerate: 15.0 fps` and `# id frame x/m y/m z/m`"
            )
        if len(comments) == len(text.splitlines()):
            return no_trajectories(), fps
        table = np.loadtxt(text.splitlines(), comments="#", ndmin=2)
        if table.shape[1] < 5:
            raise ValueError(f"it has {table.shape[1]} columns, not id frame x y z")
        if not np.isfinite(table[:, :5]).all():
            raise ValueError("a value is not finite")
    number, frame = (table[:, column].astype(np.int64) for column in (0, 1))
    x, y, z = (unit * table[:, 2:5]).T
    unknown = np.full(len(table), np.nan)
    return Trajectories(number, frame, x, y, z, x, y, unknown, unknown, unknown, np.full(len(table), -1)), fps


def _frame_rate(comments: list[str]) -> float | None:
    for line in comments:
        for word in line.split() if "framerate" in line else ():
            try:
                return float(word)
            except ValueError:
                continue
    return None


def _metres(comments: list[str]) -> float | None:
    """Of one unit of the file, as PedPy finds it."""
    for line in (one.lower() for one in reversed(comments)):
        if "x/cm" in line or "in cm" in line:
            return 0.01
        if "x/m" in line:
            return 1.0
    return None
