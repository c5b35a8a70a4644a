"""Images as they were read to values in [0, 1], all of one kind and at the size at which stamps are sought."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch.nn import functional as F

from stampnet.errors import InputError

Prepared = Float32[np.ndarray, "h w C"]
"""Values in [0, 1]; C is 1 or 3."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Of red, green and blue (ITU-R BT.601), as Pillow makes grey."""
COLOURFUL = 0.02
"""Mean difference between channels, as a part of the range, from which colour says something."""
UNLIKE = 2.0
"""Images whose ranges differ by this factor, from the tenth to the nine-tenth, are each stretched to their own."""
SAMPLE_PIXELS = 1_000_000
"""Of an image from which its range is taken."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How images are made alike. It is part of a run: what is detected in is prepared like what was learned from."""

    colour: bool = False
    low: float = 0.0
    """The value that becomes 0 ..."""
    high: float = 255.0
    """... and that which becomes 1; what lies beyond is clipped."""
    each: bool = False
    """Whether each image is stretched to a range of its own instead, from its least to its largest value."""
    scale: float = 1.0
    """Size at which stamps are sought, as a factor of lengths."""

    def __post_init__(self) -> None:
        if not self.high > self.low:
            raise InputError(f"the largest value must be above the least, got {self.low:g} to {self.high:g}")
        if not 0 < self.scale <= 1:
            raise InputError(f"scale must be above 0 and at most 1, got {self.scale:g}")


def prepare(image: np.ndarray, preparation: Preparation) -> Prepared:
    """One image (H, W) or (H, W, 3), of any type, as stamps are sought on it."""
    values = image.astype(np.float32)
    if values.ndim == 2:
        values = values[:, :, None]
    if preparation.colour and values.shape[2] == 1:
        values = values.repeat(3, axis=2)
    if not preparation.colour and values.shape[2] == 3:
        values = values @ LUMA[:, None]
    low, high = _range(values) if preparation.each else (preparation.low, preparation.high)
    values = (values - np.float32(low)) / np.float32(max(high - low, 1e-12))
    return _resized(values.clip(0, 1), preparation.scale)


def _resized(values: Prepared, scale: float) -> Float32[np.ndarray, "_ _ C"]:
    """Averaged over the pixels that each new one covers, so that nothing is skipped."""
    if scale == 1:
        return values
    size = [max(1, round(length * scale)) for length in values.shape[:2]]
    image = torch.from_numpy(values).permute(2, 0, 1)[None]
    small = F.interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
    return small[0].permute(1, 2, 0).contiguous().numpy()


def preparation_for(images: Iterable[np.ndarray], *, colour: bool | None = None, scale: float = 1.0) -> Preparation:
    """What suits a sample of images: colour where they have any, the range of their type or values, and each image
    its own range where those differ widely.

    Raises InputError where there are no images.
    """
    chroma, ranges, kinds = [], [], set()
    for image in images:
        kinds.add(image.dtype)
        ranges.append(_range(image))
        chroma.append(float(np.ptp(image.astype(np.float32), axis=-1).mean()) if image.ndim == 3 else 0.0)
    if not ranges:
        raise InputError("there are no images to look at")
    low, high = min(one[0] for one in ranges), max(one[1] for one in ranges)
    spans = np.quantile([max(last - first, 1e-12) for first, last in ranges], [0.1, 0.9])
    each = bool(spans[1] > UNLIKE * spans[0]) and high > low
    if kinds == {np.dtype(np.uint8)}:
        low, high = 0.0, 255.0
    elif all(kind.kind == "f" for kind in kinds) and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0:
        low = 0.0
    if not high > low:
        high = low + 1.0
    colourful = float(np.mean(chroma)) > COLOURFUL * (high - low)
    return Preparation(colour=colourful if colour is None else colour, low=low, high=high, each=each, scale=scale)


def _range(image: np.ndarray) -> tuple[float, float]:
    """Least and largest value, of large images of every so many rows."""
    step = max(1, image.size // SAMPLE_PIXELS)
    seen = image[::step]
    return float(seen.min()), float(seen.max())
