"""Arrays of images of any type to values in [0, 1]."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, UInt8

from stampnet.errors import InputError

LOOKED_AT = 512
"""Rows and columns that tell the range of an image."""


def full_scale_of(arrays: Sequence[np.ndarray]) -> float:
    """The value that becomes 1: 255 for bytes, the largest value for 16 bit, 1 for floats and bools.

    Raises InputError for other types, and for floats outside [0, 1].
    """
    kinds = {array.dtype for array in arrays}
    if len(kinds) > 1:
        raise InputError(f"the images mix the types {', '.join(sorted(map(str, kinds)))}; convert them to one")
    (kind,) = kinds
    if kind == np.uint8:
        return 255.0
    if kind == np.uint16:
        return float(max(1, *(int(array.max()) for array in arrays)))
    if kind.kind == "b":
        return 1.0
    if kind.kind != "f":
        raise InputError(f"images of type {kind} cannot be used; convert them to uint8, uint16 or float")
    for array in arrays:
        _check_floats(array)
    return 1.0


def _check_floats(array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        raise InputError(
            "an image holds values that are not numbers (NaN or infinite); replace them, by 0 for instance"
        )
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise InputError(f"images of floats must lie in [0, 1], got {low:g} to {high:g}; shift and divide them first")


def to_unit_range(array: np.ndarray, full_scale: float) -> Float32[np.ndarray, "*shape"]:
    """Divides bytes by 255, 16 bit values by `full_scale`, above which they become 1; floats and bools stay.

    Raises InputError for other types, for floats outside [0, 1], and for 16 bit values that a full scale of bytes or
    floats says nothing about.

    >>> to_unit_range(np.array([0, 500, 4000], np.uint16), 1000.0).tolist()
    [0.0, 0.5, 1.0]
    """
    if array.dtype != np.uint16:
        return array.astype(np.float32) / np.float32(full_scale_of([array]))
    largest = int(array.max(initial=0))
    if full_scale in (1.0, 255.0) and largest > full_scale:
        raise InputError(
            f"the images are of 16 bit, up to {largest}, but what counts as 1 is known for bytes and floats only; "
            "divide them by the value that is to count as 1"
        )
    return (array.astype(np.float32) / np.float32(full_scale)).clip(0, 1)


def as_bytes(part: np.ndarray, image: np.ndarray) -> UInt8[np.ndarray, "*shape"]:
    """A part of an image to look at: bytes as they are, all else from the least to the largest value of the image, as
    some of its rows and columns tell them.

    >>> depth = np.array([[1000, 3000], [2000, 3000]], np.uint16)
    >>> as_bytes(depth[1:], depth).tolist()
    [[128, 255]]
    """
    if part.dtype == np.uint8:
        return part
    down, across = (max(1, size // LOOKED_AT) for size in image.shape[:2])
    some = image[::down, ::across]
    low, high = float(some.min()), float(some.max())
    return ((part - np.float32(low)) * (255 / max(high - low, 1e-12))).round().clip(0, 255).astype(np.uint8)
