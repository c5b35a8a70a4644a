"""Facts about files of trajectories: PedPy itself reads what is written, and what is wrong is told in one sentence."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.config import tracking_for
from stampnet.tracking.files import pedpy_text
from stampnet.tracking.files.by_suffix import READERS, read_trajectories, write_trajectories
from stampnet.tracking.stream import track_people
from stampnet.tracking.trajectories import Trajectories, by_person, no_trajectories
from tracking_walkers import walkers

pytest.importorskip("pandas", reason="pandas is not installed (extra track)")
h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra track)")

SUFFIXES = tuple(READERS)
AREA = "POLYGON ((-9 -9, 9 -9, 9 9, -9 9, -9 -9), (7 7, 8 7, 8 8, 7 7))"


@pytest.fixture(scope="module")
def rows() -> Trajectories:
    pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")
    return by_person(track_people(walkers(4, 30, 15.0)[0], 30, tracking_for(15.0)))


def by_pedpy(path: Path):  # type: ignore[no-untyped-def]
    """What PedPy's loader of the format makes of a file."""
    pedpy = pytest.importorskip("pedpy", reason="PedPy is not installed (extra ped)")
    loaders = {
        ".txt": pedpy.load_trajectory_from_txt,
        ".h5": pedpy.load_trajectory_from_ped_data_archive_hdf5,
        ".hdf5": pedpy.load_trajectory_from_ped_data_archive_hdf5,
        ".sqlite": pedpy.load_trajectory_from_jupedsim_sqlite,
    }
    return loaders[path.suffix](trajectory_file=path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_read_again(suffix: str, rows: Trajectories, tmp_path: Path) -> None:
    path = tmp_path / f"tracks{suffix}"
    write_trajectories(path, rows, 15.0, AREA)
    read, fps = read_trajectories(path)
    assert fps == 15.0
    kept = {
        ".txt": ("id", "frame", "smooth_x_m", "smooth_y_m", "z_m"),
        ".sqlite": ("id", "frame", "smooth_x_m", "smooth_y_m"),
    }
    for column in kept.get(suffix, tuple(Trajectories.__dataclass_fields__)):
        assert np.allclose(getattr(read, column), getattr(rows, column), atol=6e-5), column


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != ".csv"])
def test_pedpy_reads_the_same_positions_and_frame_rate(suffix: str, rows: Trajectories, tmp_path: Path) -> None:
    path = tmp_path / f"tracks{suffix}"
    write_trajectories(path, rows, 29.97, AREA)
    read = by_pedpy(path)
    assert read.frame_rate == 29.97
    table = read.data.sort_values(["id", "frame"])
    assert np.array_equal(table["id"], rows.id)
    assert np.array_equal(table["frame"], rows.frame)
    assert np.allclose(table[["x", "y"]], np.stack([rows.smooth_x_m, rows.smooth_y_m], axis=1), atol=6e-5)


@pytest.mark.parametrize("suffix", [".h5", ".sqlite"])
def test_pedpy_reads_the_walkable_area(suffix: str, rows: Trajectories, tmp_path: Path) -> None:
    pedpy = pytest.importorskip("pedpy", reason="PedPy is not installed (extra ped)")
    path = tmp_path / f"tracks{suffix}"
    write_trajectories(path, rows, 15.0, AREA)
    load = {
        ".h5": pedpy.load_walkable_area_from_ped_data_archive_hdf5,
        ".sqlite": pedpy.load_walkable_area_from_jupedsim_sqlite,
    }[suffix]
    assert load(trajectory_file=path).area == pytest.approx(18 * 18 - 0.5)


def test_without_an_area_the_sqlite_file_has_the_rectangle_around_all_and_hdf5_has_none(
    rows: Trajectories, tmp_path: Path
) -> None:
    pedpy = pytest.importorskip("pedpy", reason="PedPy is not installed (extra ped)")
    for suffix in (".h5", ".sqlite"):
        write_trajectories(tmp_path / f"tracks{suffix}", rows, 15.0)
    area = pedpy.load_walkable_area_from_jupedsim_sqlite(trajectory_file=tmp_path / "tracks.sqlite")
    assert pedpy.is_trajectory_valid(traj_data=by_pedpy(tmp_path / "tracks.sqlite"), walkable_area=area)
    with h5py.File(tmp_path / "tracks.h5") as file:
        assert "wkt_geometry" not in file.attrs


def test_hdf5_holds_what_the_archive_asks_for(rows: Trajectories, tmp_path: Path) -> None:
    write_trajectories(tmp_path / "tracks.h5", rows, 15.0, AREA)
    with h5py.File(tmp_path / "tracks.h5") as file:
        assert file.attrs["file_version"] == "1.0.0"
        assert file["trajectory"].dtype.names == ("id", "frame", "x", "y", "z")
        assert file["trajectory"].dtype["id"] == np.int64
        assert file["trajectory"].attrs["fps"] == 15.0
        assert all(isinstance(file["trajectory"].attrs[name], str) for name in ("id", "frame", "x", "y", "z"))
        assert np.array_equal(file["detections"]["id"], file["trajectory"]["id"])
        assert np.allclose(file["detections"]["score"], 0.5)


