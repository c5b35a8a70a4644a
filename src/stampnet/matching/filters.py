"""Stamps to matched filters at full, half and quarter size."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from stampnet.model.tone import smooth
from stampnet.notation import Images, Stamps

SMOOTHINGS = 2
SMALLEST = 4
"""Least side in pixels of a stamp that is still searched for at a reduced size."""


class Filter(NamedTuple):
    """What the gain of placing a stamp is computed from, at one size."""

    kernel: Float[Tensor, "N C h w"]
    """Its correlation with an image is the inner product of image and stamp."""
    square: Float[Tensor, "N C h w"]
    """Its correlation with the weights of an image is the squared norm of the stamp."""
    energy: Float[Tensor, " N"]
    """That norm where all weights are 1."""


def best_contrast(product: Tensor, energy: Tensor, contrast: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """The factor within `contrast` by which a stamp of such an energy lowers the squared error most, given its inner
    product with what is to be explained, and by how much it does."""
    factor = (product / energy).clamp_(*contrast)
    return factor, factor * (2 * product - factor * energy)


def halve(images: Images) -> Float[Tensor, "B C H//2 W//2"]:
    """Half the sides, which must be even: 2 x 2 pixels become half their sum, so inner products keep their size."""
    # Four strided sums are five times faster than avg_pool2d on a CPU.
    x = images[..., ::2, :] + images[..., 1::2, :]
    return (x[..., ::2] + x[..., 1::2]) / 2


def round_up(size: int, factor: int) -> int:
    """The least multiple of `factor` that is at least `size`."""
    return -(-size // factor) * factor


def num_levels(stamp_size: tuple[int, int]) -> int:
    """How many sizes are of use: 3 (full, half, quarter) for stamps of at least 16 pixels, 1 below 8.

    >>> num_levels((28, 28)), num_levels((9, 40)), num_levels((7, 7))
    (3, 2, 1)
    """
    return 1 + sum(min(stamp_size) >= factor * SMALLEST for factor in (2, 4))


def filters(stamps: Stamps) -> list[Filter]:
    """One Filter for each size, full size first.

    At full size errors are measured after smoothing, which forgives strokes that are shifted by less than a pixel and
    makes purer clusters: <Gx, Gs> = <x, GGs>, so smoothing the stamp twice spares smoothing the images.
    """
    height, width = stamps.shape[-2:]
    kernel = stamps
    for _ in range(SMOOTHINGS):
        kernel = smooth(kernel)
    found = [_filter(kernel, stamps * kernel)]
    factor = 2 ** (num_levels((height, width)) - 1)
    reduced = F.pad(stamps, (0, round_up(width, factor) - width, 0, round_up(height, factor) - height))
    while factor > 1:
        reduced = halve(reduced)
        found.append(_filter(reduced, reduced.square()))
        factor //= 2
    return found


def _filter(kernel: Tensor, square: Tensor) -> Filter:
    return Filter(kernel, square, square.sum((1, 2, 3)).clamp(min=1e-6))
