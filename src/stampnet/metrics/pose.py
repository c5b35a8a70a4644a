"""Found and true angles and scales of matched objects to errors."""

import numpy as np
from jaxtyping import Float, Float64, Int

Groups = Int[np.ndarray, "K 2"]
"""Stamp and class of each object. A stamp that was learned without labels stands at an angle and a size of its own, so
that its objects of one class may all be off by the same: that is no error."""


def angle_errors_deg(
    found_deg: Float[np.ndarray, " K"],
    true_deg: Float[np.ndarray, " K"],
    group: Groups,
    symmetry: Int[np.ndarray, " K"],
) -> Float64[np.ndarray, " K"]:
    """How far each angle is off, less the circular mean over its group, from 0 to 180 / k degrees.

    An object of symmetry k looks the same after 360 / k degrees, a circle (0) always. Both angles run the same way. A
    group of one has no error, for its mean is its own.

    >>> stamp_and_class = np.array([[7, 0], [7, 0]])
    >>> angle_errors_deg(np.array([100.0, 0.0]), np.array([0.0, -96.0]), stamp_and_class, np.array([1, 1])).round(3)
    array([2., 2.])
    >>> angle_errors_deg(np.array([100.0, 0.0]), np.array([0.0, -6.0]), stamp_and_class, np.array([4, 4])).round(3)
    array([2., 2.])
    """
    # Times k, angles that look alike become one angle.
    turns = np.exp(1j * np.radians((found_deg.astype(float) - true_deg) * symmetry))
    groups, which = _numbered(group)
    sums = np.zeros(groups, complex)
    np.add.at(sums, which, turns)
    return np.abs(np.degrees(np.angle(turns * sums.conj()[which]))) / symmetry.clip(1)


def scale_errors(
    found: Float[np.ndarray, " K"], true: Float[np.ndarray, " K"], group: Groups
) -> Float64[np.ndarray, " K"]:
    """How many doublings each scale is off: |log2(found / true)|, less the median of the logarithm over its group.

    >>> scale_errors(np.array([3.0, 3.0, 12.0]), np.array([1.0, 1.0, 1.0]), np.array([[7, 0]] * 3)).tolist()
    [0.0, 0.0, 2.0]
    """
    doublings = np.log2(found.astype(float) / true)
    groups, which = _numbered(group)
    for number in range(groups):
        doublings[which == number] -= np.median(doublings[which == number])
    return np.abs(doublings)


def _numbered(group: Groups) -> tuple[int, Int[np.ndarray, " K"]]:
    """The number of different groups, and which of them each object belongs to."""
    different, which = np.unique(group, axis=0, return_inverse=True)
    return len(different), which.reshape(-1)  # NumPy 2.0 alone gives it a second axis
