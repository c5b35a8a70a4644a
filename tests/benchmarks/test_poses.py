"""The table of poses can be made, on few images."""

import numpy as np
import pytest

from stampnet.benchmarks import poses
from stampnet.benchmarks.poses import HEADER, pose_errors, poses_table
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections


def test_errors_are_those_of_located_objects_less_what_the_stamp_is_off() -> None:
    boxes = np.array([[[0, 0, 10, 10]], [[20, 20, 30, 30]], [[40, 40, 50, 50]]], np.float32)
    test = Scenes(
        np.zeros((3, 60, 60), np.uint8),
        boxes,
        np.zeros((3, 1), np.int64),
        ("plus",),
        np.array([[0], [10], [20]], np.float32),
        np.ones((3, 1), np.float32),
    )
    moved = boxes[:, 0] + np.array([[0] * 4, [0] * 4, [30, 0, 30, 0]], np.float32)
    zero, one = np.zeros(1, np.int64), np.ones(1, np.float32)
    found = [
        Detections(moved[k : k + 1], zero, zero, one, None, np.array([angle], np.float32), 2 * one)
        for k, angle in enumerate((30.0, 136.0, 0.0))
    ]
    angle, scale = pose_errors(test, found, {"plus": 4})
    assert angle.tolist() == pytest.approx([3, 3], abs=1e-3)  # 30 and 126 degrees are 33 and 33 + 90, less and more 3
    assert scale.tolist() == [0, 0]


def test_stamps_that_turn_stand_beside_those_that_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poses, "CASES", (("simple-shapes", 1, 5),))
    measured = poses_table(num_images=120, num_test=40, num_seeds=1, epochs=2)
    left, searched = (dict(zip(HEADER, row, strict=True)) for row in measured.table.rows)
    assert (left["angles and scales"], searched["angles and scales"]) == ("left to bending", "searched")
    assert float(searched["CorLoc"]) > 0.8
    for error in ("angle error, median", "scale error, median"):
        assert float(searched[error]) < 0.5 * float(left[error])
