"""Surfaces and a camera to the depth of what is nearest at each pixel, and which thing that is.

A z-buffer of twice the resolution, of which each pixel takes the nearest sample: an average across an edge would be a
surface that is nowhere. Each surface is met only within the window of the image that it can cover.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int8, Int16, Int64

from stampnet.data.overhead_depth.camera import Camera, origin, rotation
from stampnet.data.overhead_depth.shapes import BOX, CAP, CYLINDER, ELLIPSOID, ROUNDED, Shapes, from_unit

FLOOR, WALL = -1, -2
"""What a pixel shows besides things, which are numbered from 0."""
CUBIC_IN_SPHERE = 3 ** (1 / 3)
"""Squared radius of the sphere about the unit surface of the cubic norm."""
NEWTON_STEPS = 5
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


@dataclass(frozen=True)
class View:
    """What a camera sees: depth in metres, floor included, and what it is of, sample by sample or pixel by pixel."""

    depth_m: Float32[np.ndarray, "H W"]
    shows: Int16[np.ndarray, "H W"]


class Rendered(NamedTuple):
    """An image of things."""

    view: View
    whole_px: Int64[np.ndarray, " K"]
    """Pixels of each thing above the cut that it would have alone, in an image without borders."""
    inside_px: Int64[np.ndarray, " K"]
    """Those of them that lie in the image."""


class _Window(NamedTuple):
    """Samples, half-open."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class _Seen:
    """Surfaces in the camera's frame: a ray Z d meets u = Z A d - A c."""

    form: Int8[np.ndarray, " K"]
    to_unit: Float64[np.ndarray, "K 3 3"]
    offset: Float64[np.ndarray, "K 3"]
    low: Float64[np.ndarray, " K"]
    window: list[_Window]


def empty_view(camera: Camera) -> View:
    """The bare floor, sample by sample."""
    width, height = camera.size_px
    across, down = _sample_rays(camera, _Window(0, 0, 2 * height, 2 * width))
    toward = _turn(camera)[2]
    depth = -camera.height_m / (toward[0] * across[None] + toward[1] * down[:, None] + toward[2])
    return View(depth.astype(np.float32), np.full(depth.shape, FLOOR, np.int16))


def with_walls(camera: Camera, view: View, walls: Sequence[Shapes]) -> View:
    """What stands still before the floor, sample by sample."""
    depth, shows = view.depth_m.copy(), view.shows.copy()
    for wall in walls:
        window, patch = _patch(camera, wall)
        _put(depth, shows, window, patch, WALL)
    return View(depth, shows)


def render(camera: Camera, things: Sequence[Shapes], background: View, cut_m: float) -> Rendered:
    """Things before a background, which is given sample by sample; the view is pixel by pixel."""
    depth, shows = background.depth_m.copy(), background.shows.copy()
    counts = np.zeros((2, len(things)), np.int64)
    for number, thing in enumerate(things):
        window, patch = _patch(camera, thing)
        above = _nearest(patch) < camera.height_m - cut_m
        counts[:, number] = above.sum(), _inside(camera, window, above).sum()
        _put(depth, shows, window, patch, number)
    return Rendered(pixels_of(View(depth, shows)), *counts)


def _inside(camera: Camera, window: _Window, pixels: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "H W"]:
    """Those pixels of a window that lie in the image."""
    width, height = camera.size_px
    top, left = window.top // 2, window.left // 2
    return pixels[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]


def pixels_of(view: View) -> View:
    """The nearest of each pixel's four samples.

    >>> shows = np.array([[0, 0], [0, 1]], np.int16)
    >>> near = pixels_of(View(np.array([[4, 4], [4, 2.5]], np.float32), shows))
    >>> near.depth_m.tolist(), near.shows.tolist()
    ([[2.5]], [[1]])
    """
    depth, shows = view.depth_m[::2, ::2].copy(), view.shows[::2, ::2].copy()
    for row, column in ((0, 1), (1, 0), (1, 1)):
        other = view.depth_m[row::2, column::2]
        nearer = other < depth
        np.copyto(depth, other, where=nearer)
        np.copyto(shows, view.shows[row::2, column::2], where=nearer)
    return View(depth, shows)


def _nearest(samples: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "H W"]:
    rows = np.minimum(samples[::2], samples[1::2])
    return np.minimum(rows[:, ::2], rows[:, 1::2])


