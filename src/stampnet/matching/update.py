"""Placements to better stamps: the mean of the windows that each stamp explains."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from stampnet.matching.explanation import Explanation
from stampnet.matching.windows import explained_windows, occupied, upright
from stampnet.model.deformation import Basis, displacements, warped
from stampnet.notation import Stamps, Windows

VISIBLE = 0.1
"""Pixels below this part of a stamp's largest value are haze and do not count for its centre."""
TOLERANCE = 0.1
"""A centre of mass may lie so many pixels short of the next pixel and still count as there: shapes of even width have
it exactly between two pixels, where noise would move the stamp to and fro."""


class Evidence(NamedTuple):
    """All that a batch says about the stamps; evidence of several batches or processes is added up."""

    windows: Float[Tensor, "N C h w"]
    """Sum of the straightened windows that each stamp explains, without what other stamps explain of them."""
    placements: Float[Tensor, " N"]
    """Number of those windows."""
    bends: Float[Tensor, "N 2 F"]
    """Sum of the coefficients by which the stamp bends to them."""
    log_scale: Float[Tensor, " N"]
    """Sum of the logarithms of their scales."""

    def plus(self, other: "Evidence") -> "Evidence":
        """The evidence of both."""
        return Evidence(*(one + more for one, more in zip(self, other, strict=True)))


class Misfit(NamedTuple):
    """Windows that the stamps explain badly: seeds of new stamps."""

    windows: Windows
    left: Float[Tensor, " K"]
    """How badly, at least 0: the part of the squared values of the window that is left unexplained; in a crowd and on a
    grid, the sum of those left."""

    def worst(self, number: int) -> "Misfit":
        """At most so many of the windows, that which is explained worst first."""
        order = self.left.argsort(descending=True, stable=True)[:number]
        return Misfit(self.windows[order], self.left[order])

    def joined(self, other: "Misfit") -> "Misfit":
        """The windows of both."""
        return Misfit(*(torch.cat(pair) for pair in zip(self, other, strict=True)))


def nothing_known(stamps: Stamps, num_coefficients: int) -> tuple[Evidence, Misfit]:
    """Neither evidence nor misfit, where each stamp bends by so many coefficients in each direction."""
    number = len(stamps)
    none = stamps.new_zeros(number)
    bends = stamps.new_zeros(number, 2, num_coefficients)
    return Evidence(torch.zeros_like(stamps), none, bends, none.clone()), Misfit(
        stamps.new_zeros(0, *stamps.shape[1:]), none[:0]
    )


def gather_evidence(state: Explanation, stamps: Stamps, basis: Basis) -> tuple[Evidence, Misfit]:
    """The evidence of a batch, and the windows of its first slot that might become stamps of their own.

    Windows are straightened: each is seen through the field that bends its stamp, in the stamp's own frame.
    """
    size = (stamps.shape[2], stamps.shape[3])
    evidence, misfit = nothing_known(stamps, state.bends.shape[3])
    for m in range(state.num_slots):
        which = occupied(state, m)
        windows, left = explained_windows(state, m, which)
        stamp, seen = state.placements.stamp[which, m], upright(state, m, which, windows, size)
        straight = warped(seen, displacements(state.bends[which, m], basis, size)) if state.bends.shape[3] else seen
        evidence.windows.index_add_(0, stamp, straight)
        evidence.placements.index_add_(0, stamp, windows.new_ones(len(windows)))
        evidence.bends.index_add_(0, stamp, state.bends[which, m])
        if (poses := state.poses_of(m, which)) is not None:
            evidence.log_scale.index_add_(0, stamp, poses.scale.log())
        if m == 0:
            energy = windows.square().sum((1, 2, 3)).clamp(min=1e-6)
            misfit = Misfit(seen, left.square().sum((1, 2, 3)) / energy)
    return evidence, misfit


def centring(stamps: Stamps) -> tuple[Int64[Tensor, " N"], Int64[Tensor, " N"]]:
    """Rows down and columns right by which each stamp must move to be centred.

    Centred means that its centre of mass lies in pixel h // 2, w // 2, as in MNIST. Without that rule (a gauge) a
    stamp could sit anywhere in its frame, and boxes with it.
    """
    mass = stamps.abs().sum(dim=1)
    mass = mass * (mass > VISIBLE * mass.amax((1, 2), keepdim=True))
    total = mass.sum((1, 2)).clamp(min=1e-6)
    moves = []
    for side, other in ((1, 2), (2, 1)):
        size = mass.shape[side]
        centre = (mass.sum(other) @ torch.arange(size, dtype=mass.dtype, device=mass.device)) / total
        move = size // 2 - torch.floor(centre + 0.5 + TOLERANCE).long()
        moves.append(torch.where(mass.sum((1, 2)) > 0, move, 0))
    return moves[0], moves[1]


def moved(stamps: Stamps, rows: Int64[Tensor, " N"], columns: Int64[Tensor, " N"]) -> Stamps:
    """Stamps moved within their frames; what enters is 0."""
    height, width = stamps.shape[-2:]
    row = torch.arange(height, device=stamps.device) - rows[:, None]  # N h: where each row comes from
    column = torch.arange(width, device=stamps.device) - columns[:, None]
    source = row.clamp(0, height - 1)[:, None, :, None], column.clamp(0, width - 1)[:, None, None, :]
    number = torch.arange(len(stamps), device=stamps.device)[:, None, None, None]
    channel = torch.arange(stamps.shape[1], device=stamps.device)[None, :, None, None]
    inside = ((row >= 0) & (row < height))[:, None, :, None] & ((column >= 0) & (column < width))[:, None, None, :]
    return stamps[number, channel, source[0], source[1]] * inside


def centred(stamps: Stamps) -> Stamps:
    """Stamps moved so that they are centred."""
    return moved(stamps, *centring(stamps))