def test_sqlite_holds_walking_directions_and_a_geometry_for_each_frame(rows: Trajectories, tmp_path: Path) -> None:
    write_trajectories(tmp_path / "tracks.sqlite", rows, 15.0)
    with closing(sqlite3.connect(tmp_path / "tracks.sqlite")) as base:
        ahead = np.array(base.execute("SELECT ori_x, ori_y FROM trajectory_data").fetchall())
        assert np.allclose(np.hypot(*ahead.T), 1)
        assert dict(base.execute("SELECT key, value FROM metadata"))["version"] == "2"
        assert base.execute("SELECT COUNT(*) FROM frame_data").fetchone() == (30,)


def test_a_single_row_has_no_direction_and_an_empty_cell_for_its_velocity(rows: Trajectories, tmp_path: Path) -> None:
    one = rows.where(np.arange(len(rows)) < 1)
    one.vx_m_s[:], one.vy_m_s[:] = np.nan, np.nan
    for suffix in SUFFIXES:
        write_trajectories(tmp_path / f"tracks{suffix}", one, 15.0)
        read, _ = read_trajectories(tmp_path / f"tracks{suffix}")
        assert len(read) == 1
        assert np.isnan(read.vx_m_s).all()
    with closing(sqlite3.connect(tmp_path / "tracks.sqlite")) as base:
        assert base.execute("SELECT ori_x, ori_y FROM trajectory_data").fetchall() == [(0, 0)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_without_rows_can_be_read(suffix: str, tmp_path: Path) -> None:
    write_trajectories(tmp_path / f"tracks{suffix}", no_trajectories(), 15.0)
    assert len(read_trajectories(tmp_path / f"tracks{suffix}")[0]) == 0


def test_the_header_avoids_what_pedpy_misreads() -> None:
    header = pedpy_text.header(15.0)
    assert " 15.0 " in header, "PedPy finds the rate between spaces"
    assert "in m" not in header, "PedPy takes `in mm` for metres"
    assert header.endswith("x/m y/m z/m\n")
    assert all(line.startswith("#") for line in header.splitlines())


def test_centimetres_of_petrack_are_metres_here_and_in_pedpy(tmp_path: Path) -> None:
    path = tmp_path / "petrack.txt"
    path.write_text(
        "\ufeff# PeTrack project: a.pet\n# framerate: 16.00 fps\n# id frame x/cm y/cm z/cm\n1 0 150 -20 170\n"
    )
    read, fps = read_trajectories(path)
    assert (fps, read.x_m.tolist(), read.z_m.tolist()) == (16.0, [1.5], [1.7])
    assert by_pedpy(path).data["x"].tolist() == [1.5]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.txt", "# framerate:15.0\n# id frame x/m y/m z/m\n1 0 1 1 1\n", "does not say its frame rate and unit"),
        ("a.txt", "# framerate: 15.0 fps, in mm\n1 0 1 1 1\n", "does not say its frame rate and unit"),
        ("a.txt", "# framerate: 15.0 fps\n# id frame x/m y/m z/m\n1 0 1 1\n", "has 4 columns"),
        ("a.txt", "# framerate: 15.0 fps\n# id frame x/m y/m z/m\n1 0 1 nan 1\n", "not finite"),
        ("a.txt", "# framerate: 15.0 fps\n# id frame x/m y/m z/m\n1 0 1 one 1\n", "no text of trajectories"),
        ("a.csv", "frame,x\n0,1\n", "no column"),
        ("a.csv", "", "no table of trajectories"),
        ("a.h5", "no", "no HDF5 of trajectories"),
        ("a.sqlite", "no", "no JuPedSim file"),
        ("a.json", "{}", "no suffix of trajectories"),
    ],
)
def test_other_files_are_refused_in_one_sentence(name: str, content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=complaint) as error:
        read_trajectories(tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_and_cut_files_are_told(suffix: str, rows: Trajectories, tmp_path: Path) -> None:
    path = tmp_path / f"tracks{suffix}"
    with pytest.raises(InputError):
        read_trajectories(path)
    assert not path.exists()
    write_trajectories(path, rows, 15.0)
    content = path.read_bytes()
    for size in range(0, len(content), len(content) // 12):
        path.write_bytes(content[:size])
        complaint = ""
        try:
            assert len(read_trajectories(path)[0]) <= len(rows)
        except InputError as error:
            complaint = str(error)
        assert "\n" not in complaint
