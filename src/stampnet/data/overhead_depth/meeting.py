"""Surfaces and the rays of their windows to the depth at which the rays first meet them.

What depends on a surface and on a column or a row only is worked out for all surfaces at once; then each window has
little left to do.
"""

from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64, Int64

from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.shapes import BOX, CAP, CYLINDER, ROUNDED
from stampnet.data.overhead_depth.surfaces import Surfaces, sample_rays

CUBIC_IN_SPHERE = 3 ** (1 / 3)
"""Squared radius of the sphere about the unit surface of the cubic norm."""
NEWTON_STEPS = 5
AT_ONCE = 8192
"""Rays for which a processor's cache has room."""


class Meeting:
    """Where rays meet surfaces, each within a window of its own."""

    def __init__(self, camera: Camera, surfaces: Surfaces, window: Int64[np.ndarray, "K 4"]) -> None:
        self._form = surfaces.form.tolist()
        self._is_ahead = surfaces.is_ahead.tolist()
        self._low = _in_float32_from_above(surfaces.low)
        self._surfaces = surfaces
        top, left, bottom, right = np.maximum(window, window[:, [0, 1, 0, 1]]).T
        size = camera.size_px
        across, down = sample_rays(camera)
        axes, offset = surfaces.to_unit, surfaces.offset
        is_cylinder = surfaces.form == CYLINDER
        round_axes = np.where(is_cylinder[:, None, None] & (np.arange(3) == 2)[:, None], 0, axes)
        round_offset = np.where(is_cylinder[:, None] & (np.arange(3) == 2), 0, offset)
        squares = (round_axes.transpose(0, 2, 1) @ round_axes).astype(np.float32)
        linear = (round_offset[:, None] @ round_axes)[:, 0].astype(np.float32)
        radius = np.where(surfaces.form == ROUNDED, CUBIC_IN_SPHERE, 1.0)
        self._beyond = ((round_offset[:, None] @ round_offset[..., None])[:, 0, 0] - radius).astype(np.float32)
        self._last = squares[:, 2, 2]
        rows = axes.astype(np.float32)
        self._offset = offset.astype(np.float32)
        # Tables with a line for each term, one surface beside the other.
        of, x, self._column = _side_by_side(left + 2 * size[0], right - left, across)
        self._columns = np.stack(
            [
                (squares[of, 0, 0] * x + 2 * squares[of, 0, 2]) * x,
                2 * squares[of, 0, 1] * x,
                linear[of, 0] * x,
                rows[of, 2, 0] * x,
                x,
            ]
        )
        of, y, self._row = _side_by_side(top + 2 * size[1], bottom - top, down)
        self._rows = np.stack(
            [
                (squares[of, 1, 1] * y + 2 * squares[of, 1, 2]) * y,
                y,
                linear[of, 1] * y + linear[of, 2],
                rows[of, 2, 1] * y + rows[of, 2, 2],
            ]
        )[:, :, None]

    def depth(self, number: int) -> Float32[np.ndarray, "h w"]:
        """Of one surface; NaN or infinite where no ray meets it."""
        form = self._form[number]
        if form == ROUNDED:
            return self._rounded[number]
        if form == BOX:
            return self._box(number)
        near = self._quadric(number)[0]
        if form in (CYLINDER, CAP):
            along = self._columns[3, self._columns_of(number)] + self._rows[3, self._rows_of(number)]
            along *= near
            along -= self._offset[number, 2]
            outside = along < self._low[number]
            outside |= along > 1
            np.putmask(near, outside, np.nan)
        if not self._is_ahead[number]:
            np.putmask(near, near <= 0, np.nan)
        return near

    def _columns_of(self, number: int) -> slice:
        return slice(self._column[number], self._column[number + 1])

    def _rows_of(self, number: int) -> slice:
        return slice(self._row[number], self._row[number + 1])

    def _quadric(self, number: int) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
        """The nearer root of |Z A d - A c|^2 = r^2, and the root of the discriminant."""
        square_x, cross, linear_x, _, _ = self._columns[:, self._columns_of(number)]
        square_y, y, linear_y, _ = self._rows[:, self._rows_of(number)]
        squared = square_x + square_y
        squared += self._last[number]
        other = cross * y
        squared += other
        near = linear_x + linear_y
        root = near * near
        np.multiply(squared, self._beyond[number], out=other)
        root -= other
        np.sqrt(root, out=root)
        near -= root
        near /= squared
        return near, root

    def _box(self, number: int) -> Float32[np.ndarray, "h w"]:
        x, y = self._columns[4, self._columns_of(number)], self._rows[1, self._rows_of(number)]
        near = np.full((len(y), len(x)), -np.inf, np.float32)
        far = np.full_like(near, np.inf)
        axes = self._surfaces.to_unit[number].astype(np.float32)
        for (a, b, c), offset in zip(axes, self._offset[number], strict=True):
            slope = a * x + (b * y + c)
            one, other = (offset - 1) / slope, (offset + 1) / slope
            np.fmax(near, np.minimum(one, other), out=near)
            np.fmin(far, np.maximum(one, other), out=far)
        return np.where((near <= far) & (near > 0), near, np.inf).astype(np.float32)

    @cached_property
    def _rounded(self) -> dict[int, Float32[np.ndarray, "h w"]]:
        """By Newton's method from outside, where the sum of cubes along a ray is convex and falls; all at once."""
        found, which, depth, slope, offset = {}, [], [], [], []
        for number in np.flatnonzero(self._surfaces.form == ROUNDED).tolist():
            start, root = self._quadric(number)
            met = np.flatnonzero((root > 0) & (start > 0))
            found[number] = np.full(start.shape, np.inf, np.float32)
            which.append(met)
            depth.append(start.ravel()[met])
            row, column = np.divmod(met, start.shape[1])
            x = self._columns[4, self._columns_of(number)][column]
            y = self._rows[1, self._rows_of(number), 0][row]
            axes = self._surfaces.to_unit[number].astype(np.float32)
            slope.append(np.stack([a * x + (b * y + c) for a, b, c in axes]))
            offset.append(np.repeat(self._offset[number][:, None], len(met), axis=1))
        if found:
            ends = np.cumsum([len(met) for met in which])
            start, slopes, offsets = np.concatenate(depth), np.concatenate(slope, 1), np.concatenate(offset, 1)
            for first in range(0, ends[-1], AT_ONCE):
                part = slice(first, first + AT_ONCE)
                start[part] = _meet_cubic(start[part], slopes[:, part], offsets[:, part])
            for image, met, values in zip(found.values(), which, np.split(start, ends[:-1]), strict=True):
                image.ravel()[met] = values
        return found


