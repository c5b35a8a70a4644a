"""Rendered depth to the depth that a time-of-flight sensor measures: millimetres, 0 where it measures nothing.

All tables are of a Kinect v2 at its full resolution, over an empty floor, by the distance from the image's centre.
"""

import numpy as np
from jaxtyping import Bool, Float32, UInt16
from scipy import ndimage

TABLE_FOCAL_PX = 365.0
RADIUS_PX = np.array([25.0, 80, 127, 178, 216, 246, 281, 330])
"""Typical radius of a ring of the tables below."""
SD_MM = np.array([2.7, 3.0, 3.1, 4.4, 10.5, 20.6, 30, 34])
"""Of the noise, without the common offset."""
INVALID = np.array([0.006, 0.007, 0.004, 0.0015, 0.027, 0.15, 0.58, 0.94])
STAYS_INVALID = np.array([0.2, 0.2, 0.2, 0.21, 0.28, 0.46, 0.60, 0.95])
"""Chance that a pixel of the background without a measurement has none in the next frame."""
FLOOR_OFFSET_MM = np.array([0.0, 2, 7, 6, 6, 0, -6, -6])
LAG_ONE = np.array([0.34, 0.29, 0.10, 0, 0, 0, 0, 0])
"""Correlation of the noise in successive frames."""
GRAIN_PX = (0.8, 1.5, 4.0)
"""SD of the Gaussians that smooth parts of the noise; one more part is not smoothed."""
SHARES = np.array(
    [
        [0.06, 0.37, 0.20, 0.37],
        [0.05, 0.41, 0.22, 0.32],
        [0.07, 0.48, 0.31, 0.14],
        [0.16, 0.69, 0.14, 0.01],
        [0.42, 0.58, 0.00, 0.00],
        [0.38, 0.62, 0.00, 0.00],
        [0.53, 0.47, 0.00, 0.00],
        [0.53, 0.47, 0.00, 0.00],
    ]
)
"""Of the variance, by ring: not smoothed, then by grain."""
COMMON_SD_MM, COMMON_LAG_ONE = 1.1, 0.44
"""Of an offset that all pixels of a frame share."""
RING_PX, RING_INVALID, RING_FLYING = 3.0, 0.44, 0.01
"""Around a silhouette: its width, and the shares without a measurement and with one between the two surfaces."""
HOLES = 0.002
RANGE_MM = (500, 4500)


def time_of_flight(
    depth_m: Float32[np.ndarray, "T H W"],
    body: Bool[np.ndarray, "T H W"],
    focal_px: float,
    centre_px: tuple[float, float],
    rng: np.random.Generator,
) -> UInt16[np.ndarray, "T H W"]:
    """Successive frames of one sensor; `body` marks the people, whose silhouettes lose the pixels around them.

    `centre_px` is the column and row of the principal point.

    >>> floor = np.full((1, 9, 9), 3.338, np.float32)
    >>> measured = time_of_flight(floor, np.zeros((1, 9, 9), bool), 182.5, (4.0, 4.0), np.random.default_rng(0))
    >>> bool((abs(measured[measured > 0].astype(int) - 3338) < 15).all())
    True
    """
    count, height, width = depth_m.shape
    per_px = TABLE_FOCAL_PX / focal_px
    rows, columns = np.ogrid[:height, :width]
    radius = per_px * np.hypot(columns - centre_px[0], rows - centre_px[1])

    def by_radius(table: np.ndarray) -> np.ndarray:
        return np.interp(radius, RADIUS_PX, table).astype(np.float32)

    kernels = [_smoothing(grain / per_px) for grain in (0.0, *GRAIN_PX)]
    deviation = by_radius(SD_MM)
    amplitudes = [deviation * np.sqrt(by_radius(shares)) for shares in SHARES.T]
    lag_one = by_radius(LAG_ONE)
    share = np.exp(by_radius(np.log(INVALID)))
    stays = np.maximum(by_radius(STAYS_INVALID), 2 - 1 / share)  # a share above a half cannot come and go at once
    starts = share * (1 - stays) / (1 - share)
    floor_offset = by_radius(FLOOR_OFFSET_MM)

    measured = np.zeros(depth_m.shape, np.uint16)
    for frame in range(count):
        fresh = _field(amplitudes, kernels, rng)
        if frame == 0:
            noise, common, invalid = fresh, COMMON_SD_MM * rng.standard_normal(), rng.random(radius.shape) < share
        else:
            noise = lag_one * noise + np.sqrt(1 - lag_one**2) * fresh
            common = COMMON_LAG_ONE * common + COMMON_SD_MM * np.sqrt(1 - COMMON_LAG_ONE**2) * rng.standard_normal()
            invalid = rng.random(radius.shape, np.float32) < np.where(invalid, stays, starts)
        depth, lost = _with_silhouettes(1000 * depth_m[frame], body[frame], RING_PX / per_px, rng)
        depth = np.rint(depth + noise + common + np.where(body[frame], 0, floor_offset))
        lost |= invalid & ~body[frame] | (depth < RANGE_MM[0]) | (depth > RANGE_MM[1])
        measured[frame] = np.where(lost, 0, depth)
    return measured


