"""Arrays to pictures that any browser shows."""

from io import BytesIO

import numpy as np
from PIL import Image

LONGEST_SIDE = 1600
"""Pixels of a picture on the page; boxes are drawn over it in the pixels of the image."""


def png_of(values: np.ndarray, span: tuple[float, float] | None = None) -> bytes:
    """A PNG of an image (H, W) or (H, W, 3); bytes stay, other values go from `span`, or their own, to black and white.

    >>> png_of(np.zeros((4, 5), np.uint8))[1:4]
    b'PNG'
    """
    if values.dtype != np.uint8:
        low, high = span or (float(values.min()), float(values.max()))
        parts = (values.astype(np.float32) - np.float32(low)) / np.float32(max(high - low, 1e-12))
        values = (parts.clip(0, 1) * 255).round().astype(np.uint8)
    picture = Image.fromarray(values)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=2)
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()
