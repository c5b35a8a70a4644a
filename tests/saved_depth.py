"""Depth frames saved in every format, for tests."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DEPTH = np.random.default_rng(0).integers(0, 6000, (7, 5, 6), dtype=np.uint16)
FORMATS = ("npy", "npz", "h5", "tif", "folder")


def saved(depth: np.ndarray, kind: str, folder: Path) -> Path:
    path = folder / f"depth.{kind}"
    pictures = [Image.fromarray(frame) for frame in depth] if kind in ("tif", "folder") else []
    if kind == "npy":
        np.save(path, depth)
    elif kind == "npz":
        np.savez_compressed(path, depth=depth, fps=15.0)
    elif kind == "h5":
        h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra track)")
        with h5py.File(path, "w") as file:
            file.create_dataset("depth", data=depth, chunks=(1, *depth.shape[1:])).attrs["fps"] = 15.0
    elif kind == "tif":
        pictures[0].save(path, save_all=True, append_images=pictures[1:])
    else:
        path.mkdir()
        for number, picture in enumerate(pictures, start=5):  # 9 comes before 10
            picture.save(path / f"frame{number}.png")
    return path
