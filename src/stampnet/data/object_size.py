"""Prepared images to the size of the objects in them, as far as it can be told before anything is learned."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.fft import irfft, rfft
from scipy.ndimage import binary_fill_holes, distance_transform_edt, find_objects, label, maximum
from scipy.signal import find_peaks

from stampnet.data.grid import Grid
from stampnet.data.preparation import Polarity, Prepared

VISIBLE = 0.25
"""Pixels that deviate from nothing by this part of the range belong to something."""
SMALLEST = 4
"""Pixels along the longer side of the least component that is looked at."""
COMPACT = 0.5
"""A component is one object if a disc fits into it whose diameter is this part of its longer side; else it may be
strokes, or a heap of objects."""
ENOUGH = 0.25
"""Part of all components that must be compact for these to tell the size of all."""
TOO_LARGE = 0.9
"""Components longer than this part of the image are no objects: something joins them."""
NEARLY_ALL = 0.8
LEAST_PERIOD, LEAST_PEAK, AS_GOOD = 6, 0.08, 0.7
"""The shortest distance after which an image repeats itself, how far the correlation then stands out of that at other
distances, and from which part of the most on a shorter one is as good: its multiples repeat the image, too."""


@dataclass(frozen=True)
class ObjectSize:
    """How long the longer sides of objects are, in pixels of the image."""

    typical: float
    low: float
    """A tenth is smaller."""
    high: float
    """A tenth is larger."""
    told_by: str
    """What it was taken from, for people."""
    per_pixel: float
    """How many objects there are to a pixel, about."""
    most: float = math.inf
    """How many there are in the image that has most, about."""
    is_exact: bool = False
    """Whether all objects have this very size, side by side."""


def object_size(images: Iterable[Prepared], polarity: Polarity) -> ObjectSize | None:
    """The sizes of objects in whole prepared images; None where nothing stands out.

    Of components of what stands out of nothing, their holes filled: those into which a large disc fits are single
    objects; where hardly any are, as in writing, all are. Where components are as large as the image, because something
    joins all objects, the distance after which the image repeats itself is taken.
    """
    sides: list[Float[np.ndarray, " K"]] = []
    discs: list[Float[np.ndarray, " K"]] = []
    pixels, periods = 0, []
    for image in images:
        own_sides, own_discs = components(image, polarity)
        too_large = joins_all(own_sides, image)
        if too_large.any():
            periods.append(period(image))
        sides.append(own_sides[~too_large])
        discs.append(own_discs[~too_large])
        pixels += image.shape[0] * image.shape[1]
    found = [one for one in periods if one is not None]
    side, disc = np.concatenate([[], *sides]), np.concatenate([[], *discs])
    if found and len(found) > len(side) / 10:
        every = common_period(found)
        told_by = "the distance after which the images repeat themselves"
        return ObjectSize(every, every, every, told_by, 1 / every**2, is_exact=True)
    if len(side) == 0:
        return None
    is_compact = disc >= COMPACT * side
    told_by = "the parts that stand out of the background"
    if is_compact.sum() >= ENOUGH * len(side):
        side, told_by = side[is_compact], "the compact parts that stand out of the background"
    # Dust is frequent, but small.
    low, typical, high = weighted_quantiles(side, side, (0.1, 0.5, 0.9))
    # A component that is longer than an object may be a heap of them.
    most = max(float(((one[one > typical / 2] / typical).clip(1) ** 2).sum()) for one in sides)
    return ObjectSize(typical, low, high, told_by, int((side > typical / 2).sum()) / pixels, most)


def squares_of(grid: Grid) -> ObjectSize:
    """The size of the squares of a grid."""
    side = float(grid.side)
    return ObjectSize(side, side, side, "the squares of which the images are made", 1 / side**2, is_exact=True)


def is_joined(image: Prepared, polarity: Polarity) -> bool:
    """Whether something joins all objects of an image: then it may be that they fill it."""
    return bool(joins_all(components(image, polarity)[0], image).any())


def joins_all(sides: Float[np.ndarray, " K"], image: Prepared) -> Bool[np.ndarray, " K"]:
    """Which components with such longer sides are nearly as long as the image."""
    return sides > TOO_LARGE * max(image.shape[:2])


def components(image: Prepared, polarity: Polarity) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, " K"]]:
    """The longer side of each component of what stands out, and the diameter of the largest disc within, its holes
    filled."""
    deviation = np.abs(image - 0.5).max(axis=2) * 2 if polarity == "both" else image.max(axis=2)
    mask = deviation > VISIBLE
    labels, number = label(np.pad(binary_fill_holes(mask), 1), np.ones((3, 3)))
    boxes = find_objects(labels)
    longer = np.array([max(s.stop - s.start for s in box) for box in boxes], float)
    radius = np.asarray(maximum(distance_transform_edt(labels > 0), labels, np.arange(1, number + 1)), float)
    kept = longer >= SMALLEST
    return longer[kept], 2 * radius[kept]


def period(image: Prepared) -> float | None:
    """The distance along rows or columns after which an image repeats itself; None where it does not.

    The correlation of the image with itself falls with the distance, for regions have an extent; where things repeat
    themselves it has peaks.
    """
    centred = image - image.mean(axis=(0, 1))
    found = []
    for axis in (0, 1):
        length = image.shape[axis]
        power = (np.abs(rfft(centred, 2 * length, axis=axis)) ** 2).sum(axis=(1 - axis, 2))
        correlation = irfft(power)[: length // 2] / np.arange(length, length - length // 2, -1)
        correlation /= max(correlation[:1].max(initial=0.0), 1e-12)
        peaks, shape = find_peaks(correlation, prominence=LEAST_PEAK)
        prominence = shape["prominences"][peaks >= LEAST_PERIOD]
        peaks = peaks[peaks >= LEAST_PERIOD]
        if len(peaks):
            found.append(float(peaks[prominence >= AS_GOOD * prominence.max()][0]))
    return max(found) if found else None


def common_period(periods: Sequence[float]) -> float:
    """The least period of which nearly all are multiples: an image may repeat itself after several objects only.

    >>> common_period([32.0, 16.0, 48.0, 33.0])
    16.0
    """
    several = np.array(periods)
    for one in sorted(set(periods)):
        off = np.abs(several - one * (several / one).round())
        if (off <= 1).mean() >= NEARLY_ALL:
            return one
    return float(np.median(several))


def weighted_quantiles(
    values: Float[np.ndarray, " K"], weights: Float[np.ndarray, " K"], parts: tuple[float, ...]
) -> tuple[float, ...]:
    """The values below which such parts of the weight lie.

    >>> weighted_quantiles(np.array([1.0, 5.0, 9.0]), np.array([8.0, 1.0, 1.0]), (0.5, 0.85, 1.0))
    (1.0, 5.0, 9.0)
    """
    order = values.argsort()
    below = weights[order].cumsum() / weights.sum()
    places = np.searchsorted(below, np.array(parts) - 1e-9).clip(max=len(values) - 1)
    return tuple(values[order][places].tolist())
