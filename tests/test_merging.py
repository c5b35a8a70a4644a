"""Objects on seams are neither lost nor doubled, and boxes are those of the image."""

import numpy as np
import pytest

from stampnet.data.layout import Layout
from stampnet.data.preparation import Preparation
from stampnet.data.tiles import Tile, Tiling, tiles
from stampnet.detection import Detections
from stampnet.merging import merged

LAYOUT = Layout(preparation=Preparation(), tiling=Tiling((64, 96), (12, 16)), seen=(32, 32))


def found_in(tile: Tile, boxes: np.ndarray, rng: np.random.Generator) -> Detections:
    """What a perfect model says of a tile: all objects within it, in its own pixels, a little off."""
    scale = np.array([3.0, 2.0, 3.0, 2.0])
    seen = (boxes - np.array([tile.left, tile.top] * 2)) / scale
    inside = ((seen[:, :2] >= 0) & (seen[:, 2:] <= 32)).all(axis=1)
    seen, number = seen[inside] + rng.uniform(-0.1, 0.1, (inside.sum(), 1)), np.flatnonzero(inside)
    score = rng.uniform(0.5, 1, len(seen)).astype(np.float32)
    return Detections(seen.astype(np.float32), number, number % 3, score, seen.astype(np.float32))


@pytest.mark.parametrize("seed", range(5))
def test_every_object_of_a_large_image_is_found_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, [300, 200], (60, 2)).astype(float)
    boxes = np.concatenate([corners, corners + np.array([14, 10])], axis=1)
    parts = tiles((210, 314), LAYOUT.tiling)
    whole = merged([found_in(tile, boxes, rng) for tile in parts], parts, LAYOUT, (210, 314))
    assert sorted(whole.stamp.tolist()) == list(range(60))
    np.testing.assert_allclose(whole.boxes_xyxy, boxes[whole.stamp], atol=0.5)
    np.testing.assert_array_equal(whole.class_id, whole.stamp % 3)
    assert whole.tight_xyxy is not None
    assert whole.angle_deg is None


def test_boxes_end_with_the_image_and_what_lies_beyond_it_is_none() -> None:
    (tile,) = parts = tiles((30, 40), LAYOUT.tiling)
    boxes = np.array([[-6.0, -5.0, 8.0, 5.0], [-20.0, 4.0, -6.0, 14.0], [30.0, 22.0, 44.0, 32.0]])
    whole = merged([found_in(tile, boxes, np.random.default_rng(0))], parts, LAYOUT, (30, 40))
    assert sorted(whole.stamp.tolist()) == [0, 2]
    assert whole.boxes_xyxy.min() == 0
    assert whole.boxes_xyxy[:, 2].max() == 40
    assert whole.boxes_xyxy[:, 3].max() == 30


def test_an_image_without_objects_has_none() -> None:
    parts = tiles((210, 314), LAYOUT.tiling)
    none = Detections(
        np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    )
    assert len(merged([none] * len(parts), parts, LAYOUT, (210, 314))) == 0


def test_objects_on_seams_count_once_where_tiles_are_seen_far_smaller() -> None:
    layout = Layout(preparation=Preparation(), tiling=Tiling((640, 640), (120, 120)), seen=(64, 64))
    (first, second, *_) = parts = tiles((400, 1000), layout.tiling)
    seam = first.core[3]
    for off in (-6.0, 6.0):  # of the image: less than one pixel as the model sees it
        found = []
        for tile, x in ((first, seam + off), (second, seam - off)):
            middle = np.array([x - tile.left, 200.0 - tile.top])
            box = (np.concatenate([middle - 50, middle + 50])[None] / 10).astype(np.float32)
            found.append(Detections(box, np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1, np.float32)))
        assert len(merged(found, parts[:2], layout, (400, 1000))) == 1


def test_an_object_whose_middle_rounding_brings_over_the_border_is_one() -> None:
    (tile,) = parts = tiles((30, 40), LAYOUT.tiling)
    middles = np.array([[-1.0, 15.0], [40.0 + 1.4, 15.0], [20.0, -0.9], [-1.6, 15.0], [20.0, 31.1]])
    boxes = np.concatenate([middles - 8, middles + 8], axis=1)
    seen = ((boxes - np.array([tile.left, tile.top] * 2)) / np.array([3, 2, 3, 2])).astype(np.float32)
    number = np.arange(5)
    found = Detections(seen, number, number, np.ones(5, np.float32))
    assert sorted(merged([found], parts, LAYOUT, (30, 40)).stamp.tolist()) == [0, 1, 2]
