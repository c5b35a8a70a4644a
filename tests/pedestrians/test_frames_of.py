"""Facts about the frames that are taken of recordings to learn from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import typed
from depth_scenes import CAMERA
from saved_depth import saved
from stampnet.data.overhead_depth.camera import write_cameras
from stampnet.errors import InputError
from stampnet.pedestrians import run
from stampnet.pedestrians.run import frames_of

TWO = (CAMERA, replace(CAMERA, name="other"))


def numbered(number: int, folder: Path, name: str = "depth.npy", width: int = 4) -> str:
    """A recording whose frames hold their numbers."""
    depth = np.broadcast_to(np.arange(number, dtype=np.uint16)[:, None, None], (number, 3, width))
    np.save(folder / name, np.ascontiguousarray(depth))
    return str(folder / name)


def test_frames_are_spread_evenly_and_those_of_one_moment_stay_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FRAMES_AT_MOST", 5)
    sources = [numbered(201, tmp_path), numbered(201, tmp_path, "other.npy")]
    depth_mm = frames_of(sources, TWO)
    assert depth_mm.shape == (5, 2, 3, 4)
    assert (depth_mm == np.array([0, 50, 100, 150, 200])[:, None, None, None]).all()


def test_of_large_frames_fewer_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BYTES_AT_MOST", 500)
    assert len(frames_of([numbered(60, tmp_path)], (CAMERA,))) == 500 // 24
    assert len(frames_of([numbered(60, tmp_path)] * 2, TWO)) == 500 // 48
    monkeypatch.setattr(run, "BYTES_AT_MOST", 1)
    assert len(frames_of([numbered(60, tmp_path)], (CAMERA,))) == 1


def test_what_one_recording_lacks_at_its_end_is_left_out(tmp_path: Path) -> None:
    taken = frames_of([numbered(60, tmp_path), numbered(40, tmp_path, "other.npy")], TWO)
    assert len(taken) == 40
    assert (taken[:, 0] == taken[:, 1]).all()


def test_recordings_of_unlike_size_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "FRAMES_AT_MOST", 10)  # both have more
    sources = [numbered(60, tmp_path), numbered(60, tmp_path, "other.npy", 5)]
    with pytest.raises(InputError, match="the sources differ in the size of their frames"):
        frames_of(sources, TWO)


@pytest.mark.parametrize("kind", ["npy", "h5", "folder"])
def test_a_recording_without_frames_is_told_in_one_sentence(kind: str, tmp_path: Path) -> None:
    source = saved(np.zeros((0, 120, 160), np.uint16), "folder" if kind == "folder" else "npy", tmp_path)
    if kind == "h5":
        h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra track)")
        source = tmp_path / "depth.h5"
        with h5py.File(source, "w") as file:
            file.create_dataset("depth", (0, 120, 160), np.uint16, maxshape=(None, 120, 160))
    write_cameras((CAMERA,), tmp_path / "camera.yaml")
    command = ("fit", source, "--camera", tmp_path / "camera.yaml", "--out", tmp_path / "run")
    told = " ".join(typed(*command, code=2)[1].split())
    assert "no " in told
    assert not (tmp_path / "run").exists()
