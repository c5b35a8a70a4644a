"""Real sets are measured and drawn beside a baseline, here one that is not real, with few images."""

import numpy as np
import pytest

from stampnet.benchmarks import real_images
from stampnet.benchmarks.real_images import BASELINE, HEADER, real_images_table
from stampnet.benchmarks.real_sets import RealSet
from stampnet.detection import Detections
from stampnet.export.coco import DetectionTable

SIDE = 12


def sheets(number: int, rng: np.random.Generator) -> tuple[tuple[np.ndarray, ...], DetectionTable]:
    """Dark sheets with full and hollow bright squares, and which is where."""
    images, found = [], []
    for _ in range(number):
        image, boxes, kinds = np.full((70, 300), 10, np.uint8), [], []
        for left in range(8, 280, 40):
            top, kind = int(rng.integers(5, 50)), int(rng.integers(2))
            image[top : top + SIDE, left : left + SIDE] = 220
            if kind:
                image[top + 3 : top + SIDE - 3, left + 3 : left + SIDE - 3] = 10
            boxes.append((left, top, left + SIDE, top + SIDE))
            kinds.append(kind)
        images.append((image + rng.integers(0, 8, image.shape)).astype(np.uint8))
        numbers = np.array(kinds, np.int64)
        found.append(Detections(np.array(boxes, np.float32), numbers, numbers, np.ones(len(kinds), np.float32)))
    names = tuple(str(k) for k in range(number))
    return tuple(images), DetectionTable(names, ((70, 300),) * number, tuple(found), ("full", "hollow"))


def test_a_set_is_scored_and_drawn_in_truth_and_by_both_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"LEAST_STEPS": 16, "PASSES_AT_MOST": 12}.items():
        monkeypatch.setattr(f"stampnet.training.defaults.{name}", value)
    rng = np.random.default_rng(0)
    (learn, learn_truth), (test, truth) = sheets(12, rng), sheets(4, rng)
    real = RealSet("squares", learn, test, truth, lambda image: image, 10, learn_truth, frozenset({"hollow"}))
    monkeypatch.setattr(real_images, "real_sets", lambda: {"squares": lambda: real, "other": lambda: None})
    measured = real_images_table(["squares"])
    baseline, ours = (dict(zip(HEADER, row, strict=True)) for row in measured.table.rows)
    assert (baseline["method"], ours["method"]) == (BASELINE, "stampnet")
    full = sum(int((one.class_id == 0).sum()) for one in truth.detections)
    assert int(ours["objects"]) == int(baseline["objects"]) == full, "the hollow ones are scenery here"
    assert float(ours["F1 at IoU .5"]) > 0.95
    assert float(baseline["F1 at IoU .5"]) < 0.9, "it knows no scenery"
    assert measured.picture is not None
    shown = measured.picture.axes
    assert [axes.get_title() for axes in shown] == ["squares: truth", "squares: stampnet", f"squares: {BASELINE}"]
    in_first = int((truth.detections[0].class_id == 0).sum())
    assert [len(axes.patches) for axes in shown] == [in_first, in_first, 7]
