"""Facts about what a run keeps of its site."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from depth_scenes import CAMERA
from stampnet.errors import InputError
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.points import ground_under
from stampnet.pedestrians.site_folder import BACKGROUND, CAMERAS, SITE, Site, has_site, load_site, save_site

OTHER = replace(CAMERA, name="other", yaw_deg=30.0, position_m=(1.5, 0.0))
CAMERA_PAIR = (CAMERA, OTHER)
KEPT = Site(
    CAMERA_PAIR, ground_under(CAMERA_PAIR, cell_m=0.04), np.stack([floor_mm(one) for one in CAMERA_PAIR]), 0.021
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_site(KEPT, tmp_path)
    return tmp_path


def test_a_site_is_what_it_was(folder: Path) -> None:
    read = load_site(folder)
    assert (read.cameras, read.ground, read.outwards) == (KEPT.cameras, KEPT.ground, KEPT.outwards)
    assert np.array_equal(read.background_mm, KEPT.background_mm)


def test_a_folder_without_a_site_says_how_to_make_one(tmp_path: Path) -> None:
    assert not has_site(tmp_path)
    with pytest.raises(InputError, match="is no run on depth frames; make one with stampnet fit FRAMES --camera"):
        load_site(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        (SITE, b"ground: [", "is damaged: site.yaml"),
        (SITE, b"", "is damaged: site.yaml"),
        (SITE, b"\xff\xfe\x00", "is damaged: site.yaml"),
        (SITE, b"ground: {x_m: [0, 1], y_m: [0, 1]}\n", "is damaged: site.yaml"),
        (SITE, b"ground: {x_m: [1, 0], y_m: [0, 1]}\noutwards: 0.0\n", "is damaged"),
        (SITE, b"ground: {x_m: [0, 1], y_m: [0, 1], cell_m: 0}\noutwards: 0.0\n", "is damaged"),
        (SITE, b"ground: {x_m: [0, .inf], y_m: [0, 1]}\noutwards: 0.0\n", "is damaged"),
        (SITE, b"ground: {x_m: [0, 1], y_m: [0, 1]}\noutwards: .nan\n", "is damaged"),
        (BACKGROUND, b"", "is damaged: site.yaml or depth-background.npy cannot be read; fit again"),
        (BACKGROUND, b"\x93NUMPY", "is damaged"),
        (BACKGROUND, None, "is damaged"),
        (CAMERAS, None, "camera.yaml cannot be read"),
        (CAMERAS, b"cameras: []", "names no camera"),
    ],
)
def test_damaged_files_are_told_in_one_sentence(file: str, content: bytes | None, complaint: str, folder: Path) -> None:
    (folder / file).unlink() if content is None else (folder / file).write_bytes(content)
    with pytest.raises(InputError, match=complaint) as told:
        load_site(folder)
    assert "\n" not in str(told.value)


def test_a_background_of_other_frames_is_told(folder: Path) -> None:
    for wrong in (KEPT.background_mm[:1], KEPT.background_mm.astype(np.int32)):
        np.save(folder / BACKGROUND, wrong)
        with pytest.raises(InputError, match=r"not uint16 \(2, 120, 160\); fit again"):
            load_site(folder)
