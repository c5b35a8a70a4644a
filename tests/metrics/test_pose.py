"""Facts about errors of angles and scales."""

import numpy as np
import pytest

from stampnet.metrics.pose import angle_errors_deg, scale_errors


def in_one_group(number: int) -> np.ndarray:
    return np.tile(np.array([3, 1]), (number, 1))


def test_angles_are_off_from_the_mean_of_their_stamp_and_class() -> None:
    true = np.array([0.0, 10.0, 20.0, 0.0, 5.0])
    found = true + np.array([41.0, 39.0, 40.0, -70.0, -80.0])
    group = np.array([[0, 0], [0, 0], [0, 0], [0, 1], [0, 1]])
    assert angle_errors_deg(found, true, group, np.ones(5, int)) == pytest.approx([1, 1, 0, 5, 5], abs=1e-3)


def test_angles_wrap_around() -> None:
    found, true = np.array([179.0, -179.0, 361.0]), np.array([0.0, 0.0, 179.0])
    errors = angle_errors_deg(found, true, in_one_group(3), np.ones(3, int))  # off by 179, 181 and 182 degrees
    assert errors == pytest.approx([5 / 3, 1 / 3, 4 / 3], abs=1e-3)


def test_what_looks_the_same_is_no_error() -> None:
    found, true = np.array([0.0, 93.0, 180.0, 267.0]), np.zeros(4)
    assert angle_errors_deg(found, true, in_one_group(4), np.full(4, 4)) == pytest.approx([0, 3, 0, 3], abs=1e-6)
    assert angle_errors_deg(found, true, in_one_group(4), np.zeros(4, int)).tolist() == [0, 0, 0, 0]


def test_the_largest_error_of_symmetry_k_is_half_a_turn_by_k() -> None:
    found = np.array([0.0, 0.0, 0.0, 90.0])  # three agree, so that the mean is theirs
    assert angle_errors_deg(found, np.zeros(4), in_one_group(4), np.full(4, 2))[3] == pytest.approx(90)


def test_angles_at_random_are_off_by_a_quarter_turn_by_k_on_average() -> None:
    found = np.random.default_rng(0).uniform(-180, 180, 20_000)
    for order in (1, 2, 4):
        errors = angle_errors_deg(found, np.zeros(20_000), in_one_group(20_000), np.full(20_000, order))
        assert errors.mean() == pytest.approx(90 / order, rel=0.02)


def test_scales_are_off_by_doublings_from_the_median_of_their_stamp_and_class() -> None:
    true = np.array([1.0, 1.0, 1.0, 2.0])
    found = np.array([3.0, 1.5, 12.0, 1.0])
    group = np.array([[0, 0], [0, 0], [0, 0], [1, 0]])
    assert scale_errors(found, true, group) == pytest.approx([0, 1, 2, 0])


def test_the_arrays_given_stay_as_they_are() -> None:
    found, true = np.array([1.0, 4.0]), np.array([1.0, 1.0])
    scale_errors(found, true, in_one_group(2))
    angle_errors_deg(found, true, in_one_group(2), np.ones(2, int))
    assert (found.tolist(), true.tolist()) == ([1, 4], [1, 1])


def test_without_objects_there_are_no_errors() -> None:
    none, group = np.zeros(0), np.zeros((0, 2), int)
    assert angle_errors_deg(none, none, group, np.zeros(0, int)).tolist() == []
    assert scale_errors(none, none, group).tolist() == []
