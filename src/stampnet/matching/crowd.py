"""Images with many objects: those that do not hide each other are found at once; on a grid, none does."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F

from stampnet.matching.coarse_to_fine import best_placements
from stampnet.matching.explanation import Explanation
from stampnet.matching.filters import best_contrast
from stampnet.matching.neighbours import Extents
from stampnet.matching.placements import Placements, add_windows_at
from stampnet.matching.sought import Sought
from stampnet.notation import Images

APART = 2
"""Rows or columns, at least, by which the frame of an object lies off those found before it. No more, for thin ones, as
letters, lie close together."""


def fill_at_once(state: Explanation, sought: Sought) -> None:
    """Fills empty slots, many at a time, until nothing more is believed; in place.

    Each time the best placements near the most conspicuous places are looked at, and those that touch no better one
    are taken: what one explains says nothing of another. So the cost grows with how deep objects are piled, not with
    their number. At first as many places are looked at as there are slots, then, in each image, at least as many as
    were believed the time before: what is left is mostly what touched a better one.
    """
    device = state.images.device
    open_ones = torch.arange(len(state.images), device=device)
    filled = torch.zeros(len(state.images), dtype=torch.int64, device=device)
    num_places = torch.full_like(filled, state.num_slots)
    residual, weights = state.images, None
    while len(open_ones):
        images = state.images[open_ones]
        found, gain = _best_placements(residual, weights, sought, num_places, state.num_slots)
        believed = sought.is_believed(images, found, gain) & ~_lies_on_one(found, state.placements.of(open_ones))
        gain = gain.masked_fill(~believed, -torch.inf)
        order = gain.argsort(dim=1, descending=True)
        gain, found = gain.gather(1, order), Placements(*(field.gather(1, order) for field in found))
        is_there = gain > -torch.inf
        taken = is_there & ~_touches_a_better_one(found, is_there, sought.extent)
        slot = filled[open_ones, None] + taken.cumsum(dim=1) - 1
        taken &= slot < state.num_slots
        row, k = taken.nonzero(as_tuple=True)
        _put(state, open_ones[row], slot[row, k], Placements(*(field[row, k] for field in found)), gain[row, k], sought)
        number = taken.sum(dim=1)
        filled[open_ones] += number
        goes_on = (number > 0) & (filled[open_ones] < state.num_slots)
        open_ones, num_places = open_ones[goes_on], is_there.sum(dim=1)[goes_on]
        residual, weights = sought.left(
            state.images[open_ones], state.explained[open_ones], state.saturation[open_ones]
        )


def _best_placements(
    residual: Images, weights: Images | None, sought: Sought, num_places: Int64[Tensor, " B"], at_most: int
) -> tuple[Placements, Float[Tensor, "B K"]]:
    """The best placements near so many places of each image, `at_most` or fewer, and their gains; -inf beyond these.

    Images are looked at together with those of about as many places, in powers of two: what is found in one does not
    depend on which others come along.
    """
    number = (2 ** num_places.clamp(min=1).float().log2().ceil().long()).clamp(max=at_most)
    most = int(number.max())
    gain = residual.new_full((len(residual), most), -torch.inf)
    place = torch.zeros_like(gain, dtype=torch.int64)
    found = Placements(place, place.clone(), place.clone(), torch.zeros_like(gain))
    for some in number.unique().tolist():
        which = (number == some).nonzero()[:, 0]
        own = None if weights is None else weights[which]
        placed, gained = best_placements(residual[which], own, sought.bank, sought.config.contrast, some)
        gain[which, : gained.shape[1]] = gained
        for field, values in zip(found, placed, strict=True):
            field[which, : values.shape[1]] = values
    return found, gain


def fill_grid(state: Explanation, sought: Sought) -> None:
    """Fills all slots with the squares of a grid that are explained best, as far as they are believed; in place."""
    bank = sought.bank[0]
    height, width = bank.kernel.shape[2:]
    product = F.conv2d(state.images, bank.kernel, stride=(height, width))  # B N rows columns
    factor, gain = best_contrast(product, bank.energy[:, None, None], sought.config.contrast)
    gain, stamp = gain.max(dim=1, keepdim=True)
    across, number = gain.shape[3], gain.shape[2] * gain.shape[3]
    square = torch.arange(number, device=gain.device).expand(len(gain), -1)
    row, column = square // across * height, square % across * width
    found = Placements(stamp.flatten(1), row, column, factor.gather(1, stamp).flatten(1))
    gain = gain.flatten(1)
    gain = gain.masked_fill(~sought.is_believed(state.images, found, gain), -torch.inf)
    gain, best = gain.topk(min(state.num_slots, number), dim=1)
    image, slot = (gain > -torch.inf).nonzero(as_tuple=True)
    chosen = best[image, slot]
    _put(state, image, slot, Placements(*(field[image, chosen] for field in found)), gain[image, slot], sought)


def _lies_on_one(found: Placements, placed: Placements) -> Bool[Tensor, "B K"]:
    """Whether there is a stamp already: what that leaves of its object, for it is cut off, or unlike all stamps, is no
    further one."""
    near = (found.row[:, :, None] - placed.row[:, None]).abs() < APART
    near &= (found.column[:, :, None] - placed.column[:, None]).abs() < APART
    return (near & placed.present[:, None]).any(dim=2)


def _touches_a_better_one(found: Placements, is_there: Bool[Tensor, "B K"], extent: Extents) -> Bool[Tensor, "B K"]:
    """Whether the visible part of a placement shares pixels with that of one before it."""
    first, end = (extent[:, k][found.stamp] for k in (0, 1))  # B K 2
    place = torch.stack([found.row, found.column], dim=2)
    first, end = first + place, end + place
    meets = ((first[:, :, None] < end[:, None]) & (end[:, :, None] > first[:, None])).all(dim=3)
    return (meets & is_there[:, None]).tril(diagonal=-1).any(dim=2)


def _put(
    state: Explanation,
    which: Int64[Tensor, " P"],
    slot: Int64[Tensor, " P"],
    one: Placements,
    gain: Float[Tensor, " P"],
    sought: Sought,
) -> None:
    """Sets P slots that were empty; in place."""
    printed = one.contrast[:, None, None, None] * sought.stamps[one.stamp]
    add_windows_at(state.explained, which, printed, one)
    state.printed[which, slot], state.gain[which, slot] = printed, gain
    for field, value in zip(state.placements, one, strict=True):
        field[which, slot] = value
