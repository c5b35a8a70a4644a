"""Depth frames to heads: by stamps, and by two rules that a practitioner would write."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64, UInt16
from scipy import ndimage

from stampnet.benchmarks.head_rules import find_heads, height_map
from stampnet.data.overhead_depth.camera import Camera, to_ground, to_image
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.localizer import MIDDLE_OF_HEAD_M, Localizer, localizer
from stampnet.pedestrians.points import ground_under
from stampnet.pedestrians.site_folder import Site
from stampnet.tracking.people import People

PEAK_PX, PEAK_M = 15, 1.0
"""A local maximum of height is the highest pixel of a window of so many pixels to each side, and at least so high."""


class Found(NamedTuple):
    """Heads that were found, in the order of frames."""

    frame: Int64[np.ndarray, " K"]
    xy_m: Float64[np.ndarray, "K 2"]
    pixel: Float64[np.ndarray, "K 2"]
    """Column and row; stampnet's are those of the middle of the head."""
    top_m: Float64[np.ndarray, " K"]


Find = Callable[[UInt16[np.ndarray, "T H W"]], Found]
Rule = Callable[[UInt16[np.ndarray, "H W"], Camera, UInt16[np.ndarray, "T H W"]], Found]
"""The same, from what stands there without people and from the camera."""


def finder_for(matcher: StampMatcher, camera: Camera, still: UInt16[np.ndarray, "H W"], outwards: float) -> Localizer:
    """The stamps of a matcher under another camera."""
    return localizer(matcher, Site((camera,), ground_under((camera,)), still[None], outwards))


def as_found(people: People) -> Found:
    """People as heads: those who are sure."""
    people = people.certain()
    pixel = np.column_stack([people.column_px, people.row_px]).astype(float)
    return Found(people.frame, np.column_stack([people.x_m, people.y_m]), pixel, people.z_m)


def by_height(still: UInt16[np.ndarray, "H W"], camera: Camera, depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
    """A head for each region of people."""
    each = [find_heads(depth, still) for depth in depth_mm]
    frame = np.repeat(np.arange(len(each)), [len(one.depth_mm) for one in each])
    pixel, xyz = (
        np.concatenate(part) for part in ([one.pixel for one in each], [one.on_ground(camera) for one in each])
    )
    return Found(frame, xyz[:, :2], pixel, xyz[:, 2])


def by_maximum(still: UInt16[np.ndarray, "H W"], camera: Camera, depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
    """A head for each local maximum of height, a plateau being one."""
    frames, pixels, depths = [], [], []
    for number, depth in enumerate(depth_mm):
        height = height_map(depth, still)
        smooth = ndimage.gaussian_filter(height, 2.0)
        peaks = (smooth == ndimage.maximum_filter(smooth, 2 * PEAK_PX + 1)) & (smooth > 1000 * PEAK_M)
        plateaus, number_of_them = ndimage.label(peaks, np.ones((3, 3)))
        middles = ndimage.center_of_mass(peaks, plateaus, range(1, number_of_them + 1))
        row, column = np.rint(np.array(middles).reshape(-1, 2)).astype(int).T
        frames += [number] * len(row)
        pixels += list(zip(column, row, strict=True))
        depths += ((still - height)[row, column] / 1000).tolist()
    pixel = np.array(pixels, float).reshape(-1, 2)
    xyz = to_ground(camera, pixel[:, 0], pixel[:, 1], np.array(depths))
    return Found(np.array(frames, np.int64), xyz[:, :2], pixel, xyz[:, 2])


RULES: dict[str, Rule] = {"height": by_height, "local maximum": by_maximum}


def told_as_marked(find: Find, camera: Camera) -> Find:
    """The same heads, their pixels those of the middle of the head, below what is seen of its top."""
    return partial(_lowered, find, camera)


def _lowered(find: Find, camera: Camera, depth_mm: UInt16[np.ndarray, "T H W"]) -> Found:
    found = find(depth_mm)
    xyz = np.column_stack([found.xy_m, found.top_m - MIDDLE_OF_HEAD_M])
    return found._replace(pixel=np.column_stack(to_image(camera, xyz)[:2]))
