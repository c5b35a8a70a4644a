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
    assert greedy(truth, found) == [0, 1]  # overlaps 7/13 + 2/18
    best = hungarian_by_iou(box_iou(truth, found), present(truth), present(found))
    assert best[0].tolist() == [1, 0]  # overlaps 6/14 + 9/11


def test_absent_objects_and_detections_match_nothing() -> None:
    truth, found = boxes_at((0, 0), (0, 0)), boxes_at((0, 0), (50, 50))
    in_truth, in_found = np.array([[False, True]]), np.array([[False, True]])
    assert greedy_by_distance(truth, found, in_truth, in_found)[0].tolist() == [-1, 1]
    assert hungarian_by_iou(box_iou(truth, found), in_truth, in_found)[0].tolist() == [-1, 1]


def test_without_detections_nothing_matches() -> None:
    truth, found = boxes_at((0, 0)), np.zeros((1, 0, 4))
    assert greedy(truth, found) == [-1]
    assert hungarian_by_iou(box_iou(truth, found), present(truth), present(found))[0].tolist() == [-1]


def test_fewer_detections_than_objects_leave_the_last_objects_out() -> None:
    assert greedy(boxes_at((0, 0), (9, 0), (50, 0)), boxes_at((8, 0), (50, 0))) == [0, 1, -1]


@given(arrays(float, (1, 4, 4), elements=st.floats(0, 1)), arrays(bool, 4), arrays(bool, 4))
def test_hungarian_reaches_the_best_of_all_permutations(
    iou: np.ndarray, in_truth: np.ndarray, in_found: np.ndarray
) -> None:
    match = hungarian_by_iou(iou, in_truth[None], in_found[None])[0]
    pairs = [(j, k) for j, k in enumerate(match) if k >= 0]
    assert len(pairs) == min(in_truth.sum(), in_found.sum()) == len({k for _, k in pairs})
    assert all(in_truth[j] and in_found[k] for j, k in pairs)
    possible = np.where(in_truth[:, None] & in_found, iou[0], 0)
    best = max(sum(possible[j, p[j]] for j in range(4)) for p in permutations(range(4)))
    assert np.isclose(sum(iou[0, j, k] for j, k in pairs), best)


CORNERS = st.integers(-6, 6)


@given(
    arrays(np.int64, (5, 3, 2), elements=CORNERS),
    arrays(np.int64, (5, 4, 2), elements=CORNERS),
    arrays(bool, (5, 3)),
    arrays(bool, (5, 4)),
)
def test_greedy_equals_the_rule_written_as_loops(
    truth: np.ndarray, found: np.ndarray, in_truth: np.ndarray, in_found: np.ndarray
) -> None:
    expected = np.full((5, 3), -1)
    for i in range(5):
        untaken = np.flatnonzero(in_found[i]).tolist()
        for j in np.flatnonzero(in_truth[i]):
            if untaken:
                distances = [np.abs(truth[i, j] - found[i, k]).sum() for k in untaken]
                expected[i, j] = untaken.pop(int(np.argmin(distances)))
    boxes = [np.concatenate([corner, corner + 5], axis=-1) for corner in (truth, found)]
    assert greedy_by_distance(*boxes, in_truth, in_found).tolist() == expected.tolist()