def _put(depth: np.ndarray, shows: np.ndarray, window: _Window, patch: np.ndarray, number: int) -> None:
    """Where a patch is nearer than what is there."""
    top, left = max(window.top, 0), max(window.left, 0)
    there = np.s_[top : max(window.bottom, top), left : max(window.right, left)]
    seen = patch[top - window.top :, left - window.left :][: depth[there].shape[0], : depth[there].shape[1]]
    nearer = seen < depth[there]
    np.copyto(depth[there], seen, where=nearer)
    shows[there][nearer] = number


def _sample_rays(camera: Camera, window: _Window) -> tuple[Float32[np.ndarray, " w"], Float32[np.ndarray, " h"]]:
    """First two entries of the samples' rays in the camera's frame, whose third is one."""
    column = (np.arange(window.left, window.right) + 0.5) / 2 - 0.5
    row = (np.arange(window.top, window.bottom) + 0.5) / 2 - 0.5
    across, down = (column - camera.centre_px[0]) / camera.focal_px, (row - camera.centre_px[1]) / camera.focal_px
    return across.astype(np.float32), down.astype(np.float32)


def _patch(camera: Camera, thing: Shapes) -> tuple[_Window, Float32[np.ndarray, "h w"]]:
    """Depth of one thing by itself, infinite beside it, in a window that begins with a whole pixel."""
    seen = _seen(camera, thing)
    width, height = camera.size_px
    real = [window for window in seen.window if window.bottom > window.top and window.right > window.left]
    if not real:
        return _Window(0, 0, 0, 0), np.zeros((0, 0), np.float32)
    tops, lefts, bottoms, rights = zip(*real, strict=True)
    whole = _Window(min(tops), min(lefts), max(bottoms), max(rights))
    if whole.bottom <= 0 or whole.right <= 0 or whole.top >= 2 * height or whole.left >= 2 * width:
        return _Window(0, 0, 0, 0), np.zeros((0, 0), np.float32)
    depth = np.full((whole.bottom - whole.top, whole.right - whole.left), np.inf, np.float32)
    across, down = _sample_rays(camera, whole)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for number, (top, left, bottom, right) in enumerate(seen.window):
            if bottom > top and right > left:
                rows, columns = slice(top - whole.top, bottom - whole.top), slice(left - whole.left, right - whole.left)
                met = _meet(seen, number, across[columns], down[rows, None])
                np.fmin(depth[rows, columns], met, out=depth[rows, columns])
    return whole, depth


@lru_cache(maxsize=256)
def _turn(camera: Camera) -> Float64[np.ndarray, "3 3"]:
    return rotation(camera)


def _seen(camera: Camera, thing: Shapes) -> _Seen:
    turn = _turn(camera)
    centre = (thing.centre - origin(camera)) @ turn
    to_unit = thing.to_unit @ turn
    offset = np.einsum("kij,kj->ki", to_unit, centre)
    return _Seen(thing.form, to_unit, offset, thing.low, _windows(camera, thing, centre, to_unit))


