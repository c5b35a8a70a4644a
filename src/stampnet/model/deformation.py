"""Coefficients to smooth displacement fields, windows seen through them, and stamps bent by them."""

from math import sqrt
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from stampnet.notation import Windows

Deform = Literal["none", "affine", "smooth"]
"""What a stamp may do when it is placed: keep its form; turn, scale and shear a little; or bend as well."""

DEGREE: dict[Deform, int] = {"affine": 1, "smooth": 4}
"""Of the polynomials that displacements are made of."""
NUM_AFFINE = 3
"""Polynomials of degree 0 and 1, which come first: shifts and linear maps."""
INVERSIONS = 4
"""Fixed-point steps that invert a field; each divides the error by the inverse of the field's slope."""

Basis = Float[Tensor, "F pixels"]
"""Functions of the place in the frame, orthonormal with respect to the mean over its pixels."""
Bends = Float[Tensor, "Q 2 F"]
"""Coefficients of displacements down and right. The root of their sum of squares is the displacement's root mean square
in pixels."""
Fields = Float[Tensor, "Q 2 h w"]
"""Displacements down and right, in pixels."""


class Deformation(NamedTuple):
    """How the stamp in each slot is changed before it is placed."""

    bends: Float[Tensor, "B M 2 F"]
    """Coefficients of displacements, see `Bends`."""
    tones: Float[Tensor, "B M 2"]
    """Thickness and strength, see `toned`."""


def polynomials(size: tuple[int, int], deform: Deform) -> Basis:
    """Polynomials in row and column up to the total degree of `deform`, the lower degrees first; none for "none".

    >>> [len(polynomials((28, 28), deform)) for deform in ("none", "affine", "smooth")]
    [0, 3, 15]
    """
    height, width = size
    if deform == "none":
        return torch.zeros(0, height * width)
    row, column = (torch.linspace(-1, 1, length, dtype=torch.float64) for length in size)
    degree = DEGREE[deform]
    powers = [(total - j, j) for total in range(degree + 1) for j in range(total + 1)]
    # On few pixels higher powers are sums of lower ones.
    powers = [(i, j) for i, j in powers if i < height and j < width]
    monomials = torch.stack([(row[:, None] ** i * column**j).flatten() for i, j in powers], dim=1)
    orthogonal, triangular = torch.linalg.qr(monomials)
    # Positive leading coefficients: more of a function is more of its highest power.
    return (orthogonal * triangular.diagonal().sign() * sqrt(height * width)).T.float().contiguous()


def displacements(bends: Bends, basis: Basis, size: tuple[int, int]) -> Fields:
    """The fields of these coefficients."""
    return (bends.flatten(0, 1) @ basis).unflatten(0, (len(bends), 2)).unflatten(2, size)


def warped(windows: Windows, fields: Fields) -> Windows:
    """Each window as seen through its field: pixel x of the result is the window at x + field(x); black beyond."""
    steps = fields.new_tensor(_steps(windows.shape[-2:]))
    grid = fields.permute(0, 2, 3, 1).flip(3) * steps + _places(windows.shape[-2:], fields)
    return F.grid_sample(windows, grid, align_corners=True)


class Lens:
    """`warped` by the displacements of coefficients, in one product: for the inner loop of an alignment."""

    def __init__(self, basis: Basis, size: tuple[int, int]) -> None:
        self.size = size
        self.places = _places(size, basis).flatten()
        across, down = _steps(size)
        nothing = torch.zeros_like(basis)
        # F functions down, then F across, to pairs of column and row.
        self.to_grid = torch.stack([torch.cat([nothing, across * basis]), torch.cat([down * basis, nothing])], dim=2)

    def __call__(self, windows: Windows, bends: Bends) -> Windows:
        """Each window as seen through its own field."""
        grid = torch.addmm(self.places, bends.flatten(1), self.to_grid.flatten(1))
        return F.grid_sample(windows, grid.view(-1, *self.size, 2), align_corners=True)


def _places(size: tuple[int, ...], like: Tensor) -> Float[Tensor, "h w 2"]:
    """The place of each pixel as `grid_sample` wants it: column first, from -1 to 1 between the outermost centres."""
    row, column = (torch.linspace(-1, 1, length, dtype=like.dtype, device=like.device) for length in size)
    return torch.stack([column.expand(size), row[:, None].expand(size)], dim=-1)


def _steps(size: tuple[int, ...]) -> tuple[float, float]:
    """One pixel across and down in these units."""
    return 2 / max(size[1] - 1, 1), 2 / max(size[0] - 1, 1)


def bent(stamps: Windows, bends: Bends, basis: Basis) -> Windows:
    """Each stamp in the frame of a window that looks like it when seen through its field."""
    if len(basis) == 0:
        return stamps
    size = (stamps.shape[2], stamps.shape[3])
    return warped(stamps, inverse(displacements(bends, basis, size)))


def inverse(fields: Fields) -> Fields:
    """The fields that undo these: with y = x + field(x), x = y + inverse(y); as good as the fields are gentle."""
    undone = -fields
    for _ in range(INVERSIONS):
        undone = -_continued(fields, undone)
    return undone


def _continued(fields: Fields, at: Fields) -> Fields:
    """`warped` for fields, which go on beyond the frame as at its border."""
    height, width = fields.shape[-2:]
    limits = torch.tensor([height - 1, width - 1], device=fields.device)
    row = torch.arange(height, device=fields.device)[:, None].expand(height, width)
    column = torch.arange(width, device=fields.device).expand(height, width)
    place = torch.stack([row, column])
    inside = torch.minimum((place + at).clamp(min=0), limits[:, None, None]) - place
    return warped(fields, inside)
