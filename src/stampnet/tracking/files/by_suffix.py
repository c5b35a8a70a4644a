"""The suffix of a file to what writes and reads trajectories there."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.tracking.files import csv_table, pedpy_text
from stampnet.tracking.files.csv_table import read_trajectory_csv
from stampnet.tracking.files.hdf5 import read_hdf5, write_hdf5
from stampnet.tracking.files.jupedsim import read_jupedsim, write_jupedsim
from stampnet.tracking.files.pedpy_text import read_pedpy_text
from stampnet.tracking.trajectories import Trajectories

GROWING: dict[str, ModuleType] = {".txt": pedpy_text, ".csv": csv_table}
"""Formats to which rows are appended: modules with `header` and `lines`."""
WHOLE: dict[str, Callable[[Path, Trajectories, float, str | None], None]] = {
    ".h5": write_hdf5,
    ".hdf5": write_hdf5,
    ".sqlite": write_jupedsim,
}
"""Formats that are written when all rows are known."""
READERS: dict[str, Callable[[Path], tuple[Trajectories, float | None]]] = {
    ".txt": read_pedpy_text,
    ".csv": read_trajectory_csv,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".sqlite": read_jupedsim,
}


def refuse_unknown(path: Path) -> None:
    """Raises InputError where no format has the suffix."""
    if path.suffix.lower() not in READERS:
        raise InputError(f"{path} has no suffix of trajectories; give {', '.join(READERS)}")


def write_trajectories(path: Path, rows: Trajectories, fps: float, area_wkt: str | None = None) -> None:
    """Writes all rows at once, in the format of the suffix; `area_wkt` goes into formats that hold a walkable area.

    Raises InputError where no format has the suffix.
    """
    refuse_unknown(path)
    suffix = path.suffix.lower()
    if suffix in WHOLE:
        WHOLE[suffix](path, rows, fps, area_wkt)
        return
    kind = GROWING[suffix]
    with whole_file(path) as temporary:
        temporary.write_text(kind.header(fps) + kind.lines(rows, fps), encoding="utf-8")


def read_trajectories(path: Path) -> tuple[Trajectories, float | None]:
    """The rows of a file, and its frame rate where it tells one.

    Raises InputError where it cannot be read.
    """
    refuse_unknown(path)
    return READERS[path.suffix.lower()](path)
