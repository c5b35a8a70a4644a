"""Arrays to pictures that any browser shows."""

from io import BytesIO

import numpy as np
from PIL import Image

from stampnet.data.value_range import as_bytes

LONGEST_SIDE = 1600
"""Pixels of a picture on the page; boxes are drawn over it in the pixels of the image."""


def png_of(image: np.ndarray) -> bytes:
    """A PNG of an image (H, W) or (H, W, C), of 1 or 3 channels; bytes stay, other values go from their least to their
    largest to black and white.

    >>> png_of(np.zeros((4, 5), np.uint8))[1:4]
    b'PNG'
    """
    # Of a large image, which may lie on disk, not all pixels are copied.
    step = max(1, max(image.shape[:2]) // (2 * LONGEST_SIDE))
    seen = np.asarray(image[::step, ::step])
    picture = Image.fromarray(as_bytes(seen[..., 0] if seen.shape[2:] == (1,) else seen, seen))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()
