"""Positions along a track to smooth positions and velocities: Savitzky-Golay."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64
from scipy.signal import savgol_filter

from stampnet.errors import InputError

ORDER = 2
"""Of the polynomial: constant acceleration."""
LONGEST = 999
"""Frames of a window, at most."""


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """How tracks are smoothed."""

    window: int = 9
    """Frames that a polynomial is fitted to, an odd number; 0 leaves positions as they are."""

    def __post_init__(self) -> None:
        if self.window and (self.window % 2 == 0 or not ORDER < self.window <= LONGEST):
            raise InputError(f"the window is {self.window} frames; give an odd number from 3 to {LONGEST}, or 0")


class Smooth(NamedTuple):
    """A track of R rows after smoothing."""

    xy_m: Float64[np.ndarray, "R 2"]
    velocity_m_s: Float64[np.ndarray, "R 2"]
    """NaN where a track has a single row."""


def smooth(
    frame: Int64[np.ndarray, " R"], xy_m: Float64[np.ndarray, "R 2"], fps: float, config: SmoothingConfig
) -> Smooth:
    """Smooth positions and velocities at the rows of one track, whose frames rise.

    Frames in which the person was missed are filled by straight lines for the fit alone: they get no row. Near the ends
    the polynomial of the outermost window is taken. A track shorter than the window has a shorter one; of two rows it
    is the straight line. Without a window, velocities are differences of neighbouring rows.
    """
    if len(frame) < 2:
        return Smooth(xy_m.copy(), np.full(xy_m.shape, np.nan))
    times = np.arange(frame[0], frame[-1] + 1)
    even = np.stack([np.interp(times, frame, column) for column in xy_m.T], axis=1)
    rows = frame - frame[0]
    window = min(config.window, len(times) - (len(times) % 2 == 0))
    if window <= ORDER:
        return Smooth(xy_m.copy(), np.gradient(xy_m, frame / fps, axis=0))
    return Smooth(
        savgol_filter(even, window, ORDER, axis=0)[rows],
        savgol_filter(even, window, ORDER, deriv=1, delta=1 / fps, axis=0)[rows],
    )
