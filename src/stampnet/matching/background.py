"""Images to the value on which their objects lie."""

import torch
from jaxtyping import Float
from torch import Tensor

from stampnet.notation import Images

BINS = 256
NUM_IMAGES = 2000  # enough to know the most frequent value


def constant_background(images: Images, max_value: float = 1.0) -> Float[Tensor, "C 1 1"]:
    """The most frequent value of each channel: the mean of the pixels in the fullest of 256 bins and its neighbours.

    Exactly 0 or `max_value` where the fullest bin is the first or the last one and more than half of its pixels are.
    """
    values = images[:NUM_IMAGES].transpose(0, 1).flatten(1)  # C, pixels
    found = []
    for channel in values:
        bins = (channel / max_value * (BINS - 1)).round().long().clamp(0, BINS - 1)
        fullest = int(torch.bincount(bins, minlength=BINS).argmax())
        near = channel[(bins - fullest).abs() <= 1]
        end = channel.new_tensor(0.0 if fullest < BINS // 2 else max_value)
        found.append(end if (near == end).float().mean() > 0.5 else near.mean())
    return torch.stack(found)[:, None, None]
