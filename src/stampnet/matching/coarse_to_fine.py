"""What is left of images to the placement that explains most of it: sought at a quarter of the size, then larger."""

from math import isqrt
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from stampnet.matching.filters import Filter, best_contrast, halve, num_levels, round_up
from stampnet.matching.placements import Placements, cut
from stampnet.notation import Images, Windows

RADIUS = 2
"""A place found at one size is sought again at twice that size within so many pixels."""
KEPT, KEPT_LATER = (1, 3, 4), (1, 2, 4)
"""How many places pass on to the next larger size, by level: full, half, quarter size; fewer are needed once other
slots are filled, for then the weights tell well where a stamp belongs."""
SIDES, SIDES_AND_CORNERS = 1, 2
"""Squared distances of the neighbours that a chosen place speaks for."""
ELSEWHERE = 4
"""Pixels from a place at which another one begins."""
LEAST_ENERGY, LEAST_SHARE = 1e-3, 0.05
"""Of a stamp where other stamps leave hardly anything to explain; and the latter as a part of its whole energy."""


def best_placement(
    residual: Images,
    weights: Images | None,
    bank: list[Filter],
    contrast: tuple[float, float],
    elsewhere: Placements | None = None,
) -> tuple[Placements, Float[Tensor, " B"]]:
    """The stamp, place and contrast that lower the error of each image most, and by how much: coarse to fine.

    All stamps are tried at all places at quarter size. The best few places (no two next to each other) are sought
    again at half size, and the best of those at full size, each time with all stamps within two pixels. Small stamps
    begin at a larger size. `weights`, if any, say how much a pixel counts. Places less than ELSEWHERE pixels from those
    of `elsewhere`, one an image, are not considered.
    """
    levels = _levels(residual, weights, bank)
    kept = KEPT if weights is None else KEPT_LATER
    top = len(levels) - 1
    row, column = _coarse_places(levels[top], kept[top], SIDES_AND_CORNERS)
    for level in reversed(range(max(top, 1))):
        gain, found = _around(levels[level], row, column, 2 if level < top else 1, contrast)
        gain, found = gain.flatten(1), Placements(*(field.flatten(1) for field in found))
        if elsewhere is not None:
            near = (found.row * 2**level - elsewhere.row[:, None]).abs() < ELSEWHERE
            near &= (found.column * 2**level - elsewhere.column[:, None]).abs() < ELSEWHERE
            gain = gain.masked_fill(near, -torch.inf)
        if level > 0:
            row, column = _distinct_places(gain, found, levels[level].last, kept[level])
    gain, best = gain.max(dim=1, keepdim=True)
    return Placements(*(field.gather(1, best)[:, 0] for field in found)), gain[:, 0]


def best_placements(
    residual: Images, weights: Images | None, bank: list[Filter], contrast: tuple[float, float], number: int
) -> tuple[Placements, Float[Tensor, "B K"]]:
    """The same near each of the most conspicuous places, `number` at most, which are a third of a stamp apart."""
    levels = _levels(residual, weights, bank)
    top = len(levels) - 1
    apart = min(bank[0].kernel.shape[2:]) // 3 // 2**top
    row, column = _coarse_places(levels[top], number, apart**2)
    for level in reversed(range(max(top, 1))):
        gain, found = _around(levels[level], row, column, 2 if level < top else 1, contrast)
        gain, best = gain.max(dim=2, keepdim=True)
        stamp, row, column, factor = (field.gather(2, best)[..., 0] for field in found)
    return Placements(stamp, row, column, factor), gain[..., 0]


class _Level(NamedTuple):
    """Images at one size, and the stamps that are sought in them."""

    images: Images
    weights: Images | None
    bank: Filter
    last: tuple[int, int]
    """The last row and column at which a stamp may begin."""


