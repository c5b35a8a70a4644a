"""Facts about reading depth frames in parts: a file that grows, and bounded memory."""

import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.data.depth_frames import depth_frames, frames_per_second, moments
from stampnet.errors import InputError

DEPTH = np.random.default_rng(0).integers(0, 6000, (12, 4, 5), dtype=np.uint16)
FOLLOW_S = 1.0


def header_only(path: Path) -> None:
    """A recording that has begun: its header cannot say how long it will be."""
    np.save(path, DEPTH[:0])


def read_while(write: Callable[[], None], path: Path) -> np.ndarray:
    """What is read from a file while another thread writes it."""
    writer = threading.Thread(target=write)
    writer.start()
    frames = np.concatenate([part for _, part in depth_frames(path, follow_s=FOLLOW_S)])
    writer.join()
    return frames


def test_an_array_file_is_followed_by_its_size_even_if_frames_come_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "depth.npy"
    header_only(path)

    def write() -> None:
        content = DEPTH.tobytes()
        with path.open("ab") as file:
            for start in range(0, len(content), 97):
                file.write(content[start : start + 97])
                file.flush()
                time.sleep(0.01)

    assert np.array_equal(read_while(write, path), DEPTH)
    assert np.array_equal(np.concatenate([part for _, part in depth_frames(path)]), DEPTH)  # finished, header still 0


def test_a_folder_is_followed_and_a_picture_half_written_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()

    def write() -> None:
        for number, frame in enumerate(DEPTH):
            Image.fromarray(frame).save(tmp_path / "next.png")
            content = (tmp_path / "next.png").read_bytes()
            with (folder / f"{number}.png").open("wb") as file:
                file.write(content[:40])
                file.flush()
                time.sleep(0.02)
                file.write(content[40:])

    assert np.array_equal(read_while(write, folder), DEPTH)


def test_a_picture_that_comes_too_late_is_told(tmp_path: Path) -> None:
    Image.fromarray(DEPTH[0]).save(tmp_path / "5.png")
    parts = depth_frames(tmp_path, follow_s=FOLLOW_S)
    next(parts)
    Image.fromarray(DEPTH[0]).save(tmp_path / "3.png")
    with pytest.raises(InputError, match=r"3.png has come before"):
        next(parts)


def test_a_dataset_is_followed_while_another_program_extends_it(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra track)")
    path = tmp_path / "depth.h5"
    with h5py.File(path, "w", libver="latest") as file:
        depth = file.create_dataset("depth", (0, 4, 5), "u2", maxshape=(None, 4, 5), chunks=(1, 4, 5))
        depth.attrs["fps"] = 15.0
        file.swmr_mode = True
        parts = depth_frames(path, follow_s=FOLLOW_S)
        read = []
        for number in (3, 5, 12):
            depth.resize(number, axis=0)
            depth[sum(map(len, read)) :] = DEPTH[sum(map(len, read)) : number]
            depth.flush()
            assert frames_per_second(path) == 15.0
            read.append(next(parts)[1])
        assert [len(part) for part in read] == [3, 2, 7]
        assert np.array_equal(np.concatenate(read), DEPTH)


def test_a_file_that_is_not_followed_is_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "depth.npy"
    np.save(path, DEPTH)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="ends after 11 of its 12 frames"):
        list(depth_frames(path))
    assert sum(len(part) for _, part in depth_frames(path, follow_s=0.0)) == 11


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_memory_does_not_grow_with_the_recording(kind: str, tmp_path: Path) -> None:
    peaks = []
    for number in (64, 512):
        path = tmp_path / f"{number}.{kind}"
        depth = np.zeros((number, 60, 80), np.uint16)
        np.save(path, depth) if kind == "npy" else np.savez_compressed(path, depth=depth)
        tracemalloc.start()
        assert sum(len(part) for _, part in depth_frames(path, at_once=8)) == number
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 50_000  # bytes; the longer recording has 4 MB more


def test_a_frame_rate_that_cannot_be_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "depth.npz", depth=DEPTH, fps=-1.0)
    with pytest.raises(InputError, match="-1 frames per second"):
        frames_per_second(tmp_path / "depth.npz")


def test_sensors_are_read_side_by_side_as_far_as_all_have_frames(tmp_path: Path) -> None:
    shorter = DEPTH[:7] + np.uint16(1)
    np.save(tmp_path / "one.npy", DEPTH)
    np.savez(tmp_path / "two.npz", depth=shorter)
    paths = [tmp_path / "one.npy", tmp_path / "two.npz"]
    ((first, together),) = moments(paths)
    assert first == 0
    assert np.array_equal(together, np.stack([DEPTH[:7], shorter], axis=1))
    ((first, later),) = moments(paths, 5)
    assert first == 5
    assert np.array_equal(later, together[5:])


def test_parts_of_unlike_length_are_put_together_without_a_gap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sizes = iter([5, 3])

    def in_parts(path: Path, first_frame: int, *, follow_s: float | None) -> Iterator[tuple[int, np.ndarray]]:
        return depth_frames(path, first_frame, follow_s=follow_s, at_once=next(sizes))

    monkeypatch.setattr("stampnet.data.depth_frames.depth_frames", in_parts)
    np.save(tmp_path / "depth.npy", DEPTH)
    parts = list(moments([tmp_path / "depth.npy"] * 2))
    assert [first for first, _ in parts] == [0, *np.cumsum([len(part) for _, part in parts])[:-1]]
    assert np.array_equal(np.concatenate([part for _, part in parts]), np.stack([DEPTH, DEPTH], axis=1))


def test_sensors_of_unlike_sizes_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", DEPTH)
    np.save(tmp_path / "two.npy", DEPTH[:, :3])
    with pytest.raises(InputError, match=r"unlike sizes: .*one.npy \(4, 5\), .*two.npy \(3, 5\); give sensors of one"):
        list(moments([tmp_path / "one.npy", tmp_path / "two.npy"]))


def test_no_frames_are_no_moments(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", DEPTH)
    np.save(tmp_path / "none.npy", DEPTH[:0])
    assert list(moments([tmp_path / "one.npy", tmp_path / "none.npy"])) == []