def _side_by_side(
    first: Int64[np.ndarray, " K"], length: Int64[np.ndarray, " K"], table: Float32[np.ndarray, " n"]
) -> tuple[Int64[np.ndarray, " N"], Float32[np.ndarray, " N"], list[int]]:
    """Pieces of a table one after the other: the piece of each entry, the entries, and where pieces begin and end."""
    ends = np.concatenate([[0], length.cumsum()])
    of = np.repeat(np.arange(len(length)), length)
    return of, table[np.arange(ends[-1]) + (first - ends[:-1])[of]], ends.tolist()


def _in_float32_from_above(values: Float64[np.ndarray, " K"]) -> Float32[np.ndarray, " K"]:
    """The least numbers of single precision that are not smaller: what is below one is below the other."""
    near = values.astype(np.float32)
    return np.where(near < values, np.nextafter(near, np.float32(np.inf)), near)


def _meet_cubic(
    depth: Float32[np.ndarray, " N"], slope: Float32[np.ndarray, "3 N"], offset: Float32[np.ndarray, "3 N"]
) -> Float32[np.ndarray, " N"]:
    """Where the sum of cubes of |Z p - q| is one; infinite where it never is."""
    for step in range(NEWTON_STEPS + 1):
        excess, change = np.full_like(depth, -1), np.zeros_like(depth)
        for p, q in zip(slope, offset, strict=True):
            u = depth * p
            u -= q
            square = np.abs(u)
            square *= u
            u *= square
            excess += u
            square *= p
            change += square
        if step < NEWTON_STEPS:
            depth = depth - excess / (3 * np.minimum(change, -1e-6))
    return np.where((np.abs(excess) < 0.02) & (change < 0), depth, np.float32(np.inf))
