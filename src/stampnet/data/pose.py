"""Glyphs, angles and sizes to glyphs as they then look."""

from collections.abc import Callable
from math import cos, log, radians, sin
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, UInt8
from scipy import ndimage

Glyph = UInt8[np.ndarray, "h w"]
Turned = UInt8[np.ndarray, "frame frame"]
Turn = Callable[[Glyph, Float64[np.ndarray, "2"], float, float, int], Turned]
"""Glyph, its centre (row, column), angle in degrees, scale and side of the square frame to the turned glyph.

The pixel with the centre becomes pixel `frame_px // 2` of both axes, and the centre stays where it is within its pixel:
without turning and scaling a glyph keeps its values. Angles run counter-clockwise as seen on the screen.
"""

ROUNDING = 1e-3  # a centre between two pixels belongs to the second, whatever round-off says
BLUR_REACH = 3.0  # standard deviations of a Gaussian that count


class PoseRange(NamedTuple):
    """How far objects may be turned and scaled."""

    max_angle_deg: float = 0.0
    """Angles are uniform from minus this to this; 180 is any angle."""
    scale_range: tuple[float, float] = (1.0, 1.0)
    """Factors of size are log-uniform: halves are as frequent as doubles."""


FIXED = PoseRange()


class DrawnPoses(NamedTuple):
    """How each object is turned, counter-clockwise on the screen, and scaled."""

    angles_deg: Float32[np.ndarray, "B G"]
    scales: Float32[np.ndarray, "B G"]


def random_poses(rng: np.random.Generator, num_images: int, num_objects: int, poses: PoseRange) -> DrawnPoses:
    """Uniform angles and log-uniform scales."""
    shape = (num_images, num_objects)
    low, high = poses.scale_range
    angles = rng.uniform(-poses.max_angle_deg, poses.max_angle_deg, shape)
    return DrawnPoses(angles.astype(np.float32), np.exp(rng.uniform(log(low), log(high), shape)).astype(np.float32))


def centres_of_mass(glyphs: UInt8[np.ndarray, "P h w"]) -> Float64[np.ndarray, "P 2"]:
    """Row and column of the centre of mass of each glyph, none of which may be empty.

    >>> centres_of_mass(np.array([[[0, 0, 0], [0, 6, 2]]], np.uint8)).tolist()
    [[1.0, 1.25]]
    """
    total = glyphs.sum(axis=(1, 2), dtype=float)
    row = glyphs.sum(axis=2, dtype=float) @ np.arange(glyphs.shape[1])
    column = glyphs.sum(axis=1, dtype=float) @ np.arange(glyphs.shape[2])
    return np.stack([row, column], axis=-1) / total[:, None]


def frame_for(glyphs: UInt8[np.ndarray, "P h w"], centres: Float64[np.ndarray, "P 2"], scale: float) -> int:
    """The even side of a frame that holds any of the glyphs at any angle, at this scale or a smaller one.

    >>> frame_for(np.full((1, 1, 1), 255, np.uint8), np.zeros((1, 2)), 1.0)
    8
    """
    row = np.arange(glyphs.shape[1]) - centres[:, :1]
    column = np.arange(glyphs.shape[2]) - centres[:, 1:]
    distance = np.hypot(row[:, :, None], column[:, None, :])
    reach = float(distance.max(where=glyphs > 0, initial=0.0))
    # Linear interpolation carries ink one pixel further along each axis; blurring and rounding take the rest.
    return 2 * int(np.ceil(scale * (reach + 1.5) + 2.5))


def turned_grey(
    glyph: Glyph, centre: Float64[np.ndarray, "2"], angle_deg: float, scale: float, frame_px: int
) -> Turned:
    """A `Turn` of glyphs in shades of grey: cubic interpolation, after a Gaussian where they shrink."""
    # Cubic interpolation rings: what it finds beyond the ink is no ink.
    ink = _resampled(glyph, centre, angle_deg, scale, frame_px, order=1).round() > 0
    values = _resampled(glyph, centre, angle_deg, scale, frame_px, order=3)
    return np.where(ink, values.round().clip(0, 255), 0).astype(np.uint8)


def turned_mask(
    glyph: Glyph, centre: Float64[np.ndarray, "2"], angle_deg: float, scale: float, frame_px: int
) -> Turned:
    """A `Turn` of masks of 0 and 255: edges are shades of grey about one pixel wide, however large the mask becomes."""
    values = _resampled(glyph, centre, angle_deg, scale, frame_px, order=1)
    return ((values - 127.5) * max(scale, 1.0) + 127.5).round().clip(0, 255).astype(np.uint8)


def _resampled(
    glyph: Glyph, centre: Float64[np.ndarray, "2"], angle_deg: float, scale: float, frame_px: int, *, order: int
) -> Float[np.ndarray, "frame frame"]:
    blur = max(0.0, (1 / scale - 1) / 2)
    pad = 2 + int(np.ceil(BLUR_REACH * blur))
    values = np.pad(glyph.astype(float), pad)
    if blur:
        values = ndimage.gaussian_filter(values, blur, truncate=BLUR_REACH)
    cosine, sine = cos(radians(angle_deg)) / scale, sin(radians(angle_deg)) / scale
    # From the frame back to the glyph; the signs are those of rows that grow downwards.
    inward = np.array([[cosine, sine], [-sine, cosine]])
    within_pixel = centre - np.floor(centre + 0.5 + ROUNDING)
    offset = centre + pad - inward @ (frame_px // 2 + within_pixel)
    return ndimage.affine_transform(values, inward, offset, output_shape=(frame_px, frame_px), order=order)
