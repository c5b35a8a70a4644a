"""Trajectories to the SQLite file of JuPedSim (version 2), and back: smooth positions and walking directions."""

import sqlite3
from contextlib import closing
from pathlib import Path
from zlib import crc32

import numpy as np

from stampnet.atomic import whole_file
from stampnet.tracking.files.rows_text import told
from stampnet.tracking.trajectories import Trajectories

REMEDY = "write one with stampnet track --out tracks.sqlite"
SCHEMA = """
CREATE TABLE trajectory_data (
    frame INTEGER NOT NULL, id INTEGER NOT NULL,
    pos_x REAL NOT NULL, pos_y REAL NOT NULL, ori_x REAL NOT NULL, ori_y REAL NOT NULL
);
CREATE TABLE metadata (key TEXT NOT NULL UNIQUE PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE geometry (hash INTEGER NOT NULL UNIQUE, wkt TEXT NOT NULL);
CREATE TABLE frame_data (frame INTEGER NOT NULL, geometry_hash INTEGER NOT NULL);
CREATE INDEX frame_id_idx ON trajectory_data (frame, id);
"""


def write_jupedsim(path: Path, rows: Trajectories, fps: float, area_wkt: str | None = None) -> None:
    """Writes the file. Without a walkable area, the rectangle around all positions stands for it."""
    x, y = rows.smooth_x_m, rows.smooth_y_m
    corners = (x.min(), x.max(), y.min(), y.max()) if len(rows) else (0.0, 0.0, 0.0, 0.0)
    wkt = _rectangle(*corners) if area_wkt is None else area_wkt
    number = crc32(wkt.encode())
    speed = np.hypot(rows.vx_m_s, rows.vy_m_s)
    is_walking = speed > 0  # NaN is not
    ahead = [np.divide(v, speed, out=np.zeros_like(v), where=is_walking) for v in (rows.vx_m_s, rows.vy_m_s)]
    columns = (rows.frame, rows.id, x, y, *ahead)
    facts = {"version": "2", "fps": repr(fps)}
    facts |= {name: repr(float(value)) for name, value in zip(("xmin", "xmax", "ymin", "ymax"), corners, strict=True)}
    with whole_file(path) as temporary, closing(sqlite3.connect(temporary)) as base:
        base.executescript(SCHEMA)
        values = zip(*(column.tolist() for column in columns), strict=True)
        base.executemany("INSERT INTO trajectory_data VALUES (?, ?, ?, ?, ?, ?)", values)
        base.executemany("INSERT INTO metadata VALUES (?, ?)", facts.items())
        base.execute("INSERT INTO geometry VALUES (?, ?)", (number, wkt))
        frames = ((frame, number) for frame in np.unique(rows.frame).tolist())
        base.executemany("INSERT INTO frame_data VALUES (?, ?)", frames)
        base.commit()


def read_jupedsim(path: Path) -> tuple[Trajectories, float]:
    """The rows, and the frame rate. Heights, velocities and scores are NaN, stamps -1.

    Raises InputError where the file cannot be read.
    """
    with told(path, "JuPedSim file", REMEDY):
        if not path.exists():  # sqlite would make it
            raise FileNotFoundError(path)
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
                values = base.execute(
                    "SELECT id, frame, pos_x, pos_y FROM trajectory_data ORDER BY id, frame"
                ).fetchall()
                (fps,) = base.execute("SELECT value FROM metadata WHERE key = 'fps'").fetchone()
        except sqlite3.Error as error:
            raise ValueError(str(error)) from error
        table = np.array(values, np.float64).reshape(-1, 4)
        if not np.isfinite(table).all():
            raise ValueError("a value is not finite")
        number, frame = (table[:, column].astype(np.int64) for column in (0, 1))
        x, y = table[:, 2].copy(), table[:, 3].copy()
        unknown = np.full(len(table), np.nan)
        stamps = np.full(len(table), -1)
        return Trajectories(number, frame, x, y, unknown, x, y, unknown, unknown, unknown, stamps), float(fps)


def _rectangle(x0: float, x1: float, y0: float, y1: float) -> str:
    """A little larger, so that a single person has an area."""
    x0, x1, y0, y1 = x0 - 0.5, x1 + 0.5, y0 - 0.5, y1 + 0.5
    return f"POLYGON (({x0} {y0}, {x1} {y0}, {x1} {y1}, {x0} {y1}, {x0} {y0}))"
