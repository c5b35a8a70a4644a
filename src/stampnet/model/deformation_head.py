"""Features to how the stamp of each slot is bent and toned."""

import torch
from torch import nn

from stampnet.model.deformation import Deformation
from stampnet.model.encoder import BATCH_NORM_EPS, BATCH_NORM_MOMENTUM, LEAKY_SLOPE
from stampnet.model.tone import NUM_TONES
from stampnet.notation import Features


class DeformationHead(nn.Module):
    """A fourth head beside those of the selection-and-localisation layer.

    Its last layer is linear, for coefficients have both signs and no bound, and begins at zero: stamps keep their form
    until there is a reason to bend.
    """

    def __init__(self, num_features: int, head_features: int, max_shapes: int, num_functions: int) -> None:
        super().__init__()
        self.num_functions = num_functions
        self.slots = nn.Unflatten(1, (max_shapes, 2 * num_functions + NUM_TONES))
        self.hidden = nn.Sequential(
            nn.Linear(num_features, head_features),
            nn.LeakyReLU(LEAKY_SLOPE),
            nn.BatchNorm1d(head_features, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
        )
        self.last = nn.Linear(head_features, max_shapes * (2 * num_functions + NUM_TONES))

    def forward(self, features: Features) -> Deformation:
        coefficients = self.slots(self.last(self.hidden(features)))  # B M 2F+2
        bends, tones = coefficients[..., :-NUM_TONES], coefficients[..., -NUM_TONES:]
        return Deformation(bends.unflatten(2, (2, self.num_functions)), tones)

    @torch.no_grad()
    def keep_form(self) -> None:
        """Makes the answer zero for all features."""
        self.last.weight.zero_()
        self.last.bias.zero_()
