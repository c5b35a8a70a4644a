"""Many empty slots to placements: all objects of an image that do not hide each other are found at once."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from stampnet.matching.coarse_to_fine import best_placements
from stampnet.matching.explanation import Explanation, Limits
from stampnet.matching.filters import Filter
from stampnet.matching.neighbours import Extents
from stampnet.matching.placements import Placements
from stampnet.notation import Images, Stamps


def fill_at_once(
    state: Explanation,
    stamps: Stamps,
    bank: list[Filter],
    extent: Extents,
    believed,
    limits: Limits,
    weights_of,
    contrast: tuple[float, float],
) -> None:
    open_ones = torch.arange(len(state.images), device=state.images.device)
    used = torch.zeros(len(state.images), dtype=torch.int64, device=state.images.device)
    rounds = 0
    while len(open_ones):
        explained = state.explained[open_ones]
        residual = state.images[open_ones] - explained.clamp(*limits)
        weights = None if rounds == 0 else weights_of(explained, state.saturation[open_ones])
        found, gain = best_placements(residual, weights, bank, contrast, state.num_slots)
        ok = believed(state.images[open_ones], found, gain)
        ok &= _undisturbed(found, gain.masked_fill(~ok, -torch.inf), extent)
        # best first into the slots that are left
        order = gain.masked_fill(~ok, -torch.inf).argsort(dim=1, descending=True)
        room = state.num_slots - used[open_ones]
        rank = torch.empty_like(order).scatter_(1, order, torch.arange(order.shape[1]).expand_as(order))
        ok &= rank < room[:, None]
        row, k = ok.nonzero(as_tuple=True)
        which, slot = open_ones[row], used[open_ones][row] + rank[row, k]
        one = Placements(*(field[row, k] for field in found))
        printed = one.contrast[:, None, None, None] * stamps[one.stamp]
        _add(state.explained, which, printed, one)
        state.printed[which, slot] = printed
        for field, value in zip(state.placements, one, strict=True):
            field[which, slot] = value
        state.gain[which, slot] = gain[row, k]
        used.index_add_(0, which, torch.ones_like(which))
        number = ok.sum(dim=1)
        open_ones = open_ones[(number > 0) & (used[open_ones] < state.num_slots)]
        rounds += 1


def _add(canvas: Images, which: Int64[Tensor, " K"], windows, one: Placements) -> None:
    height, width = windows.shape[-2:]
    rows = (one.row[:, None] + torch.arange(height)) * canvas.shape[3]
    columns = one.column[:, None] + torch.arange(width)
    pixel = rows[:, :, None] + columns[:, None, :]  # K h w
    for c in range(canvas.shape[1]):
        base = (which * canvas.shape[1] + c)[:, None, None] * (canvas.shape[2] * canvas.shape[3])
        canvas.view(-1).index_add_(0, (base + pixel).flatten(), windows[:, c].flatten())


def _undisturbed(found: Placements, gain: Float[Tensor, "B K"], extent: Extents) -> Bool[Tensor, "B K"]:
    """Whether no better one shares pixels with it."""
    first, end = (extent[:, k][found.stamp] for k in (0, 1))
    place = torch.stack([found.row, found.column], dim=2)
    first, end = first + place, end + place
    meets = ((first[:, :, None] < end[:, None]) & (end[:, :, None] > first[:, None])).all(dim=3)
    index = torch.arange(gain.shape[1])
    better = (gain[:, None, :] > gain[:, :, None]) | (
        (gain[:, None, :] == gain[:, :, None]) & (index[None, :] < index[:, None])
    )
    return ~(meets & better & ~torch.eye(gain.shape[1], dtype=torch.bool) & torch.isfinite(gain)[:, None, :]).any(dim=2)
