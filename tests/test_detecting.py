"""Facts about searches through files: what cannot be used is named, and where nothing can be that is an error."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.detecting import detect_in_files
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.predictor import StampNet


@pytest.fixture
def run(tmp_path: Path) -> Path:
    config = MatchingConfig(image_size=(20, 24), stamp_size=(9, 9), num_stamps=2, max_shapes=1)
    StampNet.from_model(StampMatcher(config)).save(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    np.save(tmp_path / "photos" / "other.npy", np.zeros((2, 20, 30), np.uint8))
    return tmp_path / "photos"


def test_what_cannot_be_used_is_named(run: Path, photos: Path) -> None:
    np.save(photos / "right.npy", np.zeros((20, 24), np.uint8))
    search = detect_in_files(run, [photos])
    assert search.table.image_names == ("right.npy#0",)
    assert [one.name for one in search.skipped] == ["other.npy#0", "other.npy#1"]


def test_where_no_image_can_be_used_the_first_reason_is_given(run: Path, photos: Path) -> None:
    with pytest.raises(InputError, match=r"no image in .*photos can be used; other\.npy#0: it is \(1, 20, 30\)"):
        detect_in_files(run, [photos])
