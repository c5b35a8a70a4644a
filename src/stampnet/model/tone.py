"""Stamps to how they look when they are thicker or stronger."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from stampnet.notation import Images, Windows

TINY = 1e-24
NUM_TONES = 2
"""Thickness and strength."""

Tones = Float[Tensor, "Q 2"]
"""Pixels by which a stamp is thicker, and the part by which it is stronger."""


def smooth(images: Images) -> Images:
    """The binomial filter 1 2 1 along rows and columns, a blur of .7 pixels; black beyond the border."""
    x = F.pad(images, (1, 1, 1, 1))
    x = x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]
    return (x[..., :-2, :] + 2 * x[..., 1:-1, :] + x[..., 2:, :]) / 16


def gradient(images: Float[Tensor, "N C h w"]) -> tuple[Float[Tensor, "N C h w"], Float[Tensor, "N C h w"]]:
    """Central differences down and right; black beyond the border."""
    x = F.pad(images, (1, 1, 1, 1))
    return (x[..., 2:, 1:-1] - x[..., :-2, 1:-1]) / 2, (x[..., 1:-1, 2:] - x[..., 1:-1, :-2]) / 2


def thickening(images: Float[Tensor, "N C h w"]) -> Float[Tensor, "N C h w"]:
    """The change where all outlines move outwards by one pixel; what is darker than its background grows darker."""
    down, right = gradient(images)
    # The tiny constant gives the root a derivative where an image is flat: 0.
    return (down.square() + right.square() + TINY).sqrt() * torch.sign(images)


def toned(stamps: Windows, tones: Tones) -> Windows:
    """Each stamp with its thickness and strength."""
    thickness, strength = tones[:, 0, None, None, None], tones[:, 1, None, None, None]
    return (1 + strength) * stamps + thickness * thickening(smooth(stamps))
