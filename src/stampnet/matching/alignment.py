"""Windows and stamps to how each stamp must bend to look like the window, and how well it then does."""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from stampnet.errors import InputError
from stampnet.model.config import at_least_one
from stampnet.model.deformation import NUM_AFFINE, Basis, Bends, Lens
from stampnet.model.tone import NUM_TONES, Tones, gradient, smooth, thickening
from stampnet.notation import Stamps, Windows

STAMPS_AT_ONCE = 64
"""Of which the derivatives by all coefficients are held."""
PAIRS_AT_ONCE = 512
"""Of a window and a stamp: their windows, gradients and fields fit into the caches of a processor."""


@dataclass(frozen=True, kw_only=True)
class AlignmentConfig:
    """How stamps are bent.

    Stiffnesses are prices, in parts of the mean squared norm of the stamps, of one square pixel of mean square
    displacement, or of a change of thickness by one pixel or of strength by the whole.
    """

    num_candidates: int = 40
    """Stamps that begin to bend to each object: those most like it in their fixed form."""
    first_steps: int = 1
    """Of Gauss and Newton, after which the rivals are chosen among the candidates."""
    num_rivals: int = 6
    """Stamps that go on."""
    steps: int = 7
    """Of Gauss and Newton, in all."""
    affine: float = 0.005
    """Price of shifts and linear maps."""
    smooth: float = 0.015
    """Price of what is left of a displacement without these."""
    tone: float = 0.02
    """Price of thickness and strength."""
    slope: float = 3.0
    """What the squared slope of an error counts beside the squared error, in square pixels, where stamps are compared:
    errors that are left after bending vary slowly, and those that tell one form from another do not. Stamps bend by the
    plain error alone, which leads them from farther away."""
    most_added: float = 0.4
    """What a window has more than the stamp prints counts, for each pixel, up to this part of the largest value of all
    stamps: so much more belongs to something else. On digits that lie alone one pixel of a stamp in 500 is off by as
    much. Were it a part of the stamp's own largest value, the faintest stamp would explain everything."""

    def __post_init__(self) -> None:
        at_least_one(
            num_candidates=self.num_candidates,
            first_steps=self.first_steps,
            num_rivals=self.num_rivals,
            steps=self.steps,
        )
        for name in ("affine", "smooth", "tone", "most_added"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} must be above 0, got {getattr(self, name)}")
        if not self.slope >= 0:
            raise InputError(f"slope must be at least 0, got {self.slope}")
        for name in ("affine", "smooth", "tone", "slope"):
            if getattr(self, name) == inf:
                raise InputError(f"{name} must be finite, got inf; give a large number, such as 1000")


class Templates(NamedTuple):
    """What aligning a window with a stamp is computed from; errors are measured after smoothing."""

    value: Float[Tensor, "N values"]
    down: Float[Tensor, "N values"]
    """The gradient."""
    right: Float[Tensor, "N values"]
    thicker: Float[Tensor, "N values"]
    """How the stamp changes where its outlines move outwards by one pixel: the norm of the gradient, signed."""
    least_error: Float[Tensor, "N C 1"]
    """Of a pixel: no limit in channels in which the stamp is brighter than what it lies on."""
    largest_error: Float[Tensor, "N C 1"]
    """No limit in channels in which it is darker."""
    inverse: Float[Tensor, "N D D"]
    """Of the matrix of Gauss and Newton's normal equations."""
    price: Float[Tensor, " D"]
    """Of the square of each coefficient."""
    slope: float
    """What the squared slope of an error counts."""


class Aligned(NamedTuple):
    """Pairs of a window and a stamp, aligned."""

    bends: Bends
    tones: Tones
    cost: Float[Tensor, " Q"]
    """Squared error of the smoothed window in the stamp's frame, where what is added to a pixel counts up to a cap; its
    squared slope; and the price of the coefficients."""


