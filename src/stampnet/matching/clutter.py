"""Windows to the pixels of them that belong to the object, not to clutter beside it."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from stampnet.matching.explanation import Limits

VISIBLE, SOLID, REACH = 0.2, 0.5, 6 / 28
"""Visible pixels, above that part of the largest value, belong to an object if a path of visible pixels, at most so
long as a part of the frame, leads to them from where its stamp is solid: clutter close by does not."""


def least_visible(limits: Limits) -> Tensor:
    """The absolute value above which a pixel is visible, for these least and largest values."""
    return VISIBLE * torch.maximum(limits[1], -limits[0]).amax()


def reached(visible: Tensor, stamp: Float[Tensor, "K 1 h w"]) -> Float[Tensor, "K 1 h w"]:
    """0 for visible pixels that no short path of such pixels connects with the stamp's solid part, 1 for all others;
    1 everywhere where nothing visible lies under the solid part."""
    allowed = visible.float()
    near = (stamp > SOLID * stamp.amax((1, 2, 3), keepdim=True)) * allowed
    begun = near.amax((1, 2, 3), keepdim=True)
    for _ in range(round(REACH * max(stamp.shape[2:]))):
        near = _grown(near) * allowed
    return torch.maximum(near, 1 - allowed * begun)


def _grown(mask: Tensor) -> Tensor:
    """The maximum over 3 x 3 pixels, several times faster than pooling."""
    x = F.pad(mask, (1, 1, 1, 1))
    x = torch.maximum(torch.maximum(x[..., :-2], x[..., 2:]), x[..., 1:-1])
    return torch.maximum(torch.maximum(x[..., :-2, :], x[..., 2:, :]), x[..., 1:-1, :])
