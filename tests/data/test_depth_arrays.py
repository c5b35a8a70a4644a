"""Facts about arrays of depth frames: what is none is refused before it is read."""

from pathlib import Path

import numpy as np
import pytest

from saved_depth import DEPTH
from stampnet.data.depth_frames import depth_frames
from stampnet.errors import InputError


@pytest.mark.parametrize(
    ("depth", "complaint"),
    [
        (DEPTH[0], r"shape \(5, 6\) is not"),
        (DEPTH.astype(np.float32), "holds float32"),
        (DEPTH.astype(np.uint8), "holds uint8"),
        (np.asfortranarray(DEPTH), "Fortran order"),
        (DEPTH[:, :0], "is not"),
    ],
)
def test_arrays_of_something_else_are_refused(depth: np.ndarray, complaint: str, tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", depth)
    with pytest.raises(InputError, match=complaint):
        list(depth_frames(tmp_path / "depth.npy"))


def test_big_endian_values_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", DEPTH.astype(">u2"))
    assert np.array_equal(next(depth_frames(tmp_path / "depth.npy"))[1], DEPTH)


def test_chunks_too_large_to_unpack_are_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra track)")
    with h5py.File(tmp_path / "depth.h5", "w") as file:
        file.create_dataset("depth", (9000, 240, 320), "u2", chunks=(3000, 240, 320))
    with pytest.raises(InputError, match="too large to unpack"):
        list(depth_frames(tmp_path / "depth.h5"))


def test_archives_without_frames_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "depth.npz", images=DEPTH)
    with pytest.raises(InputError, match="no array depth or depth_mm"):
        list(depth_frames(tmp_path / "depth.npz"))
