"""Placements to boxes: around the stamp, around what it explains, around what it prints, around the object."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F

from stampnet.matching.clutter import REACH, VISIBLE, least_visible, reached
from stampnet.matching.explanation import Explanation, Limits
from stampnet.matching.placements import Placements, add_windows, cut, lower_windows
from stampnet.model.stamp import Prints
from stampnet.model.tone import smooth
from stampnet.notation import Images, Windows

LEAST_DOUBT, DOUBT = 0.005, 2.0
"""A pixel belongs to a stamp with the odds of the blurred stamp's value to the doubt: this many times the mean value
of the pixels outside all frames, and a little more."""
ROUNDING = 1e-3


def boxes_at(
    row: Int64[Tensor, "B M"],
    column: Int64[Tensor, "B M"],
    size: tuple[int, int],
    scale: Float[Tensor, "B M"] | None = None,
) -> Float[Tensor, "B M 4"]:
    """Boxes x0, y0, x1, y1 of stamps at these places, scaled about their middle; upright, however stamps are turned."""
    corners, sides = [], []
    for place, length in ((column, size[1]), (row, size[0])):
        side = torch.full_like(place, length) if scale is None else (scale * length).round().long()
        corners.append(place + length // 2 - side // 2)
        sides.append(side)
    first = torch.stack(corners, dim=-1)
    return torch.cat([first, first + torch.stack(sides, dim=-1)], dim=-1).float()


def tight(printed: Prints, placements: Placements) -> Float[Tensor, "B M 4"]:
    """The least boxes that hold what each slot visibly prints; without extent for empty slots."""
    value = printed.abs().amax(dim=2)
    return _boxes_of(
        (value > VISIBLE * value.amax((2, 3), keepdim=True)) & (value > 0), placements.row, placements.column
    )


def outlined(state: Explanation) -> Float[Tensor, "B M 4"]:
    """The least boxes that hold what each image shows of its objects, also where it is larger than the stamp; without
    extent for empty slots.

    Without what the other stamps print, an object is what has at least half as much of the mean colour of its stamp as
    the object has under its stamp, hangs together with it, and lies nearer to its middle than to those of others.
    """
    height, width = state.printed.shape[-2:]
    room = round(REACH * max(height, width))
    around = (room, room, room, room)
    left = F.pad(state.images - state.explained, around)
    size = (height + 2 * room, width + 2 * room)
    which = torch.arange(len(left), device=left.device)
    distances = [_distances(F.pad(state.printed[:, m], around)) for m in range(state.num_slots)]
    least = torch.full_like(left[:, :1], torch.inf)
    for m, distance in enumerate(distances):
        present = state.placements.present[:, m, None, None, None]
        lower_windows(least, distance.masked_fill(~present, torch.inf), state.placements.slot(m))
    shown = []
    for m, distance in enumerate(distances):
        one, printed = state.placements.slot(m), F.pad(state.printed[:, m], around)
        nearest = distance <= cut(least, which, one.row, one.column, size)
        colour = printed.sum((2, 3), keepdim=True)
        like = ((cut(left, which, one.row, one.column, size) + printed) * colour).sum(dim=1, keepdim=True)
        strength = printed.abs().sum(dim=1, keepdim=True)
        mean = (like * strength).sum((2, 3), keepdim=True) / strength.sum((2, 3), keepdim=True).clamp(min=1e-6)
        bright = (like > mean / 2) & (mean > 0) & nearest
        shown.append(bright & (reached(bright, strength) > 0))
    return _boxes_of(torch.cat(shown, dim=1), state.placements.row - room, state.placements.column - room)


def _distances(windows: Windows) -> Float[Tensor, "K 1 h w"]:
    """The squared distance of each pixel from the centre of mass of its window."""
    centre = _centre(windows)
    row, column = (torch.arange(size, device=windows.device) for size in windows.shape[2:])
    down, right = (row - centre[:, :1]).square(), (column - centre[:, 1:]).square()
    return (down[:, :, None] + right[:, None, :])[:, None]


def _boxes_of(
    shown: Bool[Tensor, "B M _ _"], row: Int64[Tensor, "B M"], column: Int64[Tensor, "B M"]
) -> Float[Tensor, "B M 4"]:
    """The least boxes that hold all pixels of windows at these places; without extent where there are none."""
    ends = []
    for side, place in ((2, column), (3, row)):
        occupied = shown.any(dim=side).byte()  # argmax takes the first of equals
        length = occupied.shape[2]
        first, last = occupied.argmax(dim=2), length - occupied.flip(2).argmax(dim=2)
        is_there = occupied.any(dim=2)
        ends.append((place + first * is_there, place + last * is_there))
    (x0, x1), (y0, y1) = ends
    return torch.stack([x0, y0, x1, y1], dim=-1).float()


def print_centred(
    printed: Prints, placements: Placements, positions: tuple[int, int]
) -> tuple[Int64[Tensor, "B M"], Int64[Tensor, "B M"]]:
    """Rows and columns of the frames, centred on the mass of what the stamps print: a stamp that bends may move.

    They stay within the image, which has so many `positions` (Y, X) for a stamp.
    """
    height, width = printed.shape[-2:]
    centre = _centre(printed.flatten(0, 1)).unflatten(0, placements.row.shape)
    corner = torch.floor(centre + 0.5 + ROUNDING).long() - centre.new_tensor([height // 2, width // 2]).long()
    moved = placements.row + corner[..., 0], placements.column + corner[..., 1]
    row, column = (place.clamp(0, most - 1) for place, most in zip(moved, positions, strict=True))
    return row, column


def mass_centred(
    state: Explanation, limits: Limits, hold: float = 0.0
) -> tuple[Int64[Tensor, "B M"], Int64[Tensor, "B M"]]:
    """Rows and columns of the frames of the stamps, centred on the object instead of its prototype.

    Frames that are off by less than `hold` pixels stay where they are.

    Pixels are shared between the stamps, and with the clutter around them. The frame moves by the
    distance between the centre of mass of what is shared to the object and that of what the stamps print there, so that
    hidden parts of an object do not draw it away. The pixel with the centre of mass becomes pixel h // 2, w // 2 of
    the frame, as in MNIST. Frames lie on whole pixels, and within the image.
    """
    height, width = state.printed.shape[-2:]
    sharp = state.printed.abs().sum(dim=2, keepdim=True)
    soft = smooth(sharp.flatten(0, 1)).unflatten(0, sharp.shape[:2])  # an object may reach beyond its stamp
    frame = state.placements.present[:, :, None, None, None] * torch.ones_like(soft)
    total, covered = torch.zeros_like(state.images[:, :1]), torch.zeros_like(state.images[:, :1])
    num_slots = state.num_slots
    for m in range(num_slots):
        add_windows(total, soft[:, m], state.placements.slot(m))
        add_windows(covered, frame[:, m], state.placements.slot(m))
    printed = state.explained.clamp(*limits)
    doubt = LEAST_DOUBT + DOUBT * _value_outside(state.images, covered)
    visible = least_visible(limits)
    which = torch.arange(len(total), device=total.device)
    moves = []
    for m in range(num_slots):
        one = state.placements.slot(m)
        place = (which, one.row, one.column, (height, width))
        window = cut(state.images, *place)
        share = soft[:, m] / (cut(total, *place) + doubt[:, None, None, None])
        share = share * reached(window.abs().amax(dim=1, keepdim=True) > visible, sharp[:, m])
        moves.append(_centre(state.printed[:, m]) + _centre(window * share) - _centre(cut(printed, *place) * share))
    middle = torch.tensor([height // 2, width // 2], device=total.device)
    off = torch.stack(moves, dim=1) - middle
    off = torch.where(off.abs() < hold, 0.0, torch.floor(off + 0.5 + ROUNDING))
    rows, columns = state.images.shape[2:]
    row = (state.placements.row + off[..., 0]).clamp(0, rows - height)
    column = (state.placements.column + off[..., 1]).clamp(0, columns - width)
    return row.long(), column.long()


def _value_outside(images: Images, covered: Float[Tensor, "B 1 H W"]) -> Float[Tensor, " B"]:
    """Mean absolute value, summed over channels, of the pixels outside all frames; 0 where there are none."""
    outside = (covered == 0).float()
    return (images.abs() * outside).sum((1, 2, 3)) / outside.sum((1, 2, 3)).clamp(min=1)


def _centre(windows: Windows) -> Float[Tensor, "K 2"]:
    """Row and column of the centre of mass of each window; its middle where there is no mass."""
    mass = windows.abs().sum(dim=1)
    total = mass.sum((1, 2))
    centres = []
    for side, other in ((1, 2), (2, 1)):
        at = torch.arange(mass.shape[side], dtype=mass.dtype, device=mass.device)
        middle = (mass.shape[side] - 1) / 2
        centres.append(torch.where(total > 0, mass.sum(other) @ at / total.clamp(min=1e-6), middle))
    return torch.stack(centres, dim=-1)
