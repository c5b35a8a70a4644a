"""Trajectories to the HDF5 of the Pedestrian Dynamics Data Archive, and back.

`trajectory` holds what the archive's programs know; `detections`, row for row, what else is known of the same people.
"""

from pathlib import Path
from typing import Any

import numpy as np

from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.tracking.files.rows_text import told
from stampnet.tracking.trajectories import Trajectories

REMEDY = "write one with stampnet track --out tracks.h5"
TRAJECTORY = {
    "id": "number of the person, from 1",
    "frame": "number of the frame in the recording, from 0",
    "x": "smoothed position of the head on the ground, m",
    "y": "smoothed position of the head on the ground, m",
    "z": "height of the head above the ground, m",
}
DETECTIONS = {
    "x_raw": "position as found, m",
    "y_raw": "position as found, m",
    "vx": "velocity, m/s",
    "vy": "velocity, m/s",
    "score": "how sure the finder was, 0 to 1",
    "stamp": "stamp that the person was found by, -1 for none",
}
WHOLE = ("id", "frame", "stamp")


def write_hdf5(path: Path, rows: Trajectories, fps: float, area_wkt: str | None = None) -> None:
    """Writes the file; `area_wkt` is the walkable area, a polygon with obstacles as holes.

    Raises InputError where h5py is not installed.
    """
    h5py = _h5py()
    trajectory = [rows.id, rows.frame, rows.smooth_x_m, rows.smooth_y_m, rows.z_m]
    detections = [rows.x_m, rows.y_m, rows.vx_m_s, rows.vy_m_s, rows.score, rows.stamp]
    with whole_file(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["file_version"] = "1.0.0"
        file.attrs["source"] = "stampnet"
        if area_wkt is not None:
            file.attrs["wkt_geometry"] = area_wkt
        known = dict(list(TRAJECTORY.items())[:2])
        for name, columns, texts in (
            ("trajectory", trajectory, TRAJECTORY),
            ("detections", [*trajectory[:2], *detections], known | DETECTIONS),
        ):
            dataset = file.create_dataset(name, data=_compound(columns, texts), compression="gzip", shuffle=True)
            dataset.attrs["fps"] = fps
            for column, text in texts.items():
                dataset.attrs[column] = text


def read_hdf5(path: Path) -> tuple[Trajectories, float]:
    """The rows, and the frame rate. Of files by others, what is not there is NaN, and stamps are -1.

    Raises InputError where the file cannot be read.
    """
    h5py = _h5py()
    with told(path, "HDF5 of trajectories", REMEDY), h5py.File(path, "r") as file:
        if "trajectory" not in file:
            raise ValueError("it has no dataset trajectory")
        trajectory = file["trajectory"][:]
        fps = float(file["trajectory"].attrs["fps"])
        number, frame = (trajectory[name].astype(np.int64) for name in WHOLE[:2])
        x, y = (trajectory[name].astype(np.float64) for name in "xy")
        unknown = np.full(len(number), np.nan)
        z = trajectory["z"].astype(np.float64) if "z" in trajectory.dtype.names else unknown
        if "detections" not in file:
            return Trajectories(number, frame, x, y, z, x, y, unknown, unknown, unknown, np.full(len(number), -1)), fps
        rest = file["detections"][:]
        if not (np.array_equal(rest["id"], number) and np.array_equal(rest["frame"], frame)):
            raise ValueError("its detections are not those of its trajectories")
        x_raw, y_raw, vx, vy, score = (rest[name].astype(np.float64) for name in list(DETECTIONS)[:5])
        return Trajectories(number, frame, x_raw, y_raw, z, x, y, vx, vy, score, rest["stamp"].astype(np.int64)), fps


def _compound(columns: list[np.ndarray], texts: dict[str, str]) -> np.ndarray:
    table = np.zeros(len(columns[0]), [(name, "i8" if name in WHOLE else "f8") for name in texts])
    for name, column in zip(texts, columns, strict=True):
        table[name] = column
    return table


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise InputError("h5py is not installed; pip install 'stampnet[track]'") from error
    return h5py
