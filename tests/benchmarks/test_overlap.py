"""Facts about counting misses by distance and overlap."""

import numpy as np
import pytest

from stampnet.benchmarks.overlap import shares_of_misses
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections


def test_each_image_counts_where_its_objects_lie() -> None:
    """Four images of two 10 x 10 boxes, 1, 3 and 30 pixels apart along x; the second object of the first is missed."""
    second = [(1, 0), (3, 20), (3, 20), (30, 0)]
    boxes = np.array([[(0, 0, 10, 10), (x, y, x + 10, y + 10)] for x, y in second], np.float32)
    scenes = Scenes(np.zeros((4, 40, 40), np.uint8), boxes, np.zeros((4, 2), np.int64), ("box",))
    number = np.zeros(2, np.int64)
    found = [Detections(b, number, number, np.ones(2, np.float32)) for b in boxes]
    found[0] = Detections(boxes[0, :1], number[:1], number[:1], np.ones(1, np.float32))
    by_distance, by_overlap, numbers = shares_of_misses(scenes, found, "x")
    assert by_distance[:2] == [1.0, 0.0]
    assert np.isnan(by_distance[2])
    assert by_distance[4] == 0.0
    assert numbers == [3, 0, 0, 0, 1]
    assert by_overlap[0] == 0.0
    assert by_overlap[4] == pytest.approx(1.0)