def _smoothing(deviation_px: float) -> Float32[np.ndarray, " taps"]:
    """Weights, whose squares sum to one, that make neighbours correlate as a Gaussian of this SD would.

    Sampled coarsely, a Gaussian correlates too little; three taps meet the correlation of direct neighbours exactly.
    """
    if deviation_px == 0:
        return np.ones(1, np.float32)
    if deviation_px <= 0.8:
        neighbours = np.exp(-1 / (4 * deviation_px**2))
        side = (1 - np.sqrt(1 - 2 * neighbours**2)) / (2 * neighbours)
        weights = np.array([side, 1, side])
    else:
        reach = np.arange(-np.ceil(3 * deviation_px), np.ceil(3 * deviation_px) + 1)
        weights = np.exp(-(reach**2) / (2 * deviation_px**2))
    return (weights / np.sqrt((weights**2).sum())).astype(np.float32)


def _field(
    amplitudes: list[np.ndarray], kernels: list[np.ndarray], rng: np.random.Generator
) -> Float32[np.ndarray, "H W"]:
    """Gaussian noise of several grains."""
    total = np.zeros_like(amplitudes[0])
    for amplitude, kernel in zip(amplitudes, kernels, strict=True):
        if amplitude.any():
            part = rng.standard_normal(amplitude.shape, np.float32)
            for axis in (0, 1) if len(kernel) > 1 else ():
                part = ndimage.correlate1d(part, kernel, axis=axis, mode="wrap")
            total += amplitude * part
    return total


def _with_silhouettes(
    depth_mm: Float32[np.ndarray, "H W"], body: Bool[np.ndarray, "H W"], ring_px: float, rng: np.random.Generator
) -> tuple[Float32[np.ndarray, "H W"], Bool[np.ndarray, "H W"]]:
    """Depth with flying pixels, and what is lost around people and in holes."""
    lost = np.zeros(body.shape, bool)
    if not body.any():
        return depth_mm, lost
    rows, columns = np.ogrid[-int(ring_px) : int(ring_px) + 1, -int(ring_px) : int(ring_px) + 1]
    disc = rows**2 + columns**2 <= ring_px**2
    nearest_body = np.where(body, depth_mm, np.inf)
    margin = int(ring_px)
    for people in ndimage.find_objects(ndimage.label(body)[0]):
        around = tuple(slice(max(side.start - margin, 0), side.stop + margin) for side in people)
        nearest = ndimage.minimum_filter(nearest_body[around], footprint=disc, mode="nearest")
        behind = depth_mm[around]
        ring = ~body[around] & (nearest < behind)
        chance = rng.random(ring.shape, np.float32)
        lost[around] |= ring & (chance < RING_INVALID)
        flying = ring & (chance > 1 - RING_FLYING)
        between = nearest[flying] + rng.random(int(flying.sum()), np.float32) * (behind[flying] - nearest[flying])
        if len(between):
            depth_mm = depth_mm.copy()
            depth_mm[around][flying] = between
    lost |= body & (rng.random(body.shape, np.float32) < HOLES)
    return depth_mm, lost
