"""Facts about COCO JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable, read_coco, write_coco


def detections(*rows: tuple[float, float, float, float, int, float]) -> Detections:
    """Boxes x0, y0, x1, y1, stamp, score; the class is the stamp modulo 2."""
    boxes = np.array([row[:4] for row in rows], np.float32).reshape(-1, 4)
    stamps = np.array([row[4] for row in rows], np.int64)
    return Detections(boxes, stamps, stamps % 2, np.array([row[5] for row in rows], np.float32))


TABLE = DetectionTable(
    image_names=("a.png", 'b, "quoted".png', "leer\n.png"),
    image_sizes_hw=((40, 50), (40, 50), (40, 50)),
    detections=(detections((1, 2, 11, 22, 3, 0.5), (0, 0, 4.5, 4, 0, 1)), detections(), detections((5, 5, 6, 6, 2, 0))),
    class_names=("even", "odd"),
)


def test_a_table_comes_back_with_images_that_hold_nothing(tmp_path: Path) -> None:
    write_coco(tmp_path / "found.json", TABLE)
    back = read_coco(tmp_path / "found.json")
    assert (back.image_names, back.image_sizes_hw, back.class_names) == (
        TABLE.image_names,
        TABLE.image_sizes_hw,
        TABLE.class_names,
    )
    for ours, theirs in zip(TABLE.detections, back.detections, strict=True):
        for field in ("boxes_xyxy", "stamp", "class_id", "score"):
            assert np.array_equal(getattr(ours, field), getattr(theirs, field))


def test_boxes_are_corner_and_size_and_numbers_count_from_one(tmp_path: Path) -> None:
    write_coco(tmp_path / "found.json", TABLE)
    first = json.loads((tmp_path / "found.json").read_text())["annotations"][0]
    assert (first["bbox"], first["area"], first["id"], first["image_id"]) == ([1, 2, 10, 20], 200, 1, 1)
    assert (first["category_id"], first["stamp"], first["score"]) == (2, 3, 0.5)


@pytest.mark.parametrize("content", ["{", "[]", '{"images": []}'])
def test_what_is_not_coco_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "found.json").write_text(content)
    with pytest.raises(InputError, match=r"found\.json is not COCO JSON of detections"):
        read_coco(tmp_path / "found.json")
    with pytest.raises(InputError, match="there is no file"):
        read_coco(tmp_path / "none.json")
