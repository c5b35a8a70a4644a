"""Sensor models on an empty floor to the statistics that real sensors were measured by."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, UInt16
from scipy import ndimage

from stampnet.data.overhead_depth.structured_light import LEVEL_STEP, structured_light
from stampnet.data.overhead_depth.time_of_flight import time_of_flight

RING_EDGES_PX = (0, 50, 100, 150, 200, 230, 260, 300)
"""Distances from the centre of a 512 x 424 image."""


class Ring(NamedTuple):
    """Statistics of a time-of-flight sensor's pixels at a distance from the centre."""

    sd_mm: float
    """Over time, of the median pixel."""
    invalid: float
    floor_mm: float
    correlation: tuple[float, float, float]
    """Of neighbours 1, 2 and 4 pixels apart, without what all pixels of a frame share."""
    lag_one: float
    """Correlation of successive frames."""


MEASURED = (
    Ring(2.9, 0.006, 3338.8, (0.79, 0.55, 0.32), 0.33),
    Ring(3.2, 0.007, 3341, (0.79, 0.53, 0.29), 0.30),
    Ring(3.3, 0.004, 3346, (0.74, 0.43, 0.16), 0.13),
    Ring(4.6, 0.003, 3345, (0.60, 0.24, 0.03), 0.02),
    Ring(10.6, 0.029, 3345, (0.41, 0.11, 0.01), 0.0),
    Ring(20.7, 0.145, 3339, (0.43, 0.12, 0.01), 0.0),
    Ring(28.6, 0.51, 3333, (0.34, 0.08, 0.01), 0.0),
)
"""Kinect v2 over a floor 3.34 m below."""


class Silhouette(NamedTuple):
    """Shares of pixels around and on a person."""

    ring_invalid: float
    flying: float
    holes: float


SILHOUETTE = Silhouette(0.44, 0.01, 0.002)
"""The same sensor; ring of 3 pixels."""


class Levels(NamedTuple):
    """Statistics of a structured-light sensor's depth levels, against the median of 9 x 9 pixels."""

    step: float
    """Of neighbouring levels, over the square of their depth, in 1/mm."""
    on_level: float
    one_off: float
    two_off: float
    sd: float
    """In levels."""


LEVELS = Levels(2.9e-6, 0.765, 0.2275, 0.00095, 0.485)
"""Kinect v1 over a floor 2.5 m below: the middle of what was measured."""


def time_of_flight_rings(rng: np.random.Generator, frames: int = 60) -> list[Ring]:
    """Of the model over a level floor, in the right half of its image."""
    height, width = 424, 256
    depth = np.full((frames, height, width), 3.3388, np.float32)
    middle = (-0.5, 211.5)
    measured = time_of_flight(depth, np.zeros(depth.shape, bool), 365.0, middle, rng)
    rows, columns = np.ogrid[:height, :width]
    radius = np.hypot(columns - middle[0], rows - middle[1])
    values = np.where(measured > 0, measured, np.nan).astype(np.float32)
    with np.errstate(invalid="ignore"):
        common = np.nanmedian(values[:, radius < 200], axis=1)
        values -= (common - common.mean())[:, None, None]
        seen = np.isfinite(values).sum(axis=0)
        residual = values - np.nansum(values, axis=0) / np.maximum(seen, 1)
    return [
        _ring(measured, values, residual, (radius >= near) & (radius < far)) for near, far in pairwise(RING_EDGES_PX)
    ]


def _ring(
    measured: UInt16[np.ndarray, "T H W"], values: np.ndarray, residual: np.ndarray, ring: Bool[np.ndarray, "H W"]
) -> Ring:
    seen = residual[:, ring]
    inside = np.where(ring, residual, np.nan)
    often = (measured[:, ring] > 0).sum(axis=0) > 2
    return Ring(
        sd_mm=float(np.median(np.nanstd(np.where(measured == 0, np.nan, measured)[:, ring][:, often], axis=0))),
        invalid=float((measured[:, ring] == 0).mean()),
        floor_mm=float(np.nanmedian(values[:, ring])),
        correlation=tuple(_correlation(inside[:, :, :-step], inside[:, :, step:]) for step in (1, 2, 4)),  # type: ignore[arg-type]
        lag_one=_correlation(seen[:-1], seen[1:]),
    )


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    return float(np.corrcoef(one[both], other[both])[0, 1])


def time_of_flight_silhouette(rng: np.random.Generator, frames: int = 20) -> Silhouette:
    """Of the model around an upright disc in the middle."""
    rows, columns = np.ogrid[:424, :512]
    person = (rows - 211.5) ** 2 + (columns - 255.5) ** 2 < 40**2
    depth = np.where(person, 1.9, 3.338).astype(np.float32)
    measured = time_of_flight(
        np.repeat(depth[None], frames, 0), np.repeat(person[None], frames, 0), 365.0, (255.5, 211.5), rng
    )
    distance = ndimage.distance_transform_edt(~person)
    around = measured[:, (distance > 0) & (distance <= 3)]
    inside = measured[:, ndimage.binary_erosion(person, iterations=3)]
    return Silhouette(
        float((around == 0).mean()), float(((around > 1950) & (around < 3290)).mean()), float((inside == 0).mean())
    )


def structured_light_levels(rng: np.random.Generator, frames: int = 4) -> Levels:
    """Of the model over a floor that is tilted a little, so that it lies at all places between levels."""
    height, width = 480, 640
    rows, columns = np.mgrid[:height, :width]
    depth = (2.5 + 0.06 * (columns / width - 0.5) + 0.04 * (rows / height - 0.5)).astype(np.float32)
    measured = structured_light(np.repeat(depth[None], frames, 0), 570.0, rng)[:, :, 32:].astype(float)
    levels = np.rint(1 / (LEVEL_STEP * measured))
    middle = np.stack([ndimage.median_filter(frame, 9) for frame in levels])
    off = (levels - middle)[:, 8:-8, 8:-8]
    depths = np.unique(measured)
    step = np.diff(depths) / (depths[1:] * depths[:-1])
    on, one, two = (float((np.abs(off) == away).mean()) for away in range(3))
    return Levels(float(np.median(step)), on, one, two, float(off.std()))
