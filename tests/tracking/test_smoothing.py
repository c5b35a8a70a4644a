"""Facts about smoothing: what is exact, what ends and gaps do."""

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.smoothing import SmoothingConfig, smooth

FPS = 15.0


def path_of(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions and velocities of somebody who speeds up: a polynomial that smoothing leaves as it is."""
    time = frame / FPS
    return np.stack([1 + 1.2 * time, 0.3 * time**2], axis=1), np.stack([np.full(len(time), 1.2), 0.6 * time], axis=1)


@pytest.mark.parametrize("window", [3, 7, 15])
def test_constant_acceleration_is_kept_to_the_ends(window: int) -> None:
    xy, velocity = path_of(np.arange(20))
    smoothed = smooth(np.arange(20), xy, FPS, SmoothingConfig(window=window))
    assert np.allclose(smoothed.xy_m, xy)
    assert np.allclose(smoothed.velocity_m_s, velocity)


def test_missed_frames_have_no_row_and_do_not_bend_the_path() -> None:
    frame = np.array([0, 1, 2, 3, 7, 8, 9, 10])
    xy = np.stack([0.1 * frame, 0.0 * frame], axis=1)
    smoothed = smooth(frame, xy, FPS, SmoothingConfig(window=5))
    assert np.allclose(smoothed.xy_m, xy)
    assert np.allclose(smoothed.velocity_m_s, [0.1 * FPS, 0.0])


def test_noise_becomes_less() -> None:
    frame = np.arange(300)
    xy, velocity = path_of(frame)
    noisy = xy + np.random.default_rng(0).normal(0, 0.03, xy.shape)
    smoothed = smooth(frame, noisy, FPS, SmoothingConfig(window=9))
    assert (smoothed.xy_m - xy).std() < 0.6 * 0.03
    differences = np.gradient(noisy, frame / FPS, axis=0)
    assert (smoothed.velocity_m_s - velocity).std() < 0.5 * (differences - velocity).std()


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_short_tracks_have_what_can_be_known(number: int) -> None:
    xy, _ = path_of(np.arange(number))
    smoothed = smooth(np.arange(number), xy, FPS, SmoothingConfig(window=9))
    assert np.allclose(smoothed.xy_m, xy)
    assert np.isnan(smoothed.velocity_m_s).all() == (number == 1)


def test_without_a_window_positions_stay_and_velocities_are_differences() -> None:
    xy = np.array([[0.0, 0.0], [0.1, 0.0], [0.4, 0.0]])
    smoothed = smooth(np.array([0, 1, 2]), xy, 10.0, SmoothingConfig(window=0))
    assert np.array_equal(smoothed.xy_m, xy)
    assert np.allclose(smoothed.velocity_m_s[:, 0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("window", [-1, 1, 4, 1001])
def test_windows_that_cannot_be_are_refused(window: int) -> None:
    with pytest.raises(InputError, match=f"window is {window} frames"):
        SmoothingConfig(window=window)
