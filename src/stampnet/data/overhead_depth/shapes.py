"""Measures to surfaces: ellipsoids, rounded boxes, capsules, boxes and caps, in metres above the ground.

Each surface is a unit one in its own axes: a point x lies on it where u = to_unit (x - centre) has length one, by the
norm that belongs to the form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin

import numpy as np
from jaxtyping import Float, Float64, Int8

ELLIPSOID, CYLINDER, ROUNDED, BOX, CAP = range(5)
"""Norms: Euclid's; Euclid's of the first two axes, between -1 and 1 along the third; the cubic; the largest; Euclid's
above some height."""


@dataclass(frozen=True)
class Shapes:
    """K surfaces."""

    form: Int8[np.ndarray, " K"]
    centre: Float64[np.ndarray, "K 3"]
    to_unit: Float64[np.ndarray, "K 3 3"]
    low: Float64[np.ndarray, " K"]
    """Of a cylinder and a cap: where they begin along the third axis."""

    def __len__(self) -> int:
        return len(self.form)


def _shapes(form: int, centre: np.ndarray, to_unit: np.ndarray, low: float = -1.0) -> Shapes:
    return Shapes(np.full(len(centre), form, np.int8), centre, to_unit, np.full(len(centre), low))


def joined(several: Sequence[Shapes]) -> Shapes:
    """All as one."""
    return Shapes(
        *(np.concatenate([getattr(one, name) for one in several]) for name in ("form", "centre", "to_unit", "low"))
    )


def about_z(angle: float) -> Float64[np.ndarray, "3 3"]:
    """A turn, counter-clockwise as seen from above."""
    c, s = cos(angle), sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def about_x(angle: float) -> Float64[np.ndarray, "3 3"]:
    """A turn from y towards z."""
    c, s = cos(angle), sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def about_y(angle: float) -> Float64[np.ndarray, "3 3"]:
    """A turn from z towards x."""
    c, s = cos(angle), sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def solid(
    form: int,
    centre: Float[np.ndarray, "3"],
    half_axes: Sequence[float] | Float[np.ndarray, "3"],
    turn: Float64[np.ndarray, "3 3"],
    low: float = -1.0,
) -> Shapes:
    """One surface with such half axes, turned."""
    to_unit = turn.T / np.asarray(half_axes, float)[:, None]
    return _shapes(form, np.asarray(centre, float)[None], to_unit[None], low)


def from_unit(to_unit: Float64[np.ndarray, "K 3 3"]) -> Float64[np.ndarray, "K 3 3"]:
    """The inverses: rows are square to each other."""
    return to_unit.transpose(0, 2, 1) / (to_unit**2).sum(2)[:, None]


def capsules(
    points: Float[np.ndarray, "*chains K 3"], radius: float | Float[np.ndarray, "*chains"], *, is_rooted: bool = False
) -> Shapes:
    """Chains of round rods through points, rounded at the joints and ends, but at the start where it is rooted."""
    start, end = points[..., :-1, :].reshape(-1, 3), points[..., 1:, :].reshape(-1, 3)
    radii = np.broadcast_to(np.asarray(radius)[..., None], points.shape[:-1])
    half = np.linalg.norm(end - start, axis=1, keepdims=True) / 2
    x, y, z = ((end - start) / (2 * half)).T
    sign = np.copysign(1.0, z)
    a = -1 / (sign + z)
    across = np.stack(  # two axes square to the rod (Duff et al., JCGT 6, 2017)
        [
            np.stack([1 + sign * x * x * a, sign * x * y * a, -sign * x], -1),
            np.stack([x * y * a, sign + y * y * a, -y], -1),
        ],
        1,
    )
    along = np.stack([x, y, z], -1)[:, None] / half[:, None]
    across = across / radii[..., 1:].reshape(-1, 1, 1)
    rods = _shapes(CYLINDER, (start + end) / 2, np.concatenate([across, along], 1))
    first = 1 if is_rooted else 0
    balls = np.eye(3) / radii[..., first:].reshape(-1, 1, 1)
    return joined([rods, _shapes(ELLIPSOID, points[..., first:, :].reshape(-1, 3), balls)])


def top_of(shape: Shapes) -> Float64[np.ndarray, "3"]:
    """The highest point of an ellipsoid."""
    inverse = from_unit(shape.to_unit)[0]
    up = inverse @ inverse.T[:, 2]
    return shape.centre[0] + up / np.sqrt(up[2])
