"""Facts about data sets on disk."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stampnet.data.image_files import read_images
from stampnet.data.scene_folder import read_scenes, write_scenes
from stampnet.data.scenes import Scenes
from stampnet.data.simple_shapes import simple_shapes
from stampnet.errors import InputError


def same(a: Scenes, b: Scenes) -> bool:
    names = ("images", "boxes_xyxy", "classes", "angles_deg", "scales")
    arrays = [(getattr(a, name), getattr(b, name)) for name in names]
    return a.class_names == b.class_names and all(
        x is y is None or (x is not None and y is not None and np.array_equal(x, y, equal_nan=True)) for x, y in arrays
    )


@pytest.fixture
def scenes() -> Scenes:
    some = simple_shapes(4, 2, (40, 50), seed=0)
    classes, boxes = some.classes.copy(), some.boxes_xyxy.copy()
    classes[1, 1], boxes[1, 1] = -1, 0  # an image with one object less
    return Scenes(some.images, boxes, classes, some.class_names)


def test_both_forms_on_disk_give_the_scenes_back(tmp_path: Path, scenes: Scenes) -> None:
    folder = tmp_path / "made"
    write_scenes(scenes, folder)
    assert same(read_scenes(folder), scenes)
    assert np.array_equal(np.stack(read_images(folder).arrays), scenes.images)
    (folder / "scenes.npz").unlink()
    assert same(read_scenes(folder), scenes)


def test_angles_and_scales_survive_in_both_forms(tmp_path: Path, scenes: Scenes) -> None:
    absent = np.where(scenes.classes < 0, np.float32("nan"), np.float32(0))
    turned = replace(scenes, angles_deg=absent + np.float32(-12.3), scales=absent + np.float32(0.7))
    write_scenes(turned, tmp_path / "made")
    assert same(read_scenes(tmp_path / "made"), turned)
    coco = json.loads((tmp_path / "made" / "annotations.json").read_text())
    assert coco["annotations"][0]["angle_deg"] == pytest.approx(-12.3)
    (tmp_path / "made" / "scenes.npz").unlink()
    assert same(read_scenes(tmp_path / "made"), turned)


def test_the_annotations_are_coco(tmp_path: Path, scenes: Scenes) -> None:
    write_scenes(scenes, tmp_path / "made")
    coco = json.loads((tmp_path / "made" / "annotations.json").read_text())
    assert len(coco["annotations"]) == 7
    first = coco["annotations"][0]
    x0, y0 = scenes.boxes_xyxy[0, 0, :2].tolist()
    assert first["bbox"] == [x0, y0, 28, 28]
    assert first["category_id"] == scenes.classes[0, 0] + 1
    assert [category["name"] for category in coco["categories"]] == list(scenes.class_names)


def test_a_folder_in_use_is_not_overwritten(tmp_path: Path, scenes: Scenes) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="is not empty"):
        write_scenes(scenes, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_a_failed_write_leaves_nothing(tmp_path: Path, scenes: Scenes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        write_scenes(scenes, tmp_path / "made")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ("{", "is damaged"),
        ('{"images": []}', "is not COCO"),
        ('{"images": [{"id": 1, "file_name": "gone.png"}], "categories": [], "annotations": []}', r"gone\.png"),
    ],
)
def test_malformed_annotations_are_named(tmp_path: Path, scenes: Scenes, annotations: str, message: str) -> None:
    write_scenes(scenes, tmp_path / "made")
    (tmp_path / "made" / "scenes.npz").unlink()
    (tmp_path / "made" / "annotations.json").write_text(annotations)
    with pytest.raises(InputError, match=message):
        read_scenes(tmp_path / "made")


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds neither scenes\.npz nor annotations\.json"):
        read_scenes(tmp_path)


def test_damaged_scenes_are_named_once(tmp_path: Path, scenes: Scenes) -> None:
    write_scenes(scenes, tmp_path / "made")
    (tmp_path / "made" / "scenes.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"^[^(]*scenes\.npz is damaged \([^(]*\); make it anew$"):
        read_scenes(tmp_path / "made")
