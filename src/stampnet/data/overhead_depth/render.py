"""Surfaces and a camera to the depth of what is nearest at each pixel, and which thing that is.

A z-buffer of twice the resolution, of which each pixel takes the nearest sample: an average across an edge would be a
surface that is nowhere. Each surface is met only within the window of the image that it can cover; beyond the image
only where it may be above the cut, for that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int16, Int64

from stampnet.data.overhead_depth.camera import Camera, rotation
from stampnet.data.overhead_depth.meeting import Meeting
from stampnet.data.overhead_depth.shapes import Shapes, joined
from stampnet.data.overhead_depth.surfaces import sample_rays, surfaces_before

FLOOR, WALL = -1, -2
"""What a pixel shows besides things, which are numbered from 0."""
CUT_MARGIN_M = 0.01
"""A surface that lies lower than the cut by so much has no pixel above it."""


where_rays_miss = np.errstate(divide="ignore", invalid="ignore", over="ignore")
"""Roots are NaN or infinite there."""


@dataclass(frozen=True)
class View:
    """What a camera sees: depth in metres, floor included, and what it is of, sample by sample or pixel by pixel."""

    depth_m: Float32[np.ndarray, "H W"]
    shows: Int16[np.ndarray, "H W"]


class Rendered(NamedTuple):
    """An image of things."""

    view: View
    whole_px: Int64[np.ndarray, " K"]
    """Pixels of each thing above the cut that it would have alone, in an image without borders; 0 where all that may be
    above the cut lies outside."""
    inside_px: Int64[np.ndarray, " K"]
    """Those of them that lie in the image."""


def empty_view(camera: Camera) -> View:
    """The bare floor, sample by sample."""
    width, height = camera.size_px
    across, down = (
        ray[2 * size : 4 * size] for ray, size in zip(sample_rays(camera), (width, height), strict=True)
    )
    toward = rotation(camera)[2]
    depth = -camera.height_m / (toward[0] * across[None] + toward[1] * down[:, None] + toward[2])
    return View(depth.astype(np.float32), np.full(depth.shape, FLOOR, np.int16))


@where_rays_miss
def with_walls(camera: Camera, view: View, walls: Sequence[Shapes]) -> View:
    """What stands still before the floor, sample by sample."""
    seen = View(view.depth_m.copy(), view.shows.copy())
    if walls:
        surfaces = surfaces_before(camera, joined(walls))
        window = _in_image(camera, surfaces.window)
        _put_all(seen, Meeting(camera, surfaces, window), window, np.flatnonzero(_has_samples(window)), WALL)
    return seen


@where_rays_miss
def render(camera: Camera, things: Sequence[Shapes], background: View, cut_m: float) -> Rendered:
    """Things before a background, which is given sample by sample; the view is pixel by pixel."""
    seen = View(background.depth_m.copy(), background.shows.copy())
    counts = np.zeros((2, len(things)), np.int64)
    if not things:
        return Rendered(pixels_of(seen), *counts)
    owner = np.repeat(np.arange(len(things)), [len(thing) for thing in things])
    surfaces = surfaces_before(camera, joined(things))
    inside = _in_image(camera, surfaces.window)
    is_inside = _has_samples(inside)
    cut_depth = camera.height_m - cut_m
    may_count = surfaces.nearest < cut_depth + CUT_MARGIN_M
    counts_here = np.bincount(owner[may_count & is_inside], minlength=len(things)) > 0
    is_counted = may_count & counts_here[owner] & _has_samples(surfaces.window)
    window = np.where(is_counted[:, None], surfaces.window, inside)
    wanted = np.flatnonzero(is_counted | is_inside)
    owner, is_counted, window = owner[wanted], is_counted[wanted], window[wanted]
    meeting = Meeting(camera, surfaces.of(wanted), window)
    for number in np.unique(owner).tolist():
        own = owner == number
        if counts_here[number]:
            counts[:, number] = _count_and_put(seen, meeting, window, np.flatnonzero(own & is_counted), number, cut_depth)
        _put_all(seen, meeting, window, np.flatnonzero(own & ~is_counted), number)
    return Rendered(pixels_of(seen), *counts)


def _count_and_put(
    seen: View,
    meeting: Meeting,
    window: Int64[np.ndarray, "K 4"],
    which: Int64[np.ndarray, " N"],
    number: int,
    cut_depth: float,
) -> tuple[int, int]:
    """Surfaces of one thing to a view; its pixels above the cut, and those of them in the image."""
    top, left = window[which, :2].min(0).tolist()
    bottom, right = window[which, 2:].max(0).tolist()
    depth = np.full((bottom - top, right - left), np.inf, np.float32)
    for surface, (y0, x0, y1, x1) in zip(which.tolist(), window[which].tolist(), strict=True):
        there = depth[y0 - top : y1 - top, x0 - left : x1 - left]
        np.fmin(there, meeting.depth(surface), out=there)
    height, width = seen.depth_m.shape
    above = _nearest(depth) < cut_depth
    y, x = max(0, -top), max(0, -left)
    _put(seen, depth[y : max(height - top, y), x : max(width - left, x)], top + y, left + x, number)
    inside = above[y // 2 : max(height - top, y) // 2, x // 2 : max(width - left, x) // 2]
    return int(np.count_nonzero(above)), int(np.count_nonzero(inside))


def _put_all(
    seen: View, meeting: Meeting, window: Int64[np.ndarray, "K 4"], which: Int64[np.ndarray, " N"], number: int
) -> None:
    """Surfaces of one thing, whose windows lie in the view."""
    for surface, (top, left, _, _) in zip(which.tolist(), window[which].tolist(), strict=True):
        _put(seen, meeting.depth(surface), top, left, number)


def _put(seen: View, depth: Float32[np.ndarray, "h w"], top: int, left: int, number: int) -> None:
    """Where a patch is nearer than what is there."""
    there = slice(top, top + depth.shape[0]), slice(left, left + depth.shape[1])
    before = seen.depth_m[there]
    nearer = depth < before
    np.copyto(before, depth, where=nearer)
    np.copyto(seen.shows[there], np.int16(number), where=nearer)


def _in_image(camera: Camera, window: Int64[np.ndarray, "K 4"]) -> Int64[np.ndarray, "K 4"]:
    width, height = camera.size_px
    return np.clip(window, 0, [2 * height, 2 * width, 2 * height, 2 * width])


def _has_samples(window: Int64[np.ndarray, "K 4"]) -> Bool[np.ndarray, " K"]:
    return (window[:, 2] > window[:, 0]) & (window[:, 3] > window[:, 1])


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