def templates(stamps: Stamps, basis: Basis, config: AlignmentConfig, stiffness: float = 1.0) -> Templates:
    """Everything about the stamps that does not depend on the windows; `stiffness` multiplies all prices."""
    value = smooth(stamps)
    down, right = gradient(value)
    thicker = thickening(value)
    flat_value, flat_down, flat_right, flat_thicker = (x.flatten(1) for x in (value, down, right, thicker))
    functions = basis.repeat(1, stamps.shape[1])
    curvatures = []
    for one, *slopes, thick in zip(
        *(x.split(STAMPS_AT_ONCE) for x in (flat_value, flat_down, flat_right, flat_thicker)), strict=True
    ):
        along = [slope[:, None] * functions for slope in slopes]
        jacobian = torch.cat([*along, -thick[:, None], -one[:, None]], dim=1)
        curvatures.append(jacobian @ jacobian.mT)
    energy = flat_value.square().sum(1).mean().clamp(min=1e-6)
    price = energy * prices(basis, config)
    if stiffness != torch.inf:  # then no coefficient leaves 0
        price = stiffness * price
    normal = torch.cat(curvatures) + torch.diag(price)
    added = config.most_added * flat_value.abs().amax().clamp(min=1e-6)
    # Colour objects may be brighter than their background in one channel and darker in another.
    is_dark = flat_value.unflatten(1, (stamps.shape[1], -1)).sum(dim=2, keepdim=True) < 0
    least, largest = torch.where(is_dark, -added, -torch.inf), torch.where(is_dark, torch.inf, added)
    fields = (flat_value, flat_down, flat_right, flat_thicker, least, largest)
    return Templates(*fields, torch.linalg.inv(normal), price, config.slope)


def prices(basis: Basis, config: AlignmentConfig) -> Float[Tensor, " D"]:
    """Of the square of each coefficient, those of displacements down, right, then tones, in parts of a squared norm."""
    along = torch.full((len(basis),), config.smooth, device=basis.device)
    along[:NUM_AFFINE] = config.affine
    return torch.cat([along, along, torch.full((NUM_TONES,), config.tone, device=basis.device)])


def align(
    windows: Windows,
    which: Int64[Tensor, " Q"],
    stamp: Int64[Tensor, " Q"],
    template: Templates,
    basis: Basis,
    steps: int,
    begun: Aligned | None = None,
) -> Aligned:
    """Bends each `stamp` so that smoothed window number `which`, seen through the field, looks like it.

    Gauss-Newton on the stamp's gradient instead of the window's, as in the inverse compositional method (Baker and
    Matthews, IJCV 56, 2004), so that the normal matrix of each stamp is inverted once. The window x and the stamp s
    with gradient magnitude t are related by x(p + u(p)) = (1 + b) s(p) + a t(p); u, a and b have a price. Pairs that
    were aligned before go on from what was `begun`.
    """
    if begun is None:
        coefficients = windows.new_zeros(len(which), 2 * len(basis) + NUM_TONES)
    else:
        coefficients = torch.cat([begun.bends.flatten(1), begun.tones], dim=1)
    parts = [
        _align(windows[pair], own, first, template, basis, steps)
        for pair, own, first in zip(*(x.split(PAIRS_AT_ONCE) for x in (which, stamp, coefficients)), strict=True)
    ]
    return Aligned(*(torch.cat(field) for field in zip(*parts, strict=True)))


def _align(
    windows: Windows,
    stamp: Int64[Tensor, " Q"],
    coefficients: Float[Tensor, "Q D"],
    template: Templates,
    basis: Basis,
    steps: int,
) -> Aligned:
    channels, *size = windows.shape[1:]
    num_functions = len(basis)
    value, down, right, thicker, least, largest, inverse = (field[stamp] for field in template[:-2])
    seen_through = Lens(basis, (size[0], size[1]))
    for step in range(steps + 1):
        bends, tones = _parts(coefficients, num_functions)
        error = (seen_through(windows, bends) if num_functions else windows).flatten(1) - value
        error.addcmul_(value, tones[:, 1:], value=-1).addcmul_(thicker, tones[:, :1], value=-1)
        error.unflatten(1, (channels, -1)).clamp_(least, largest)  # in place
        if step == steps:
            break
        slopes = [(field * error).unflatten(1, (channels, -1)).sum(1) for field in (down, right)]
        descent = torch.cat(
            [
                *(slope @ basis.T for slope in slopes),
                *(-torch.linalg.vecdot(field, error)[:, None] for field in (thicker, value)),
            ],
            dim=1,
        )
        descent.addcmul_(coefficients, template.price)
        coefficients = torch.baddbmm(coefficients[:, :, None], inverse, descent[:, :, None], alpha=-1)[:, :, 0]
    cost = error.square().sum(1) + coefficients.square() @ template.price
    image = error.view(-1, channels, *size)
    for dim in (2, 3):
        cost += template.slope * image.diff(dim=dim).square().sum((1, 2, 3))
    return Aligned(bends, tones, cost)


def _parts(coefficients: Float[Tensor, "Q D"], num_functions: int) -> tuple[Bends, Tones]:
    return coefficients[:, :-NUM_TONES].unflatten(1, (2, num_functions)), coefficients[:, -NUM_TONES:]
