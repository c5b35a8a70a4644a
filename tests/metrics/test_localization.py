"""Facts about CorLoc and IoU."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampnet.metrics.localization import CHUNK, corloc, images_all_correct, matched_iou, union_mask_iou

Box = tuple[int, int, int, int]


def pixels(boxes: list[Box], height: int, width: int) -> set[tuple[int, int]]:
    inside: set[tuple[int, int]] = set()
    for x0, y0, x1, y1 in boxes:
        rows, columns = range(max(y0, 0), min(y1, height)), range(max(x0, 0), min(x1, width))
        inside |= {(y, x) for y in rows for x in columns}
    return inside


def union_iou(truth: list[Box], found: list[Box], size: tuple[int, int] = (12, 10)) -> float:
    a, b = np.array([truth]).reshape(1, -1, 4), np.array([found]).reshape(1, -1, 4)
    return float(union_mask_iou(a, b, np.ones(a.shape[:2], bool), np.ones(b.shape[:2], bool), size)[0])


def test_a_shift_of_nine_of_28_pixels_still_counts_as_located_but_not_ten() -> None:
    for shift, located in ((9, 1.0), (10, 0.0)):
        overlap = (28 - shift) * 28 / (2 * 28 * 28 - (28 - shift) * 28)
        assert corloc(np.array([overlap])) == located


def test_an_unmatched_object_overlaps_by_nothing() -> None:
    assert matched_iou(np.array([[[0.7], [0.9]]]), np.array([[0, -1]])).tolist() == [[0.7, 0.0]]


def test_without_detections_objects_overlap_by_nothing() -> None:
    assert matched_iou(np.zeros((2, 1, 0)), np.full((2, 1), -1)).tolist() == [[0.0], [0.0]]
    assert np.isnan(corloc(np.array([])))


def test_absent_boxes_cover_no_pixel() -> None:
    boxes, present = np.array([[[0, 0, 4, 4], [5, 5, 9, 9]]]), np.array([[True, False]])
    assert union_mask_iou(boxes, boxes, present, ~present, (12, 10)).tolist() == [0.0]


def test_more_images_than_fit_in_a_chunk_keep_their_order() -> None:
    shifts = np.arange(CHUNK + 5) % 3
    truth = np.tile(np.array([0, 0, 2, 1]), (len(shifts), 1, 1))
    found = truth + shifts[:, None, None] * np.array([1, 0, 1, 0])
    present = np.ones((len(shifts), 1), bool)
    values = union_mask_iou(truth, found, present, present, (4, 6))
    assert values == pytest.approx(np.array([1, 1 / 3, 0])[shifts])


def test_an_image_counts_only_with_all_its_objects() -> None:
    overlaps, present = np.array([[0.9, 0.1], [0.9, 0.0]]), np.array([[True, True], [True, False]])
    assert images_all_correct(overlaps, present) == 0.5


def test_the_union_forgives_swapped_boxes_and_counts_overlap_once() -> None:
    assert union_iou([(0, 0, 4, 4), (5, 5, 9, 9)], [(5, 5, 9, 9), (0, 0, 4, 4)]) == 1
    assert union_iou([(0, 0, 4, 4), (0, 0, 4, 4)], [(0, 0, 4, 4), (4, 0, 8, 4)]) == 0.5


def test_boxes_are_cut_at_the_border() -> None:
    assert union_iou([(-4, 0, 4, 4)], [(0, 0, 4, 4)]) == 1
    assert union_iou([(8, 10, 14, 16)], [(8, 10, 10, 12)]) == 1


def test_images_without_boxes_agree() -> None:
    assert union_iou([], []) == 1
    assert union_iou([(0, 0, 2, 2)], []) == 0


BOX = st.tuples(st.integers(-3, 9), st.integers(-3, 11), st.integers(1, 6), st.integers(1, 6)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(BOX, max_size=3), st.lists(BOX, max_size=3))
def test_the_union_equals_sets_of_pixels(truth: list[Box], found: list[Box]) -> None:
    a, b = pixels(truth, 12, 10), pixels(found, 12, 10)
    expected = len(a & b) / len(a | b) if a | b else 1.0
    assert union_iou(truth, found) == pytest.approx(expected)
