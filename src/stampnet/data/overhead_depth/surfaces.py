"""Surfaces and a camera to the windows of its image that they can cover, and how near they come to it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int8, Int64

from stampnet.data.overhead_depth.camera import Camera, origin, rotation
from stampnet.data.overhead_depth.shapes import CAP, ELLIPSOID, Shapes, from_unit

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
LEAST_AHEAD_M = 1e-3
"""What is nearer counts as behind the camera."""


@dataclass(frozen=True)
class Surfaces:
    """Surfaces in the camera's frame: a ray Z d meets u = Z A d - A c."""

    form: Int8[np.ndarray, " K"]
    to_unit: Float64[np.ndarray, "K 3 3"]
    offset: Float64[np.ndarray, "K 3"]
    low: Float64[np.ndarray, " K"]
    window: Int64[np.ndarray, "K 4"]
    """Top, left, bottom, right, half-open, in samples, of which a pixel has two along each side."""
    nearest: Float64[np.ndarray, " K"]
    """No point of the surface has less depth."""
    is_ahead: Bool[np.ndarray, " K"]
    """As a whole."""

    def of(self, which: Int64[np.ndarray, " N"]) -> "Surfaces":
        """Some of them."""
        return Surfaces(*(values[which] for values in vars(self).values()))


@lru_cache(maxsize=16)
def sample_rays(camera: Camera) -> tuple[Float32[np.ndarray, " w"], Float32[np.ndarray, " h"]]:
    """First two entries of the samples' rays in the camera's frame, whose third is one: of the image, and of as much
    again before and behind it along each axis.
    """
    tables = []
    for size, centre in zip(camera.size_px, camera.centre_px, strict=True):
        place = (np.arange(-2 * size, 4 * size) + 0.5) / 2 - 0.5
        tables.append(((place - centre) / camera.focal_px).astype(np.float32))
    return tables[0], tables[1]


def surfaces_before(camera: Camera, shapes: Shapes) -> Surfaces:
    """Surfaces as the camera meets them."""
    turn = rotation(camera)
    centre = (shapes.centre - origin(camera)) @ turn
    to_unit = shapes.to_unit @ turn
    offset = np.einsum("kij,kj->ki", to_unit, centre)
    corner = _corners(shapes, centre, to_unit)
    nearest = corner[..., 2].min(1)
    window = _windows(camera, shapes, centre, to_unit, corner)
    return Surfaces(shapes.form, to_unit, offset, shapes.low, window, nearest, nearest >= LEAST_AHEAD_M)


def _corners(
    shapes: Shapes, centre: Float64[np.ndarray, "K 3"], to_unit: Float64[np.ndarray, "K 3 3"]
) -> Float64[np.ndarray, "K 8 3"]:
    """Of boxes about the surfaces."""
    low = np.where((shapes.form == CAP)[:, None] & (CORNERS[:, 2] < 0), shapes.low[:, None], CORNERS[:, 2])
    unit = np.empty((len(shapes), 8, 3))
    unit[..., :2], unit[..., 2] = CORNERS[:, :2], low
    return centre[:, None] + unit @ from_unit(to_unit).transpose(0, 2, 1)


def _windows(
    camera: Camera,
    shapes: Shapes,
    centre: Float64[np.ndarray, "K 3"],
    to_unit: Float64[np.ndarray, "K 3 3"],
    corner: Float64[np.ndarray, "K 8 3"],
) -> Int64[np.ndarray, "K 4"]:
    """Samples that each surface can cover, of whole pixels; at most an image's size beyond the image on each side."""
    depth = corner[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = corner[..., :2] / depth[..., None]
        lowest, highest = slope.min(1), slope.max(1)
        # An ellipsoid covers an ellipse, whose bounds are known: those of its corners are half as large again.
        inverse = from_unit(to_unit)
        spread = inverse @ inverse.transpose(0, 2, 1)
        across, ahead = centre[:, :2], centre[:, 2:]
        room = ahead**2 - spread[:, 2, 2:]
        middle = across * ahead - spread[:, :2, 2]
        own = across**2 - np.stack([spread[:, 0, 0], spread[:, 1, 1]], -1)
        half = np.sqrt(np.maximum(middle**2 - own * room, 0))
        is_ellipse = (shapes.form[:, None] == ELLIPSOID) & (room > 0)
        lowest = np.where(is_ellipse, (middle - half) / room, lowest)
        highest = np.where(is_ellipse, (middle + half) / room, highest)
    size = np.array(camera.size_px)
    centre_px = np.array(camera.centre_px)
    is_partly = (depth.min(1) < LEAST_AHEAD_M)[:, None]
    first = np.where(is_partly, -size, np.floor(lowest * camera.focal_px + centre_px + 0.5))
    last = np.where(is_partly, 2 * size, np.ceil(highest * camera.focal_px + centre_px + 0.5))
    first, last = (2 * np.clip(edge, -size, 2 * size).astype(np.int64) for edge in (first, last))
    last = np.where((depth.max(1) < LEAST_AHEAD_M)[:, None], first, last)
    return np.concatenate([first[:, ::-1], last[:, ::-1]], axis=1)
