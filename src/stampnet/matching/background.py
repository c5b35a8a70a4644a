"""Images to the value on which their objects lie."""

from math import ceil

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from stampnet.notation import Images

BINS = 256
NUM_IMAGES = 2000  # enough to know the most frequent value
CELL = 4
"""Pixels along a side of the cells by whose means a background is told."""
CLIPPED = 0.15
"""How much brighter than black, as a part of the full scale, noise may become on average when it is clipped there."""
ALIKE = 0.6
"""The part of the pixels that must have one value for it to be the background; of noise clipped at black half have."""
WAVES = 4
"""Cosines along each side, the constant one included: at most one and a half waves across an image."""
PASSES, TOLERANCE = 8, 3.0
"""Reweighted fits; cells that deviate by more than so many standard deviations belong to objects."""
LEAST_DEVIATION = 1 / 255
UNEVEN = 0.03
"""Backgrounds vary where their standard deviation within an image is more than this part of the full scale."""


def constant_background(images: Images, max_value: float = 1.0) -> Float[Tensor, "C 1 1"]:
    """The mean of what is no object, for each channel.

    It is the most frequent value of the pixels where clearly more than half have it. Else it is told by the most
    frequent mean of cells of 4 x 4 pixels, for noise that is clipped at black is brighter than black on average; unless
    this is something else altogether, for objects may leave no cell free. Exactly 0 or `max_value` where most of what
    is near is.
    """
    images = images[:NUM_IMAGES]
    found = []
    for pixels, cells in zip(images.unbind(1), F.avg_pool2d(images, CELL, ceil_mode=True).unbind(1), strict=True):
        of_pixels, of_cells = _most_frequent(pixels, max_value), _most_frequent(cells, max_value)
        is_common = ((pixels - of_pixels).abs() < 0.5 * max_value / (BINS - 1)).float().mean() > ALIKE
        is_other = (of_cells - of_pixels).abs() >= CLIPPED * max_value
        found.append(of_pixels if is_common or is_other else of_cells)
    return torch.stack(found)[:, None, None]


def _most_frequent(values: Tensor, max_value: float) -> Float[Tensor, ""]:
    """The mean of the values that scatter around the fullest of 256 bins."""
    values = values.flatten()
    width = max_value / (BINS - 1)
    bins = (values / width).round().long().clamp(0, BINS - 1)
    fullest = int(torch.bincount(bins, minlength=BINS).argmax())
    distance = (values - fullest * width).abs()
    # A normal distribution has a quarter of its values within .32 standard deviations.
    deviation = distance.kthvalue(ceil(len(values) / 4)).values / 0.32
    near = values[distance <= torch.clamp(2 * deviation, min=1.5 * width)]
    end = values.new_tensor(0.0 if fullest < BINS // 2 else max_value)
    return end if (near == end).float().mean() > 0.5 else near.mean()


def smooth_background(images: Images, max_value: float = 1.0) -> Images:
    """A sum of few low cosines for each image and channel, fitted to what is not object.

    The fit is one of least squares whose cells count the less the more they deviate (Tukey's biweight), so that
    objects, bright or dark, do not bend it as long as they cover less than about a third of the image.
    """
    num_images, channels, height, width = images.shape
    rows, columns = ceil(height / CELL), ceil(width / CELL)
    value = F.adaptive_avg_pool2d(images, (rows, columns)).reshape(num_images * channels, -1)
    across = [_cosines(size, min(WAVES, size)).to(images) for size in (rows, columns)]
    basis = torch.einsum("yi,xj->yxij", *across).flatten(2).flatten(0, 1)  # cells, waves
    products = (basis[:, :, None] * basis[:, None, :]).flatten(1)
    waves = basis.shape[1]
    steady = 1e-3 * torch.eye(waves, dtype=images.dtype, device=images.device)
    fitted = value.median(dim=1, keepdim=True).values
    for _ in range(PASSES):
        left = value - fitted
        # 1.4826 turns a median of absolute values into the standard deviation of a normal distribution.
        scale = 1.4826 * left.abs().median(dim=1, keepdim=True).values
        relative = left / (TOLERANCE * scale.clamp(min=LEAST_DEVIATION * max_value))
        weight = (1 - relative.square()).clamp(min=0).square()
        normal = (weight @ products).unflatten(1, (waves, waves)) + steady
        coefficients = torch.linalg.solve(normal, (weight * value) @ basis)
        fitted = coefficients @ basis.T
    full = [_cosines(size, wave.shape[1]).to(images) for size, wave in zip((height, width), across, strict=True)]
    coefficients = coefficients.unflatten(1, (across[0].shape[1], across[1].shape[1]))
    background = full[0] @ coefficients @ full[1].T
    return background.unflatten(0, (num_images, channels)).clamp(0, max_value)


def is_uneven(images: Images, max_value: float = 1.0) -> bool:
    """Whether the backgrounds of most images vary."""
    deviation = smooth_background(images[:NUM_IMAGES], max_value).flatten(2).std(dim=2).amax(dim=1)
    return bool(deviation.median() > UNEVEN * max_value)


def _cosines(size: int, waves: int) -> Float[Tensor, "size waves"]:
    """The first cosines of the discrete cosine transform of that size."""
    place = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    return torch.cos(torch.pi * place[:, None] * torch.arange(waves)).float()
