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
AT_ONCE = 4096
"""Rays for which a processor's cache has room."""


class Meeting:
    """Where rays meet surfaces, each within a window of its own."""

    def __init__(self, camera: Camera, surfaces: Surfaces, window: Int64[np.ndarray, "K 4"]) -> None:
        self._form = surfaces.form.tolist()
        self._is_ahead = surfaces.is_ahead.tolist()
        self._low = _in_float32_from_above(surfaces.low)
        self._rounded_ones = surfaces.form == ROUNDED
        self.window, self.nearest = window.tolist(), surfaces.nearest.tolist()
        top, left, bottom, right = window.T
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
        axes = axes.astype(np.float32)
        self._offset = offset.astype(np.float32)
        # Tables with a line for each term, one surface beside the other.
        of, x, self._column = _side_by_side(left + 2 * size[0], right - left, across)
        self._columns = np.stack(
            [
                (squares[of, 0, 0] * x + 2 * squares[of, 0, 2]) * x,
                2 * squares[of, 0, 1] * x,
                linear[of, 0] * x,
                *(axes[of, :, 0].T * x),
                x,
            ]
        )
        of, y, self._row = _side_by_side(top + 2 * size[1], bottom - top, down)
        self._rows = np.stack(
            [
                (squares[of, 1, 1] * y + 2 * squares[of, 1, 2]) * y,
                y,
                linear[of, 1] * y + linear[of, 2],
                *(axes[of, :, 1].T * y + axes[of, :, 2].T),
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
            along = self._columns[5, self._columns_of(number)] + self._rows[5, self._rows_of(number)]
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
        square_x, cross, linear_x = self._columns[:3, self._columns_of(number)]
        square_y, y, linear_y = self._rows[:3, self._rows_of(number)]
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

    def _slopes(self, number: int) -> Float32[np.ndarray, "3 h w"]:
        """A d, by axis."""
        return self._columns[3:6, None, self._columns_of(number)] + self._rows[3:6, self._rows_of(number)]

    def _box(self, number: int) -> Float32[np.ndarray, "h w"]:
        slopes = self._slopes(number)
        near = np.full(slopes.shape[1:], -np.inf, np.float32)
        far = np.full_like(near, np.inf)
        for slope, offset in zip(slopes, self._offset[number], strict=True):
            one, other = (offset - 1) / slope, (offset + 1) / slope
            np.fmax(near, np.minimum(one, other), out=near)
            np.fmin(far, np.maximum(one, other), out=far)
        return np.where((near <= far) & (near > 0), near, np.float32(np.inf))

    @cached_property
    def _rounded(self) -> dict[int, Float32[np.ndarray, "h w"]]:
        """By Newton's method from outside, where the sum of cubes along a ray is convex and falls; all at once."""
        numbers = np.flatnonzero(self._rounded_ones)
        found, which, depth, slope = {}, [], [], []
        for number in numbers.tolist():
            start, root = self._quadric(number)
            is_met = root > 0
            if not self._is_ahead[number]:
                is_met &= start > 0
            met = is_met.ravel().nonzero()[0]
            which.append(met)
            depth.append(start.ravel().take(met))
            slope.append(self._slopes(number).reshape(3, -1).take(met, axis=1))
            found[number] = np.full(start.shape, np.inf, np.float32)
        if not found:
            return found
        depths, slopes = np.concatenate(depth), np.concatenate(slope, 1)
        offsets = np.repeat(self._offset[numbers].T, [len(met) for met in which], axis=1)
        for first in range(0, len(depths), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            depths[part] = _meet_cubic(depths[part], slopes[:, part], offsets[:, part])
        ends = np.cumsum([len(met) for met in which])
        for image, met, values in zip(found.values(), which, np.split(depths, ends[:-1]), strict=True):
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
    least = np.full_like(depth, -1e-6)
    for step in range(NEWTON_STEPS + 1):
        cubes = depth * slope
        cubes -= offset
        squares = np.abs(cubes)
        squares *= cubes
        cubes *= squares
        squares *= slope
        excess = cubes[0] - 1 + cubes[1] + cubes[2]
        change = squares[0] + squares[1] + squares[2]
        if step < NEWTON_STEPS:
            depth = depth - excess / (3 * np.minimum(change, least))
    return np.where((np.abs(excess) < 0.02) & (change < 0), depth, np.float32(np.inf))
