"""Facts about matching boxes."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stampnet.metrics.assignment import box_iou, greedy_by_distance, hungarian_by_iou


def boxes_at(*corners: tuple[int, int]) -> np.ndarray:
    """Boxes of 10 x 10 at these x, y; one image."""
    return np.array([[(x, y, x + 10, y + 10) for x, y in corners]], float)


def present(boxes: np.ndarray) -> np.ndarray:
    return np.ones(boxes.shape[:2], bool)


def greedy(truth: np.ndarray, found: np.ndarray) -> list[int]:
    return greedy_by_distance(truth, found, present(truth), present(found))[0].tolist()


def test_iou_of_half_shifted_boxes_is_a_third() -> None:
    assert box_iou(boxes_at((0, 0)), boxes_at((5, 0), (0, 0), (10, 0)))[0, 0].tolist() == [1 / 3, 1, 0]


def test_greedy_goes_by_manhattan_distance_of_corners_and_stored_order() -> None:
    # The first object takes the detection at 4, though the second object is nearer to it.
    assert greedy(boxes_at((0, 0), (5, 0)), boxes_at((4, 0), (20, 0))) == [0, 1]


def test_greedy_takes_the_first_of_equal_distances() -> None:
    assert greedy(boxes_at((5, 5)), boxes_at((6, 5), (5, 4))) == [0]


def test_a_cycle_of_three_is_matched_right() -> None:
    """The authors' code confuses a permutation with its inverse, which differ from three objects on."""
    truth = boxes_at((0, 0), (20, 0), (40, 0))
    found = boxes_at((40, 0), (0, 0), (20, 0))
    assert greedy(truth, found) == [1, 2, 0]
    best = hungarian_by_iou(box_iou(truth, found), present(truth), present(found))
    assert best[0].tolist() == [1, 2, 0]


def test_hungarian_gives_up_the_nearest_pair_for_a_better_whole() -> None:
    truth, found = boxes_at((0, 0), (4, 0)), boxes_at((3, 0), (-4, 0))
    assert greedy(boxes_at((4, 0), (0, 0)), boxes_at((-4, 0), (3, 0))) == [1, 0]
    assert hungarian_by_iou(box_iou(truth, found), present(truth), present(found))[0].tolist() == [1, 0]


def test_absent_objects_and_detections_match_nothing() -> None:
    truth, found = boxes_at((0, 0), (0, 0)), boxes_at((0, 0), (50, 50))
    in_truth, in_found = np.array([[False, True]]), np.array([[False, True]])
    assert greedy_by_distance(truth, found, in_truth, in_found)[0].tolist() == [-1, 1]
    assert hungarian_by_iou(box_iou(truth, found), in_truth, in_found)[0].tolist() == [-1, 1]


def test_without_detections_nothing_matches() -> None:
    truth, found = boxes_at((0, 0)), np.zeros((1, 0, 4))
    assert greedy(truth, found) == [-1]
    assert hungarian_by_iou(box_iou(truth, found), present(truth), present(found))[0].tolist() == [-1]


@given(arrays(float, (1, 3, 3), elements=st.floats(0, 1)))
def test_hungarian_reaches_the_best_of_all_permutations(iou: np.ndarray) -> None:
    everything = np.ones((1, 3), bool)
    match = hungarian_by_iou(iou, everything, everything)[0]
    best = max(sum(iou[0, j, p[j]] for j in range(3)) for p in permutations(range(3)))
    assert np.isclose(iou[0, np.arange(3), match].sum(), best)
