"""Facts about the memory of searches: what is known is known until file or model change."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.data.image_files import ImageFile, list_images
from stampnet.detection import Detections
from stampnet.detection_store import STORE, DetectionStore
from stampnet.errors import InputError

FOUND = Detections(
    np.array([[1, 2, 3, 4.5]], np.float32),
    np.array([3]),
    np.array([1]),
    np.array([0.5], np.float32),
    angle_deg=np.array([-12], np.float32),
)


@pytest.fixture
def file(tmp_path: Path) -> ImageFile:
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(tmp_path / "a.png")
    return list_images([tmp_path / "a.png"]).files[0]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").write_bytes(b"stamps")
    return tmp_path / "run"


def test_what_was_found_is_known_in_another_search(run: Path, file: ImageFile) -> None:
    with DetectionStore(run) as store:
        assert store.get(file) is None
        store.put(file, FOUND)
    with DetectionStore(run) as store:
        known = store.get(file)
    assert known is not None
    for name in ("boxes_xyxy", "stamp", "class_id", "score", "angle_deg"):
        assert np.array_equal(getattr(known, name), getattr(FOUND, name)), name
    assert known.tight_xyxy is None


def test_a_file_or_a_model_that_has_changed_is_new(run: Path, file: ImageFile) -> None:
    with DetectionStore(run) as store:
        store.put(file, FOUND)
    os.utime(file.path, ns=(0, 0))
    with DetectionStore(run) as store:
        assert store.get(file) is None
        store.put(file, FOUND)
        assert store.get(file) is not None
    (run / "model.safetensors").write_bytes(b"other stamps")
    with DetectionStore(run) as store:
        assert store.get(file) is None


def test_a_search_that_is_cut_short_is_remembered(run: Path, file: ImageFile) -> None:
    store = DetectionStore(run)
    store.put(file, FOUND)  # and never closed
    with DetectionStore(run) as other:
        assert other.get(file) is not None


def test_a_damaged_memory_is_named(run: Path) -> None:
    (run / STORE).write_bytes(b"nonsense" * 200)
    with pytest.raises(InputError, match=r"detections\.sqlite is damaged .* remove it"):
        DetectionStore(run)