def _windows(camera: Camera, thing: Shapes, centre: np.ndarray, to_unit: np.ndarray) -> list[_Window]:
    """Samples that each surface can cover, of whole pixels; at most an image's size beyond the image on each side."""
    inverse = from_unit(to_unit)
    low = np.where((thing.form == CAP)[:, None] & (CORNERS[:, 2] < 0), thing.low[:, None], CORNERS[:, 2])
    unit = np.stack([*np.broadcast_arrays(CORNERS[:, 0], CORNERS[:, 1], low)], -1)
    corner = centre[:, None] + unit @ inverse.transpose(0, 2, 1)
    is_behind = (corner[..., 2] < 1e-3).any(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = corner[..., :2] / corner[..., 2:]
        lowest, highest = slope.min(1), slope.max(1)
        # An ellipsoid covers an ellipse, whose bounds are known: those of its corners are half as large again.
        spread = inverse @ inverse.transpose(0, 2, 1)
        across, ahead = centre[:, :2], centre[:, 2:]
        room = ahead**2 - spread[:, 2, 2:]
        middle = across * ahead - spread[:, :2, 2]
        own = across**2 - np.stack([spread[:, 0, 0], spread[:, 1, 1]], -1)
        half = np.sqrt(np.maximum(middle**2 - own * room, 0))
        is_ellipse = (thing.form[:, None] == ELLIPSOID) & (room > 0)
        lowest = np.where(is_ellipse, (middle - half) / room, lowest)
        highest = np.where(is_ellipse, (middle + half) / room, highest)
    size = np.array(camera.size_px)
    centre_px = np.array(camera.centre_px)
    first = np.where(is_behind[:, None], -size, np.floor(lowest * camera.focal_px + centre_px + 0.5))
    last = np.where(is_behind[:, None], 2 * size, np.ceil(highest * camera.focal_px + centre_px + 0.5))
    first, last = (2 * np.clip(edge, -size, 2 * size).astype(int) for edge in (first, last))
    behind = (corner[..., 2] < 1e-3).all(1)
    last = np.where(behind[:, None], first, last)
    return [
        _Window(top, left, bottom, right)
        for (left, top), (right, bottom) in zip(first.tolist(), last.tolist(), strict=True)
    ]


def _meet(seen: _Seen, number: int, across: np.ndarray, down: np.ndarray) -> Float32[np.ndarray, "h w"]:
    """Depth at which rays first meet a surface, NaN or infinite where they do not."""
    form, a, c = seen.form[number], seen.to_unit[number], seen.offset[number]
    if form == BOX:
        return _meet_box(a, c, across, down)
    if form == ROUNDED:
        return _meet_rounded(a, c, across, down)
    axes = a[:2] if form == CYLINDER else a
    near = _meet_quadric(axes, c[: len(axes)], 1.0, across, down)[0]
    if form in (CYLINDER, CAP):
        along = near * _linear(a[2], across, down) - np.float32(c[2])
        near[(along < seen.low[number]) | (along > 1)] = np.nan
    near[near <= 0] = np.nan
    return near


def _linear(row: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """row . d for each ray d."""
    x, y, z = row.astype(np.float32)
    return x * across + (y * down + z)


def _meet_quadric(
    axes: np.ndarray, offset: np.ndarray, squared_radius: float, across: np.ndarray, down: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The nearer root of |Z A d - A c|^2 = r^2, and the discriminant."""
    form = (axes.T @ axes).astype(np.float32)
    linear = offset @ axes
    squared = (
        (form[0, 0] * across + 2 * form[0, 2]) * across
        + (form[1, 1] * down + 2 * form[1, 2]) * down
        + form[2, 2]
        + (2 * form[0, 1] * across) * down
    )
    half = _linear(linear, across, down)
    inside = half * half
    inside -= squared * np.float32(offset @ offset - squared_radius)
    half -= np.sqrt(inside)
    half /= squared
    return half, inside


def _meet_box(a: np.ndarray, c: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    near = np.full((len(down), len(across)), -np.inf, np.float32)
    far = np.full_like(near, np.inf)
    for row, offset in zip(a, c.astype(np.float32), strict=True):
        slope = _linear(row, across, down)
        one, other = (offset - 1) / slope, (offset + 1) / slope
        np.fmax(near, np.minimum(one, other), out=near)
        np.fmin(far, np.maximum(one, other), out=far)
    return np.where((near <= far) & (near > 0), near, np.inf).astype(np.float32)


def _meet_rounded(a: np.ndarray, c: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """By Newton's method from outside, where the sum of cubes along a ray is convex and falls."""
    start, inside = _meet_quadric(a, c, CUBIC_IN_SPHERE, across, down)
    which = np.flatnonzero((inside > 0) & (start > 0))
    found = np.full(start.shape, np.inf, np.float32)
    slope = [np.broadcast_to(_linear(row, across, down), start.shape).ravel()[which] for row in a]
    depth = start.ravel()[which]
    for step in range(NEWTON_STEPS + 1):
        excess, change = np.full_like(depth, -1), np.zeros_like(depth)
        for p, q in zip(slope, c.astype(np.float32), strict=True):
            u = depth * p - q
            square = u * np.abs(u)
            excess += square * u
            change += square * p
        if step < NEWTON_STEPS:
            depth = depth - excess / (3 * np.minimum(change, -1e-6))
    hit = (np.abs(excess) < 0.02) & (change < 0)
    found.ravel()[which[hit]] = depth[hit]
    return found
