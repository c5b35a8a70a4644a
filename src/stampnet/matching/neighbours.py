"""Placements to which of them share pixels, or nearly so."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from stampnet.matching.placements import Placements
from stampnet.notation import Stamps

FAINT = 0.1
"""Pixels of a stamp below this part of its largest value touch nothing."""

Extents = Int64[Tensor, "N 2 2"]
"""Where the visible part of each stamp begins and where it has ended: row, column."""


def near_another(placements: Placements, m: int, distance: tuple[int, int]) -> Bool[Tensor, " B"]:
    """Whether slot `m` is filled and lies within fewer rows and columns of another filled slot."""
    near = ((placements.row - placements.row[:, m : m + 1]).abs() < distance[0]) & placements.present
    near &= (placements.column - placements.column[:, m : m + 1]).abs() < distance[1]
    near[:, m] = False
    return near.any(dim=1) & placements.present[:, m]


def extents(stamps: Stamps) -> Extents:
    """First row and column of each stamp with a pixel that is not faint, and those after the last."""
    value = stamps.abs().amax(dim=1)
    solid = value > FAINT * value.amax((1, 2), keepdim=True)
    ends = []
    for side in (2, 1):
        occupied = solid.any(dim=side).long()
        ends.append(torch.stack([occupied.argmax(1), occupied.shape[1] - occupied.flip(1).argmax(1)], dim=1))
    return torch.stack(ends, dim=2)


def touching(placements: Placements, m: int, extent: Extents) -> Bool[Tensor, " B"]:
    """Whether slot `m` is filled and its visible part meets that of another filled slot."""
    first, end = (extent[:, k][placements.stamp] for k in (0, 1))  # B M 2
    place = torch.stack([placements.row, placements.column], dim=2)
    first, end = first + place, end + place
    meets = ((first <= end[:, m : m + 1]) & (end >= first[:, m : m + 1])).all(dim=2) & placements.present
    meets[:, m] = False
    return meets.any(dim=1) & placements.present[:, m]
