"""Depth frames to heads by rules of a few lines: what a learned method must not be worse than."""

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Real
from scipy import ndimage

from stampnet.data.overhead_depth.camera import Camera, to_ground

Rule = Literal["highest pixel", "patch within 80 mm", "patch within 150 mm", "whole region"]
CUT_MM = 1000
"""Height above which something is a person."""
LEAST_PX = 300
SMOOTHED_PX = 3
MATCHED_M = 0.35


class HeadPixels(NamedTuple):
    """K people of a frame."""

    pixel: Float64[np.ndarray, "K 2"]
    """Column and row."""
    depth_mm: Float64[np.ndarray, " K"]
    """Measured at the top of the head."""

    def on_ground(self, camera: Camera) -> Float[np.ndarray, "K 3"]:
        """In metres: x, y and the height above the floor."""
        return to_ground(camera, self.pixel[:, 0], self.pixel[:, 1], self.depth_mm / 1000)


def height_map(depth_mm: Real[np.ndarray, "H W"], background_mm: Real[np.ndarray, "H W"]) -> Float64[np.ndarray, "H W"]:
    """Millimetres above what is there without people; 0 where nothing was measured."""
    height = np.where(depth_mm > 0, background_mm - depth_mm.astype(float), 0)
    return ndimage.median_filter(height, SMOOTHED_PX)


def find_heads(
    depth_mm: Real[np.ndarray, "H W"],
    background_mm: Real[np.ndarray, "H W"],
    rule: Rule = "patch within 80 mm",
    least_px: int = LEAST_PX,
) -> HeadPixels:
    """One head for each region above a metre that is large enough.

    >>> floor = np.full((60, 60), 3338.0)
    >>> depth = floor.copy()
    >>> depth[20:40, 20:40], depth[25:30, 30:35] = 1900, 1650
    >>> find_heads(depth, floor).pixel.tolist()
    [[32.0, 27.0]]
    """
    height = height_map(depth_mm, background_mm)
    regions, _ = ndimage.label(ndimage.binary_opening(height > CUT_MM))
    sizes = np.bincount(regions.ravel())[1:]
    pixels, depths = [], []
    for window, number in zip(ndimage.find_objects(regions), range(1, len(sizes) + 1), strict=True):
        if sizes[number - 1] < least_px:
            continue
        inside = regions[window] == number
        top = height[window][inside].max()
        row, column = RULES[rule](height[window], inside)
        pixels.append((column + window[1].start, row + window[0].start))
        highest = inside & (height[window] == top)
        depths.append((background_mm[window] - height[window])[highest].mean())
    return HeadPixels(np.array(pixels, float).reshape(-1, 2), np.array(depths, float))


Place = Callable[[Float64[np.ndarray, "h w"], Bool[np.ndarray, "h w"]], tuple[float, float]]
"""Height and the region to row and column of the head."""


def _highest(height: Float64[np.ndarray, "h w"], inside: Bool[np.ndarray, "h w"]) -> tuple[float, float]:
    row, column = np.unravel_index(np.where(inside, height, -np.inf).argmax(), height.shape)
    return float(row), float(column)


def _middle_of_top(
    height: Float64[np.ndarray, "h w"], inside: Bool[np.ndarray, "h w"], within_mm: float
) -> tuple[float, float]:
    """Of the largest connected patch so near to the top."""
    patches, _ = ndimage.label(inside & (height >= height[inside].max() - within_mm))
    largest = np.bincount(patches.ravel())[1:].argmax() + 1
    row, column = ndimage.center_of_mass(patches == largest)
    return float(row), float(column)


RULES: dict[Rule, Place] = {
    "highest pixel": _highest,
    "patch within 80 mm": partial(_middle_of_top, within_mm=80.0),
    "patch within 150 mm": partial(_middle_of_top, within_mm=150.0),
    "whole region": partial(_middle_of_top, within_mm=float("inf")),
}


class OnePerson(NamedTuple):
    """Frames with one person each."""

    depth_mm: Real[np.ndarray, "T H W"]
    background_mm: Real[np.ndarray, "T H W"]
    head_px: Float64[np.ndarray, "T 2"]
    """Column and row of the true head."""


class HeadErrors(NamedTuple):
    """Distances on the ground from found heads to true ones, both at the depth measured at the head."""

    found: float
    """Share of frames with a head near the true one."""
    median_cm: float
    rmse_cm: float
    within_10_cm: float
    radial_bias_cm: float
    """Mean along the line from the point below the camera; positive is outwards."""


def head_errors(people: OnePerson, camera: Camera, rule: Rule) -> HeadErrors:
    """Of the found head that is nearest; one that is further off than `MATCHED_M` is another."""
    away = np.full((len(people.depth_mm), 2), np.nan)
    for frame, (depth, background, head) in enumerate(zip(*people, strict=True)):
        found = find_heads(depth, background, rule)
        if len(found.depth_mm) == 0:
            continue
        true = found._replace(pixel=np.broadcast_to(head, found.pixel.shape)).on_ground(camera)[:, :2]
        apart = found.on_ground(camera)[:, :2] - true
        nearest = np.linalg.norm(apart, axis=1).argmin()
        outwards = true[nearest] - camera.position_m
        along = apart[nearest] @ outwards / max(np.linalg.norm(outwards), 1e-9)
        away[frame] = np.linalg.norm(apart[nearest]), along
    matched = away[away[:, 0] <= MATCHED_M] * 100
    distance = matched[:, 0]
    return HeadErrors(
        len(matched) / len(away),
        float(np.median(distance)),
        float(np.sqrt((distance**2).mean())),
        float((distance <= 10).mean()),
        float(matched[:, 1].mean()),
    )
