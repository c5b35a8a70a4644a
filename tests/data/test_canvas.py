"""Facts about placing items on canvases."""

import numpy as np
import pytest

from stampnet.data.canvas import CHUNK, boxes_at, place, random_corners
from stampnet.errors import InputError


def test_objects_are_added_where_they_are_put_and_clipped() -> None:
    items = np.array([[[100, 200]], [[50, 60]]], np.uint8)
    canvas = place(items, np.array([[0, 1]]), np.array([[[0, 0], [0, 1]]]), (2, 4))
    assert canvas.tolist() == [[[100, 250, 60, 0], [0, 0, 0, 0]]]
    twice = place(items, np.array([[0, 0]]), np.array([[[1, 2], [1, 2]]]), (2, 4))
    assert twice[0, 1].tolist() == [0, 0, 200, 255]


def test_more_images_than_fit_in_a_chunk_are_all_placed() -> None:
    number = CHUNK + 3
    canvases = place(np.full((1, 1, 1), 7, np.uint8), np.zeros((number, 1), int), np.zeros((number, 1, 2), int), (1, 1))
    assert (canvases == 7).all()


def test_corners_reach_both_ends_of_their_range_and_no_further() -> None:
    corners = random_corners(np.random.default_rng(0), 2000, 2, (10, 9), (4, 7))
    assert corners[..., 0].min() == corners[..., 1].min() == 0
    assert (corners[..., 0].max(), corners[..., 1].max()) == (6, 2)


def test_boxes_are_half_open_and_x_comes_first() -> None:
    assert boxes_at(np.array([[[2, 5], [3, 3]]]), np.array([[0, -1]]), (28, 20)).tolist() == [
        [[5, 2, 25, 30], [0, 0, 0, 0]]
    ]


def test_an_object_larger_than_the_canvas_is_refused_with_both_sizes() -> None:
    with pytest.raises(InputError, match="28 x 28 pixels does not fit on a canvas of 20 x 40"):
        random_corners(np.random.default_rng(0), 1, 1, (20, 40), (28, 28))
