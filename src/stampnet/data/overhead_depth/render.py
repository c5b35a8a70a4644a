"""Surfaces and a camera to the depth of what is nearest at each pixel, and which thing that is.

Each pixel takes the nearest of four samples: an average across an edge would be a surface that is nowhere. Each surface
is met only within the window of the image that it can cover; beyond the image only where it may be above the cut, for
that counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int16, Int64

from stampnet.data.overhead_depth.camera import Camera, rotation
from stampnet.data.overhead_depth.meeting import Meeting
from stampnet.data.overhead_depth.shapes import Shapes, joined
from stampnet.data.overhead_depth.surfaces import sample_rays, surfaces_before

FLOOR, WALL = -1, -2
"""What a pixel shows besides things, which are numbered from 0."""
MARGIN_M = 0.01
"""By which depth may be wrong where a ray only just meets a surface."""

where_rays_miss = np.errstate(divide="ignore", invalid="ignore", over="ignore")
"""Roots are NaN or infinite there."""


@dataclass(frozen=True)
class View:
    """What a camera sees: depth in metres, floor included, and what it is of."""

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
    """The bare floor."""
    across, down = (ray[2 * size : 4 * size] for ray, size in zip(sample_rays(camera), camera.size_px, strict=True))
    toward = rotation(camera)[2]
    depth = -camera.height_m / (toward[0] * across[None] + toward[1] * down[:, None] + toward[2])
    nearest = nearest_of_four(depth.astype(np.float32))
    return View(nearest, np.full(nearest.shape, FLOOR, np.int16))


@where_rays_miss
def with_walls(camera: Camera, view: View, walls: Sequence[Shapes]) -> View:
    """What stands still before the floor."""
    seen = View(view.depth_m.copy(), view.shows.copy())
    if walls:
        surfaces = surfaces_before(camera, joined(walls))
        window = _in_image(camera, surfaces.window)
        wanted = np.flatnonzero(_has_samples(window))
        meeting = Meeting(camera, surfaces.of(wanted), window[wanted])
        for number in range(len(wanted)):
            _put(seen, _patch(meeting, number, number + 1, 1), WALL)
    return seen


@where_rays_miss
def render(camera: Camera, things: Sequence[Shapes], background: View, cut_m: float) -> Rendered:
    """Things before a background."""
    seen = View(background.depth_m.copy(), background.shows.copy())
    counts = np.zeros((2, len(things)), np.int64)
    if not things:
        return Rendered(seen, *counts)
    cut_depth = camera.height_m - cut_m
    owner = np.repeat(np.arange(len(things)), [len(thing) for thing in things])
    surfaces = surfaces_before(camera, joined(things))
    inside = _in_image(camera, surfaces.window)
    is_inside = _has_samples(inside)
    may_count = surfaces.nearest < cut_depth + MARGIN_M
    is_told_of = np.bincount(owner[may_count & is_inside], minlength=len(things)) > 0
    is_counted = may_count & is_told_of[owner] & _has_samples(surfaces.window)
    wanted = np.lexsort((~is_counted, owner))  # of each thing first what counts, which often hides the rest
    wanted = wanted[(is_counted | is_inside)[wanted]]
    window = np.where(is_counted[:, None], surfaces.window, inside)[wanted]
    meeting = Meeting(camera, surfaces.of(wanted), window)
    bounds = np.searchsorted(owner[wanted], np.arange(len(things) + 1)).tolist()
    for number, (first, last) in enumerate(pairwise(bounds)):
        if first < last:
            patch = _patch(meeting, first, last, int(is_counted[wanted[first:last]].sum()))
            above = patch.depth_m < cut_depth
            counts[:, number] = np.count_nonzero(above), np.count_nonzero(above[patch.inside(seen)])
            _put(seen, patch, number)
    return Rendered(seen, *counts)


class _Patch(NamedTuple):
    """Depth of something by itself, infinite beside it, pixel by pixel."""

    depth_m: Float32[np.ndarray, "h w"]
    top: int
    left: int

    def inside(self, image: View) -> tuple[slice, slice]:
        """What of it lies in an image."""
        height, width = image.depth_m.shape
        return slice(max(0, -self.top), max(0, height - self.top)), slice(max(0, -self.left), max(0, width - self.left))


def _patch(meeting: Meeting, first: int, last: int, num_counted: int) -> _Patch:
    """Some surfaces together; those after the first so many are left out where others hide them."""
    windows = meeting.window[first:last]
    tops, lefts, bottoms, rights = zip(*windows, strict=True)
    top, left = min(tops), min(lefts)
    depth = np.full((max(bottoms) - top, max(rights) - left), np.inf, np.float32)
    for surface, (y0, x0, y1, x1) in enumerate(windows, first):
        there = depth[y0 - top : y1 - top, x0 - left : x1 - left]
        if surface >= first + num_counted and meeting.nearest[surface] - MARGIN_M > there.max():
            continue
        np.fmin(there, meeting.depth(surface), out=there)
    return _Patch(nearest_of_four(depth), top // 2, left // 2)


def _put(seen: View, patch: _Patch, number: int) -> None:
    """Where it is nearer than what is there."""
    rows, columns = patch.inside(seen)
    depth = patch.depth_m[rows, columns]
    there = np.s_[patch.top + rows.start :, patch.left + columns.start :]
    before, shows = (image[there][: depth.shape[0], : depth.shape[1]] for image in (seen.depth_m, seen.shows))
    nearer = depth < before
    np.copyto(before, depth, where=nearer)
    np.copyto(shows, np.int16(number), where=nearer)


def _in_image(camera: Camera, window: Int64[np.ndarray, "K 4"]) -> Int64[np.ndarray, "K 4"]:
    width, height = camera.size_px
    return np.clip(window, 0, [2 * height, 2 * width, 2 * height, 2 * width])


def _has_samples(window: Int64[np.ndarray, "K 4"]) -> Bool[np.ndarray, " K"]:
    return (window[:, 2] > window[:, 0]) & (window[:, 3] > window[:, 1])


def nearest_of_four(samples: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "H W"]:
    """Of each pixel's samples.

    >>> nearest_of_four(np.array([[4, 4], [4, 2.5]], np.float32)).tolist()
    [[2.5]]
    """
    rows = np.minimum(samples[::2], samples[1::2])
    return np.minimum(rows[:, ::2], rows[:, 1::2])
