"""Arrays of images to pixels, as they are kept in memory, and pixels to images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from stampnet.data.value_range import to_unit_range
from stampnet.errors import InputError
from stampnet.notation import Images

Pixels = UInt8[Tensor, "B C H W"] | Float[Tensor, "B C H W"]
"""Images as stored: bytes, a quarter of the memory, or floats in [0, 1]."""


def check_images(images: Any) -> np.ndarray:
    """Images as one array (B, H, W) or (B, H, W, C).

    Raises InputError where they are no such array: wrong number of axes, no image at all, several sizes or types.
    """
    if isinstance(images, list | tuple) and len(kinds := {str(np.asarray(image).dtype) for image in images}) > 1:
        raise InputError(f"the images mix the types {', '.join(sorted(kinds))}; convert them to one")
    try:
        images = np.asarray(images)
    except ValueError as error:
        raise InputError("the images have different sizes; resize or crop them to one size") from error
    if images.ndim not in (3, 4) or images.dtype == object:
        raise InputError(
            f"images must be one array (B, H, W) or (B, H, W, C), got shape {images.shape} of {images.dtype}; "
            "a single image needs a first axis: image[None]"
        )
    if 0 in images.shape:
        raise InputError(f"there are no pixels in images of shape {images.shape}; give at least one image")
    return images


def check_not_blank(images: np.ndarray) -> None:
    """Raises InputError where each of the images or tiles (B, H, W[, C]) is of one colour throughout, so that there is
    nothing to learn from; some of them may be."""
    if all((image == image[0, 0]).all() for image in images):
        raise InputError(
            f"nothing stands out of the background: all {len(images)} images, or the parts that they were cut into, "
            "are of one colour throughout; check that these are the images you mean, or choose another background"
        )


def check_list(images: Any) -> Sequence[np.ndarray]:
    """Images (H, W) or (H, W, C) of any sizes, one by one.

    Raises InputError where there are none, or something is none.
    """
    if isinstance(images, np.ndarray) and images.dtype != object:
        return list(check_images(images))
    try:
        listed = [np.asarray(image) for image in images]
    except TypeError as error:
        raise InputError(f"images must be an array or a list of arrays, got {type(images).__name__}") from error
    if not listed:
        raise InputError("there are no images; give at least one")
    for number, image in enumerate(listed):
        if image.ndim not in (2, 3) or 0 in image.shape or image.dtype == object:
            raise InputError(f"image {number} must be (H, W) or (H, W, C), got shape {image.shape} of {image.dtype}")
    return listed


def to_pixels(images: np.ndarray, full_scale: float) -> Pixels:
    """Arrays (B, H, W[, C]) as a tensor (B, C, H, W): bytes stay bytes, all else becomes floats in [0, 1]."""
    if images.dtype != np.uint8:
        images = to_unit_range(images, full_scale)
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(images))


def to_images(pixels: Pixels) -> Images:
    """Bytes become floats in [0, 1]; floats stay as they are."""
    return pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels.float()


class Selection:
    """Some of the images, in an order of their own: copied where they are asked for, not before, for all of them may
    be more than memory holds."""

    def __init__(self, pixels: Pixels, numbers: Int64[Tensor, " K"]) -> None:
        self.pixels, self.numbers = pixels, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, which: slice | list[int] | Int64[Tensor, " B"]) -> Pixels:
        return self.pixels[self.numbers[which]]


def drawn(num_images: int) -> Int64[Tensor, " B"]:
    """The numbers of images in an order that chance has drawn once for all runs: files lie sorted, often by kind, so
    that the first of them may show one kind only."""
    return torch.randperm(num_images, generator=torch.Generator().manual_seed(0))
