"""Choices to reconstruction: press the chosen stamps, bent or not, on an empty canvas and clip (section 3.4)."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from stampnet.model.deformation import Basis, Deform, Deformation, bent, polynomials
from stampnet.model.selection_localization import Choices
from stampnet.model.tone import toned
from stampnet.notation import Images, Stamps

Prints = Float[Tensor, "B M C h w"]
"""What each slot prints in its frame."""


def press(stamps: Stamps, choices: Choices) -> Images:
    """Equations 1 and 2 at once, before the clip: every slot is its rows times its stamp times its columns.

    The paper spreads the choices over a B x N x Y x X map (equation 1) and convolves that with the stamps
    (equation 2). The map is a sum of M rank-one terms, so two banded matrices give the same image, exactly, for
    M (N h w + H h w + H W w) multiply-adds instead of H W h w N: 100 to 400 times fewer in the paper's settings.
    """
    return placed(chosen(stamps, choices), choices)


def chosen(stamps: Stamps, choices: Choices) -> Prints:
    """The stamp of each slot: a mixture where the choice is soft."""
    return torch.einsum("bmn,nchw->bmchw", choices.stamp, stamps)


def chosen_bent(stamps: Stamps, choices: Choices, deformation: Deformation, basis: Basis) -> Prints:
    """The stamp of each slot, toned and bent, as matching prints it."""
    unbent = chosen(stamps, choices)
    bends, tones = (coefficients.flatten(0, 1) for coefficients in deformation)
    return bent(toned(unbent.flatten(0, 1), tones), bends, basis).view_as(unbent)


def placed(prints: Prints, choices: Choices) -> Images:
    """The sum of what the slots print, each in its rows and columns."""
    height, width = prints.shape[-2:]
    rows = _placement(choices.row, height)[:, :, None]  # B M 1 H h
    columns = _placement(choices.column, width)[:, :, None]  # B M 1 W w
    return (rows @ prints @ columns.mT).sum(dim=1)


def _placement(choice: Float[Tensor, "B M P"], size: int) -> Float[Tensor, "B M L size"]:
    """The banded matrix T[a, u] = choice[a - u] that shifts `size` stamp pixels u to canvas pixels a."""
    return F.pad(choice, (size - 1, size - 1)).unfold(-1, size, 1).flip(-1)


class StampLayer(nn.Module):
    """The stamps, values in [0, max_value], and what they print."""

    stamps: Stamps
    basis: Basis
    """Of the fields that bend stamps."""

    def __init__(
        self,
        num_stamps: int,
        num_channels: int,
        stamp_size: tuple[int, int],
        max_value: float = 1.0,
        deform: Deform = "none",
    ) -> None:
        super().__init__()
        height, width = stamp_size
        # Glorot's bound for the kernel of the paper's convolution: N maps in, C channels out.
        bound = sqrt(6 / (height * width * (num_stamps + num_channels)))
        self.stamps = nn.Parameter(torch.empty(num_stamps, num_channels, height, width).uniform_(-bound, bound))
        self.max_value = max_value
        self.register_buffer("basis", polynomials(stamp_size, deform), persistent=False)

    def forward(self, choices: Choices, deformation: Deformation | None = None) -> Images:
        """The reconstruction: the sum of the pressed stamps, clipped once at `max_value`.

        A bent stamp may be darker than black where it is thinner; what is below 0 is clipped too.
        """
        # Exact pixels and squared errors need float32: the matrix products here must not run in half precision.
        with torch.autocast(self.stamps.device.type, enabled=False):
            return self.clipped(placed(self.prints(choices, deformation), choices))

    def prints(self, choices: Choices, deformation: Deformation | None = None) -> Prints:
        """What each slot prints in its frame."""
        if deformation is None:
            return chosen(self.stamps, choices)
        return chosen_bent(self.stamps, choices, deformation, self.basis)

    def clipped(self, pressed: Images) -> Images:
        """The sum of what the slots print, clipped."""
        return pressed.clamp(0 if len(self.basis) else None, self.max_value)

    @torch.no_grad()
    def constrain(self) -> None:
        """Moves the stamps back into [0, max_value]: after each step, not in the loss, so gradients stay plain."""
        self.stamps.clamp_(0, self.max_value)
