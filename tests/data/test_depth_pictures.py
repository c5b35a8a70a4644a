"""Facts about pictures of depth: they are of one size and of 16 bit."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from saved_depth import DEPTH, saved
from stampnet.data.depth_frames import depth_frames
from stampnet.errors import InputError


def test_pictures_of_several_sizes_or_of_bytes_are_refused(tmp_path: Path) -> None:
    folder = saved(DEPTH, "folder", tmp_path)
    Image.fromarray(DEPTH[0, :3]).save(folder / "frame20.png")
    with pytest.raises(InputError, match=r"frame20.png has 3 x 6 pixels, the first 5 x 6"):
        list(depth_frames(folder))
    Image.fromarray(DEPTH[0].astype(np.uint8)).save(folder / "frame20.png")
    with pytest.raises(InputError, match="no 16-bit grey values"):
        list(depth_frames(folder))


def test_folders_without_frames_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no PNG"):
        list(depth_frames(tmp_path / "empty"))
