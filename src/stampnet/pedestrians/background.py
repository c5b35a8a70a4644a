"""Depth frames to what always stands there: floor, walls, furniture."""

from math import atan, degrees, hypot
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, UInt16
from scipy.optimize import least_squares

from stampnet.data.overhead_depth.camera import Camera, rays, to_ground

FARTHEST = 0.75
"""Quantile of the depths of a pixel that is taken for the background: people are nearer than what they walk past, which
may be hidden for half of the time and more."""
SEEN = 0.25
"""A pixel that is measured in a smaller part of the frames shows its background only if it always shows the same, as a
wall at the rim of the image: else the few may be people."""
SAME_MM = 200
"""So much may lie between its nearest and farthest tenth."""
LEAST_SEEN = 3
"""Measurements of it, at least."""
FRAMES = 200
"""Moments that are looked at, evenly spread."""
FEWEST_POINTS, MOST_POINTS = 100, 5000
"""Of the background, that a floor is laid through."""
ROUGH_M = 0.05
"""What lies further off a floor has little say: walls, furniture."""


class Floor(NamedTuple):
    """The floor that a background shows, beside the one that a camera file tells."""

    height_m: float
    """How much higher it lies, below the camera: the camera hangs so much lower than is told."""
    slope_deg: float
    """Its angle with the level."""


def floor_seen(still_mm: UInt16[np.ndarray, "H W"], camera: Camera) -> Floor:
    """The plane that most of a background lies in; 0 was not measured, and of hardly anything the floor is as told."""
    row, column = np.nonzero(still_mm)
    if len(row) < FEWEST_POINTS:
        return Floor(0.0, 0.0)
    some = np.linspace(0, len(row) - 1, min(MOST_POINTS, len(row))).astype(int)
    row, column = row[some], column[some]
    xyz = to_ground(camera, column.astype(float), row.astype(float), still_mm[row, column] / 1000)
    across = np.column_stack([np.ones(len(xyz)), xyz[:, :2] - camera.position_m])

    def off(plane: Float64[np.ndarray, "3"]) -> Float64[np.ndarray, " F"]:
        return xyz[:, 2] - across @ plane

    start = np.array([np.median(xyz[:, 2]), 0.0, 0.0])
    height, *slope = least_squares(off, start, loss="cauchy", f_scale=ROUGH_M).x
    return Floor(float(height), degrees(atan(hypot(*slope))))


def floor_mm(camera: Camera) -> UInt16[np.ndarray, "H W"]:
    """Depth of the bare floor; 65535 where a pixel does not see it."""
    width, height = camera.size_px
    row, column = np.mgrid[:height, :width].astype(float)
    down = -rays(camera, column, row)[..., 2]
    return np.clip(np.rint(1000 * camera.height_m / np.maximum(down, 1e-6)), 1, 65535).astype(np.uint16)


def background_mm(depth_mm: UInt16[np.ndarray, "T H W"], camera: Camera) -> UInt16[np.ndarray, "H W"]:
    """Depth of what each pixel sees behind people, from some frames; the floor where that is not known.

    People who stand still for most of the frames are taken for furniture.
    """
    return or_floor(measured_mm(depth_mm), camera)


def or_floor(measured_mm: UInt16[np.ndarray, "H W"], camera: Camera) -> UInt16[np.ndarray, "H W"]:
    """A background, and the floor where it is not known."""
    return np.where(measured_mm > 0, measured_mm, floor_mm(camera)).astype(np.uint16)


def measured_mm(depth_mm: UInt16[np.ndarray, "T H W"]) -> UInt16[np.ndarray, "H W"]:
    """What stands before a sensor without people, see `background_mm`; 0 where it is not known."""
    some = depth_mm[np.unique(np.linspace(0, len(depth_mm) - 1, FRAMES).round().astype(int))]
    measured = (some > 0).sum(axis=0)
    ordered = np.sort(some, axis=0)  # 0, no measurement, comes first

    def quantile(part: float) -> UInt16[np.ndarray, "H W"]:
        place = len(some) - 1 - np.floor((1 - part) * np.maximum(measured - 1, 0)).astype(int)
        return np.take_along_axis(ordered, place[None], axis=0)[0]

    is_same = (quantile(0.9).astype(int) - quantile(0.1) <= SAME_MM) & (measured >= LEAST_SEEN)
    is_known = (measured >= max(SEEN * len(some), 1)) | is_same
    return np.where(is_known, quantile(FARTHEST), 0).astype(np.uint16)
