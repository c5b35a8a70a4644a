"""Facts about each format of depth frames: what is written is read, what is damaged is told in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from saved_depth import DEPTH, FORMATS, saved
from stampnet.data.depth_frames import depth_frames, frames_per_second
from stampnet.errors import InputError


@contextmanager
def nothing_or_one_sentence(path: Path) -> Iterator[None]:
    """Fails where what is done to a damaged file raises anything but one sentence that names it."""
    complaint = str(path)
    try:
        yield
    except InputError as error:
        complaint = str(error)
    assert str(path) in complaint
    assert "\n" not in complaint


def read(path: Path, **options: int) -> np.ndarray:
    return np.concatenate([frames for _, frames in depth_frames(path, **options)])


@pytest.mark.parametrize("kind", FORMATS)
def test_frames_come_back_as_they_were_saved(kind: str, tmp_path: Path) -> None:
    path = saved(DEPTH, kind, tmp_path)
    assert np.array_equal(read(path), DEPTH)
    assert [first for first, _ in depth_frames(path, 2, at_once=3)] == [2, 5]
    assert np.array_equal(read(path, first_frame=2, at_once=3), DEPTH[2:])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_recording_that_lost_frames_is_told(kind: str, tmp_path: Path) -> None:
    path = saved(DEPTH, kind, tmp_path)
    assert list(depth_frames(path, 7)) == []
    with pytest.raises(InputError, match="7 frames, fewer than the 8"):
        list(depth_frames(path, 8))


@pytest.mark.parametrize(("kind", "fps"), [("npz", 15.0), ("h5", 15.0), ("npy", None), ("tif", None)])
def test_the_frame_rate_is_what_the_file_says(kind: str, fps: float | None, tmp_path: Path) -> None:
    assert frames_per_second(saved(DEPTH, kind, tmp_path)) == fps


@pytest.mark.parametrize("kind", ["npy", "npz", "h5", "tif"])
def test_files_cut_anywhere_give_one_sentence(kind: str, tmp_path: Path) -> None:
    path = saved(DEPTH, kind, tmp_path)
    content = path.read_bytes()
    for size in range(0, len(content) - 1, max(1, len(content) // 40)):
        path.write_bytes(content[:size])
        with nothing_or_one_sentence(path):
            frames = [part for _, part in depth_frames(path)]
            # Cut files must not give other frames.
            assert all(np.array_equal(part, DEPTH[: len(part)]) for part in frames)


@pytest.mark.parametrize("kind", ["npz", "h5", "tif", "npy"])
def test_a_wrong_byte_gives_frames_or_one_sentence(kind: str, tmp_path: Path) -> None:
    path = saved(DEPTH, kind, tmp_path)
    content = path.read_bytes()
    for place in range(0, min(len(content), 4000), 61):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with nothing_or_one_sentence(path):
            list(depth_frames(path))


def test_a_frame_too_large_for_any_sensor_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "depth.npy"
    np.lib.format.open_memmap(path, mode="w+", dtype=np.uint16, shape=(1, 8192, 8192)).flush()  # a hole on the disk
    with pytest.raises(InputError, match="8192 x 8192 pixels cannot be used"):
        list(depth_frames(path))


@pytest.mark.parametrize("name", ["depth.mp4", "missing.npy"])
def test_other_files_are_refused_with_what_can_be_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "depth.mp4").write_bytes(b"x")
    with pytest.raises(InputError, match=r"\.npy, \.npz, HDF5|there is no file"):
        list(depth_frames(tmp_path / name))
