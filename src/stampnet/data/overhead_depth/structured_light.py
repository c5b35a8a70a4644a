"""Rendered depth to the depth that a structured-light sensor measures: millimetres, 0 where it measures nothing."""

import numpy as np
from jaxtyping import Bool, Float32, UInt16

LEVEL_STEP = 2.9e-6
"""Levels are equally spaced in 1/depth: depth = 1 / (LEVEL_STEP level), in mm, whatever the size of the frame."""
LEVEL_SD = 0.295
"""Of the noise of a level before rounding: 23 % of an empty floor is then one level off its surroundings."""
OUTLIER_SHARE, OUTLIER_SD = 0.006, 1.0
"""Rare larger noise: 1 pixel in 1000 is two levels off."""
JITTER_PX = 0.5
BASELINE_M = 0.075
FILLED_SHARE = 0.6
"""Of a shadow's pixels, that the driver fills from the background."""
NEAR_LIMIT_MM = (800.0, 1000.0)
BORDER_PX = (8.0, 16.0)
"""At 640 columns."""


def structured_light(
    depth_m: Float32[np.ndarray, "T H W"],
    focal_px: float,
    rng: np.random.Generator,
    *,
    whole_frame: bool = True,
    dropped_share: float = 0.0,
) -> UInt16[np.ndarray, "T H W"]:
    """Successive frames of one sensor, whose projector stands at the right of its camera: shadows lie at the left.

    A `whole_frame` has a dark border at the left. `dropped_share` of the pixels is lost to projectors of other sensors.

    >>> floor = np.full((1, 4, 40), 5.3, np.float32)
    >>> measured = structured_light(floor, 285.0, np.random.default_rng(0), whole_frame=False)
    >>> np.unique(measured).tolist()
    [5225, 5305, 5388]
    """
    seen = _jittered(depth_m, rng)
    lost = _shadow(seen, focal_px)
    lost &= rng.random(seen.shape, np.float32) >= FILLED_SHARE
    if dropped_share:
        lost |= rng.random(seen.shape, np.float32) < dropped_share
    if whole_frame:
        lost[:, :, : round(rng.uniform(*BORDER_PX) * seen.shape[2] / 640)] = True
    measured = _in_levels(seen, rng)
    lost |= measured < rng.uniform(*NEAR_LIMIT_MM)
    return np.where(lost, 0, np.rint(measured)).astype(np.uint16)


def _jittered(depth_m: Float32[np.ndarray, "T H W"], rng: np.random.Generator) -> Float32[np.ndarray, "T H W"]:
    """Each pixel takes the depth of a place beside it: edges are ragged."""
    _, height, width = depth_m.shape
    down, across = np.rint(JITTER_PX * rng.standard_normal((2, *depth_m.shape), np.float32)).astype(np.int32)
    rows = (down + np.arange(height, dtype=np.int32)[:, None]).clip(0, height - 1)
    columns = (across + np.arange(width, dtype=np.int32)).clip(0, width - 1)
    frame = np.arange(len(depth_m), dtype=np.int32)[:, None, None]
    return depth_m.reshape(-1)[(frame * height + rows) * width + columns]


def _shadow(depth_m: Float32[np.ndarray, "T H W"], focal_px: float) -> Bool[np.ndarray, "T H W"]:
    """Where the projector's light does not reach: a point nearer to the camera, further right, is in its way.

    In the projector's view a point lies focal baseline / depth to the left of its column, so it is hidden by a point
    from a column further right that lies no further right there.
    """
    seen_from_projector = np.arange(depth_m.shape[2]) - focal_px * BASELINE_M / depth_m
    leftmost_so_far = np.minimum.accumulate(seen_from_projector[:, :, ::-1], axis=2)[:, :, ::-1]
    hidden = np.zeros(depth_m.shape, bool)
    hidden[:, :, :-1] = leftmost_so_far[:, :, 1:] <= seen_from_projector[:, :, :-1]
    return hidden


def _in_levels(depth_m: Float32[np.ndarray, "T H W"], rng: np.random.Generator) -> Float32[np.ndarray, "T H W"]:
    """Rounded, with noise, to the sensor's levels; in mm."""
    noise = rng.standard_normal(depth_m.shape, np.float32)
    noise *= np.where(rng.random(depth_m.shape, np.float32) < OUTLIER_SHARE, OUTLIER_SD, LEVEL_SD).astype(np.float32)
    noise += np.float32(1e-3 / LEVEL_STEP) / depth_m
    return np.float32(1 / LEVEL_STEP) / np.rint(noise, out=noise).clip(1)
