"""Clean images to images as cameras give them: uneven light and noise."""

import numpy as np
from jaxtyping import UInt8

WAVES = 3  # cosines along each side: about one bright and one dark region an image
CHUNK = 2048  # images in floating point at once


def spoil(
    images: UInt8[np.ndarray, "B H W"], unevenness: float, noise: float, rng: np.random.Generator
) -> UInt8[np.ndarray, "B H W"]:
    """Adds to each image a smooth background with values from 0 to `unevenness` and Gaussian noise, both as parts of
    255; the sum is clipped and rounded.

    >>> still = spoil(np.zeros((1, 9, 9), np.uint8), 0.4, 0.0, np.random.default_rng(0))
    >>> int(still.min()), int(still.max())
    (0, 102)
    """
    height, width = images.shape[1:]
    rows, columns = (
        np.cos(np.pi * np.arange(WAVES)[:, None] * (np.arange(size) + 0.5) / size) for size in (height, width)
    )
    spoilt = np.empty_like(images)
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK]
        weights = rng.normal(size=(len(part), WAVES, WAVES)).astype(np.float32)
        field = rows.T.astype(np.float32) @ weights @ columns.astype(np.float32)
        field -= field.min(axis=(1, 2), keepdims=True)
        field *= unevenness / field.max(axis=(1, 2), keepdims=True)
        field += noise * rng.standard_normal(field.shape, np.float32)
        spoilt[start : start + CHUNK] = (part + 255 * field).round().clip(0, 255)
    return spoilt
