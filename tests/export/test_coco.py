"""Facts about COCO JSON."""

import json
from pathlib import Path

import numpy as np

from stampnet.detection import Detections
from stampnet.export.coco import DetectionTable, write_coco


def test_boxes_are_corner_and_size_and_numbers_count_from_one(tmp_path: Path) -> None:
    found = Detections(
        np.array([[1, 2, 11, 22]], np.float32), np.array([3]), np.array([1]), np.array([0.5], np.float32)
    )
    write_coco(tmp_path / "found.json", DetectionTable(("a.png",), ((40, 50),), (found,), ("even", "odd")))
    first = json.loads((tmp_path / "found.json").read_text())["annotations"][0]
    assert (first["bbox"], first["area"], first["id"], first["image_id"]) == ([1, 2, 10, 20], 200, 1, 1)
    assert (first["category_id"], first["stamp"], first["score"]) == (2, 3, 0.5)
