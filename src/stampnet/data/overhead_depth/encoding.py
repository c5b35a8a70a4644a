"""Measured depth to the bytes of a network's input: what is above a height cut, the rest 0, with speckle."""

from typing import Literal

import numpy as np
from jaxtyping import UInt8, UInt16

Encoding = Literal["far10", "far5", "near"]
FULL_SCALE_M = 5.0
"""Distance that is white in `far5`."""
NEAR_SCALE_M = 2.2
"""Height that is white in `near`."""
SPECKLE = (0.005, 0.015)
"""Share of an image's background that shows the value of the cut."""


def encode(
    depth_mm: UInt16[np.ndarray, "B H W"],
    camera_height_m: float,
    cut_m: float,
    kind: Encoding,
    rng: np.random.Generator,
    *,
    full_scale_ratio: float = 2.0,
    speckle: tuple[float, float] = SPECKLE,
) -> UInt8[np.ndarray, "B H W"]:
    """Distance over 5 m (`far5`) or over `full_scale_ratio` times that (`far10`), or height over 2.2 m (`near`).

    No measurement is background. The share of speckle is drawn for each image.

    >>> depth = np.array([[[0, 3550, 3870, 5300]]], np.uint16)  # nothing, head, shoulder, floor
    >>> for kind in ("far10", "far5", "near"):
    ...     print(encode(depth, 5.3, 1.0, kind, np.random.default_rng(0), speckle=(0.0, 0.0)).ravel().tolist())
    [0, 91, 99, 0]
    [0, 181, 197, 0]
    [0, 203, 166, 0]
    """
    depth_m = depth_mm * np.float32(1e-3)
    cut_depth_m = camera_height_m - cut_m
    foreground = (depth_mm > 0) & (depth_m < cut_depth_m)
    share = rng.uniform(*speckle, size=(len(depth_mm), 1, 1)).astype(np.float32)
    speckled = ~foreground & (rng.random(depth_mm.shape, np.float32) < share)
    depth_m[speckled] = cut_depth_m
    if kind == "near":
        value = (camera_height_m - depth_m) / NEAR_SCALE_M
    else:
        value = depth_m / (FULL_SCALE_M * (full_scale_ratio if kind == "far10" else 1.0))
    value *= foreground | speckled
    return np.rint(255 * value.clip(0, 1)).astype(np.uint8)