def _levels(residual: Images, weights: Images | None, bank: list[Filter]) -> list[_Level]:
    """Full size, and half and quarter where stamps are large enough."""
    height, width = residual.shape[2:]
    stamp_size = (bank[0].kernel.shape[2], bank[0].kernel.shape[3])
    top = num_levels(stamp_size) - 1
    pyramid = _pyramid(residual, stamp_size, top)
    counting: list[Tensor | None] = [None] * (top + 1)
    if weights is not None:
        # Halving makes images twice as bright, so that products stay what they are; weights must stay what they are.
        counting = [weight / 2**level for level, weight in enumerate(_pyramid(weights, stamp_size, top))]
    last = [
        (-(-(height - stamp_size[0] + 1) // 2**k) - 1, -(-(width - stamp_size[1] + 1) // 2**k) - 1)
        for k in range(top + 1)
    ]
    return [_Level(*one) for one in zip(pyramid, counting, bank, last, strict=True)]


def _distinct_places(
    gain: Float[Tensor, "B P"], found: Placements, last: tuple[int, int], num_places: int
) -> tuple[Int64[Tensor, "B K"], Int64[Tensor, "B K"]]:
    """Rows and columns of the best places, each named once however many stamps like it, none beside a better one.

    Every stamp votes for its own best place: that of the stamp which is best at this size may not be where the one
    that is best at the next size belongs.
    """
    width = last[1] + 1
    place = found.row * width + found.column
    best = gain.new_full((len(gain), (last[0] + 1) * width), -torch.inf).scatter_reduce_(1, place, gain, "amax")
    return best_places(best.unflatten(1, (-1, width)), num_places, SIDES)


def _pyramid(images: Images, stamp_size: tuple[int, int], top: int) -> list[Float[Tensor, "B C _ _"]]:
    """The images at full, half, quarter size, padded so that reduced stamps reach every place."""
    factor = 2**top
    padding = []
    for size, stamp in zip(images.shape[2:], stamp_size, strict=True):
        reach = round_up(stamp, factor) + round_up(size - stamp + 1, factor) - factor
        padding.append(max(round_up(size, factor), reach) - size)
    levels = [images]
    reduced = F.pad(images, (0, padding[1], 0, padding[0])) if any(padding) else images
    for _ in range(top):
        reduced = halve(reduced)
        levels.append(reduced)
    return levels


def _coarse_places(level: _Level, num_places: int, near: int) -> tuple[Int64[Tensor, "B K"], Int64[Tensor, "B K"]]:
    """Rows and columns of the largest correlations with stamps of norm 1, none within a squared distance of another."""
    images, weights, bank, _ = level
    if weights is None:
        likeness = F.conv2d(images, bank.kernel * bank.energy.rsqrt()[:, None, None, None])
    else:
        least = LEAST_SHARE * bank.energy[:, None, None]
        likeness = F.conv2d(images, bank.kernel) * torch.maximum(F.conv2d(weights, bank.square), least).rsqrt()
    return best_places(likeness.amax(dim=1), num_places, near)


def best_places(
    merit: Float[Tensor, "B h w"], num_places: int, near: int
) -> tuple[Int64[Tensor, "B K"], Int64[Tensor, "B K"]]:
    """Rows and columns of the largest values, best first, none within a squared distance `near` of a better one.

    Not only local maxima: where objects overlap, one maximum covers both. Yet of neighbours that all lie within
    RADIUS at the next size, one is enough. Where fewer are left than are wanted, the first row and column are named.
    """
    reach = isqrt(near)
    width = merit.shape[2] + 2 * reach
    offset = torch.arange(-reach, reach + 1, device=merit.device)
    around = (width * offset[:, None] + offset)[offset[:, None].square() + offset.square() <= near]
    first = reach * (width + 1)
    # A border spares the question whether neighbours are inside.
    left = F.pad(merit, (reach,) * 4, value=-torch.inf).flatten(1)
    chosen: list[Tensor] = []
    for _ in range(min(num_places, merit.shape[1] * merit.shape[2])):
        best = _argmax(left).clamp(min=first)  # where nothing is left, 0 is named, which is in the border
        chosen.append(best)
        left.scatter_(1, best[:, None] + around, -torch.inf)
    place = torch.stack(chosen, dim=1)
    return place // width - reach, place % width - reach


def _argmax(values: Float[Tensor, "B P"]) -> Int64[Tensor, " B"]:
    """Of each row; on a CPU, torch's own takes ten times longer than NumPy's."""
    return torch.from_numpy(values.numpy().argmax(axis=1)) if values.is_cpu else values.argmax(dim=1)


def _around(
    level: _Level,
    row: Int64[Tensor, "B P"],
    column: Int64[Tensor, "B P"],
    scale: int,
    contrast: tuple[float, float],
) -> tuple[Float[Tensor, "B P N"], Placements]:
    """The best place of each stamp within RADIUS pixels of P places, and its gain; the places were found at a size that
    is `scale` times smaller."""
    images, weights, bank, last = level
    num_places = row.shape[1]
    which = torch.arange(len(images), device=images.device).repeat_interleave(num_places)
    corners = [(scale * place).clamp(max=most).flatten() for place, most in zip((row, column), last, strict=True)]
    span = 2 * RADIUS + 1
    size = (bank.kernel.shape[2] + span - 1, bank.kernel.shape[3] + span - 1)
    product = F.conv2d(_windows(images, which, corners, size), bank.kernel)  # places N span span
    energy = bank.energy[:, None, None]
    if weights is not None:
        windows = _windows(weights, which, corners, size)
        # Far from other objects all weights are 1, and the energies known.
        near = (windows.flatten(1).amin(dim=1) < 1).nonzero()[:, 0]
        energy = energy.expand_as(product).index_put((near,), F.conv2d(windows[near], bank.square))
        energy = energy.clamp_(min=LEAST_ENERGY)
    factor, gain = best_contrast(product, energy, contrast)
    offset = torch.arange(-RADIUS, RADIUS + 1, device=images.device)
    places = [corner[:, None] + offset for corner in corners]
    inside = [(place >= 0) & (place <= most) for place, most in zip(places, last, strict=True)]
    outside = ~(inside[0][:, :, None] & inside[1][:, None, :])
    gain, best = gain.masked_fill_(outside[:, None], -torch.inf).flatten(2).max(dim=2)
    stamp = torch.arange(len(bank.energy), device=images.device).expand_as(best)
    down = corners[0][:, None] + best // span - RADIUS
    right = corners[1][:, None] + best % span - RADIUS
    found = Placements(stamp, down, right, factor.flatten(2).gather(2, best[:, :, None])[:, :, 0])
    return gain.unflatten(0, (-1, num_places)), Placements(*(field.unflatten(0, (-1, num_places)) for field in found))


def _windows(
    images: Images, which: Int64[Tensor, " K"], corners: list[Int64[Tensor, " K"]], size: tuple[int, int]
) -> Windows:
    """Windows that begin RADIUS pixels above and left of the corners; black beyond the border."""
    # One more pixel at the end: the last place of a reduced size may lie one beyond the padded image.
    padded = F.pad(images, (RADIUS, RADIUS + 1, RADIUS, RADIUS + 1))
    return cut(padded, which, corners[0], corners[1], size)
