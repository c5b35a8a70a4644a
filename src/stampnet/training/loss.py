"""Images and reconstructions to the squared error (section 3.5), and bent stamps to what their bending costs."""

import torch
from jaxtyping import Float
from torch import Tensor

from stampnet.matching.alignment import AlignmentConfig, prices
from stampnet.model.deformation import Basis, Deformation
from stampnet.notation import Images


def squared_error(reconstruction: Images, images: Images) -> Float[Tensor, ""]:
    """Squared differences, summed over the pixels of an image, averaged over the batch: the authors' "SSE"."""
    return (reconstruction - images).square().sum(dim=(1, 2, 3)).mean()


def cost_of_bending(deformation: Deformation, images: Images, basis: Basis) -> Float[Tensor, ""]:
    """The prices at which matching bends, summed over the slots of an image, averaged over the batch.

    Their unit is the squared norm of what a slot has to print: that of the stamps themselves, which begin faint, would
    let them bend for nothing.
    """
    energy = images.square().sum(dim=(1, 2, 3)).mean() / deformation.tones.shape[1]
    coefficients = torch.cat([deformation.bends.flatten(2), deformation.tones], dim=2)  # B M D
    # No matrix product: it would run in half precision.
    return energy * (coefficients.square() * prices(basis, AlignmentConfig())).sum(dim=(1, 2)).mean()
