"""Facts about objects that are turned, scaled and placed."""

import numpy as np
import pytest

from stampnet.data.placement import CHUNK, place_at_random
from stampnet.data.pose import FIXED, PoseRange, centres_of_mass, turned_grey, turned_mask
from stampnet.data.simple_shapes import shape_masks
from stampnet.errors import InputError

ANY = PoseRange(180.0, (0.5, 1.3))


@pytest.mark.parametrize("turn", [turned_grey, turned_mask])
def test_centres_of_mass_are_in_the_middle_pixel_of_boxes(turn: object) -> None:
    which = np.arange(200)[:, None] % 5
    placed = place_at_random(np.random.default_rng(0), shape_masks(), which, (60, 70), ANY, turn)
    x0, y0, x1, y1 = placed.boxes_xyxy[:, 0].T
    middle = np.stack([y0 + (y1 - y0) // 2, x0 + (x1 - x0) // 2], axis=1)
    assert np.array_equal(x1 - x0, y1 - y0)
    # A centre between two pixels may be seen a little before it.
    away = centres_of_mass(placed.images) - middle
    assert (away > -0.6).all()
    assert (away < 0.6).all()


def test_boxes_and_ink_lie_on_the_canvas_and_reach_its_borders() -> None:
    masks = shape_masks()
    which = np.arange(3000)[:, None] % 5
    placed = place_at_random(np.random.default_rng(0), masks, which, (50, 60), ANY, turned_mask)
    boxes = placed.boxes_xyxy[:, 0]
    assert (boxes.min(axis=0)[:2].tolist(), boxes.max(axis=0)[2:].tolist()) == ([0, 0], [60, 50])
    # Ink that were cut off would be missing.
    expected = masks.sum(axis=(1, 2), dtype=float)[which[:, 0]] * placed.scales[:, 0] ** 2
    assert placed.images.sum(axis=(1, 2)) == pytest.approx(expected, rel=0.08)


def test_a_glyph_at_almost_no_angle_lies_as_one_at_none() -> None:
    which = np.arange(5)[:, None]
    nearly = PoseRange(1e-6, (1.0, 1.0))
    for poses in (FIXED, nearly):
        placed = place_at_random(np.random.default_rng(0), shape_masks(), which, (40, 40), poses, turned_mask)
        for image, (x0, y0, x1, y1), mask in zip(
            placed.images, placed.boxes_xyxy[:, 0].astype(int), shape_masks(), strict=True
        ):
            assert np.array_equal(image[y0:y1, x0:x1], mask)


def test_absent_objects_leave_no_trace_even_where_none_is_present() -> None:
    which = np.array([[-1, -1], [2, -1]])
    for some in (which, which[:1]):
        placed = place_at_random(np.random.default_rng(0), shape_masks(), some, (60, 60), ANY, turned_mask)
        assert not placed.images[0].any()
        assert not placed.boxes_xyxy[some < 0].any()
        assert np.array_equal(np.isnan(placed.angles_deg), some < 0)
        assert np.array_equal(np.isnan(placed.scales), some < 0)


def test_more_images_than_fit_in_a_chunk_are_all_placed() -> None:
    which = np.zeros((CHUNK + 3, 1), np.int64)
    placed = place_at_random(np.random.default_rng(0), shape_masks(), which, (60, 60), ANY, turned_mask)
    assert placed.images.any(axis=(1, 2)).all()
    assert (placed.boxes_xyxy[:, 0, 2] > 0).all()


def test_an_object_larger_than_the_canvas_is_refused_with_the_remedy() -> None:
    doubled = PoseRange(0.0, (2.0, 2.0))
    with pytest.raises(
        InputError, match=r"of 56 pixels does not fit on a canvas of 50 x 60; choose a larger canvas or"
    ):
        place_at_random(np.random.default_rng(0), shape_masks(), np.array([[0]]), (50, 60), doubled, turned_mask)
