"""Facts about the memory of searches: what is known is known until file or model change."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stampnet import detection_store
from stampnet.data.image_files import ImageFile, list_images
from stampnet.data.layout import Layout
from stampnet.data.plan import Choice
from stampnet.data.preparation import Preparation
from stampnet.data.tiles import Tiling
from stampnet.detection import Detections
from stampnet.detection_store import STORE, DetectionStore
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig
from stampnet.training.config import Hardware
from stampnet.training.run_folder import RunConfig, save_config

FOUND = Detections(
    np.array([[1, 2, 3, 4.5]], np.float32),
    np.array([3]),
    np.array([1]),
    np.array([0.5], np.float32),
    angle_deg=np.array([-12], np.float32),
)


LAYOUT = Layout(preparation=Preparation(), tiling=Tiling((30, 30), (9, 9)), seen=(30, 30))
CONFIG = RunConfig(
    model=MatchingConfig(image_size=(30, 30), stamp_size=(9, 9), num_stamps=2, max_shapes=1), layout=LAYOUT
)


@pytest.fixture
def file(tmp_path: Path) -> ImageFile:
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(tmp_path / "a.png")
    return list_images([tmp_path / "a.png"]).files[0]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    save_config(CONFIG, tmp_path / "run")
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


def test_the_layout_belongs_to_the_model_and_how_it_was_fitted_does_not(run: Path, file: ImageFile) -> None:
    with DetectionStore(run) as store:
        store.put(file, FOUND)
    save_config(replace(CONFIG, hardware=Hardware(devices=2), choices=(Choice("a", "b", "c", "d"),)), run)
    with DetectionStore(run) as store:
        assert store.get(file) is not None
    save_config(replace(CONFIG, layout=replace(LAYOUT, max_objects=3)), run)
    with DetectionStore(run) as store:
        assert store.get(file) is None


def test_another_stampnet_searches_anew(run: Path, file: ImageFile, monkeypatch: pytest.MonkeyPatch) -> None:
    with DetectionStore(run) as store:
        store.put(file, FOUND)
    monkeypatch.setattr(detection_store, "version", lambda name: f"{name} 99")
    with DetectionStore(run) as store:
        assert store.get(file) is None


def test_a_file_that_is_replaced_while_it_is_searched_is_new(run: Path, file: ImageFile) -> None:
    with DetectionStore(run) as store:
        assert store.get(file) is None
        os.utime(file.path, ns=(0, 0))
        store.put(file, FOUND)
        assert store.get(file) is None


def test_where_nothing_can_be_written_what_is_known_stays_known(
    run: Path, file: ImageFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(tmp_path / "b.png")
    other = list_images([tmp_path / "b.png"]).files[0]
    with DetectionStore(run) as store:
        store.put(file, FOUND)
    connect = sqlite3.connect

    def read_only(path: object, **options: Any) -> sqlite3.Connection:  # as a disk that is, also for the superuser
        return connect(path if path == ":memory:" else f"file:{path}?mode=ro", uri=True, **options)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", read_only)
        with DetectionStore(run) as store:
            assert store.get(file) is not None
            assert store.get(other) is None
            store.put(other, FOUND)
            assert store.get(other) is not None
    with DetectionStore(run) as store:
        assert store.get(file) is not None
        assert store.get(other) is None


def test_where_the_file_cannot_be_opened_nothing_is_remembered(run: Path, file: ImageFile) -> None:
    (run / STORE).mkdir()
    with DetectionStore(run) as store:
        assert store.get(file) is None
        store.put(file, FOUND)
        assert store.get(file) is not None


def test_a_memory_that_another_program_writes_is_waited_for_and_then_named(
    run: Path, file: ImageFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection_store, "PATIENCE", 0.05)
    with DetectionStore(run) as store, closing(sqlite3.connect(run / STORE, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        for use in (lambda: DetectionStore(run), lambda: store.get(file), lambda: store.put(file, FOUND)):
            with pytest.raises(InputError, match=r"detections\.sqlite is in use by another program"):
                use()
        writer.execute("ROLLBACK")
        store.put(file, FOUND)


def test_objects_that_are_damaged_are_named(run: Path, file: ImageFile) -> None:
    with DetectionStore(run) as store:
        store.put(file, FOUND)
    with closing(sqlite3.connect(run / STORE, isolation_level=None)) as other:
        (content,) = other.execute("SELECT arrays FROM found").fetchone()
        other.execute("UPDATE found SET arrays = ?", (content[:-30],))
    with DetectionStore(run) as store, pytest.raises(InputError, match=r"detections\.sqlite is damaged .* remove it"):
        store.get(file)


def test_a_search_that_is_cut_short_is_remembered(run: Path, file: ImageFile) -> None:
    store = DetectionStore(run)
    store.put(file, FOUND)  # and never closed
    with DetectionStore(run) as other:
        assert other.get(file) is not None


def test_a_damaged_memory_is_named(run: Path) -> None:
    (run / STORE).write_bytes(b"nonsense" * 200)
    with pytest.raises(InputError, match=r"detections\.sqlite is damaged .* remove it"):
        DetectionStore(run)
