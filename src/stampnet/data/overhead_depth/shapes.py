"""Measures to surfaces: ellipsoids, rounded boxes, capsules, boxes and caps, in metres above the ground.

Each surface is a unit one in its own axes: a point x lies on it where u = to_unit (x - centre) has length one, by the
norm that belongs to the form.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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

    def of(self, which: slice) -> "Shapes":
        """Some of them."""
        return Shapes(self.form[which], self.centre[which], self.to_unit[which], self.low[which])


def _shapes(form: int, centre: np.ndarray, to_unit: np.ndarray, low: float = -1.0) -> Shapes:
    return Shapes(np.full(len(centre), form, np.int8), centre, to_unit, np.full(len(centre), low))


def joined(several: Sequence[Shapes]) -> Shapes:
    """All as one."""
    return Shapes(
        *(np.concatenate([getattr(one, name) for one in several]) for name in ("form", "centre", "to_unit", "low"))
    )


def alternating(parts: Sequence[Shapes], number: int) -> Shapes:
    """Those of so many things, one thing after the other; each part has as many surfaces of every thing."""

    def all_of(name: str) -> np.ndarray:
        each = [getattr(part, name) for part in parts]
        by_thing = [values.reshape(number, len(values) // number, *values.shape[1:]) for values in each]
        together = np.concatenate(by_thing, axis=1)
        return together.reshape(-1, *together.shape[2:])

    return Shapes(all_of("form"), all_of("centre"), all_of("to_unit"), all_of("low"))


def about_z(angle: float | Float64[np.ndarray, "*P"]) -> Float64[np.ndarray, "*P 3 3"]:
    """A turn, counter-clockwise as seen from above."""
    return _turn(angle, 0, 1)


def about_x(angle: float | Float64[np.ndarray, "*P"]) -> Float64[np.ndarray, "*P 3 3"]:
    """A turn from y towards z."""
    return _turn(angle, 1, 2)


def about_y(angle: float | Float64[np.ndarray, "*P"]) -> Float64[np.ndarray, "*P 3 3"]:
    """A turn from z towards x."""
    return _turn(angle, 2, 0)


def _turn(angle: float | np.ndarray, start: int, to: int) -> np.ndarray:
    """From one axis towards another."""
    turn = np.zeros((*np.shape(angle), 3, 3))
    turn[..., start, start] = turn[..., to, to] = np.cos(angle)
    turn[..., to, start] = np.sin(angle)
    turn[..., start, to] = -turn[..., to, start]
    turn[..., 3 - start - to, 3 - start - to] = 1.0
    return turn


def solids(
    forms: Sequence[int],
    centre: Float[np.ndarray, "K 3"],
    half_axes: Float[np.ndarray, "K 3"],
    turn: Float64[np.ndarray, "K 3 3"],
) -> Shapes:
    """One surface each with such half axes, turned."""
    to_unit = turn.transpose(0, 2, 1) / half_axes[:, :, None]
    return Shapes(np.array(forms, np.int8), centre, to_unit, np.full(len(centre), -1.0))


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
    way = (end - start) / (2 * half)
    x, y, z = way.T
    sign = np.copysign(1.0, z)
    a = -1 / (sign + z)
    to_unit = np.empty((len(way), 3, 3))  # two axes square to the rod (Duff et al., JCGT 6, 2017), and the rod
    for row, axis in enumerate(
        ((1 + sign * x * x * a, sign * x * y * a, -sign * x), (x * y * a, sign + y * y * a, -y))
    ):
        to_unit[:, row, 0], to_unit[:, row, 1], to_unit[:, row, 2] = axis
    to_unit[:, :2] /= radii[..., 1:].reshape(-1, 1, 1)
    to_unit[:, 2] = way / half
    rods = _shapes(CYLINDER, (start + end) / 2, to_unit)
    first = 1 if is_rooted else 0
    balls = np.eye(3) / radii[..., first:].reshape(-1, 1, 1)
    return alternating([rods, _shapes(ELLIPSOID, points[..., first:, :].reshape(-1, 3), balls)], radii[..., 0].size)


def tops_of(shapes: Shapes) -> Float64[np.ndarray, "K 3"]:
    """The highest points of ellipsoids."""
    inverse = from_unit(shapes.to_unit)
    up = (inverse @ inverse[:, 2, :, None])[..., 0]
    return shapes.centre + up / np.sqrt(up[:, 2:])
