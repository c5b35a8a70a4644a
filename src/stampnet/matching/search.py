"""Images and stamps to placements: which stamps, put where, explain the images best."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F

from stampnet.matching.explanation import Explanation, Limits, Placed, explanation
from stampnet.matching.filters import Filter, filters, halve, num_levels, round_up
from stampnet.matching.placements import Placements, add_windows, cut, nothing, prints
from stampnet.notation import Images, Stamps, Windows

RADIUS = 2
"""A place found at one size is sought again at twice that size within so many pixels."""
KEPT, KEPT_LATER = (1, 3, 4), (1, 2, 4)
"""How many places pass on to the next larger size, by level: full, half, quarter size; fewer are needed once other
slots are filled, for then the weights tell well where a stamp belongs."""
SIDES, SIDES_AND_CORNERS = 1, 2
"""Squared distances of the neighbours that a chosen place speaks for."""
ELSEWHERE = 4
"""Pixels from a place at which another one begins."""
PROMISING = 1.5
"""A second beginning is followed up if its error is below this multiple of what the first has ended with."""
BETTER = 0.98
"""And kept if it ends below this part of it: two faint stamps on one object explain it a little better than one."""
LEAST_ENERGY, LEAST_SHARE = 1e-3, 0.05
"""Of a stamp where other stamps leave hardly anything to explain; and the latter as a part of its whole energy."""
FAINT = 0.1
"""Pixels of a stamp below this part of its largest value touch nothing."""


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How placements are sought."""

    contrast: tuple[float, float] = (0.5, 2.0)
    """Least and largest factor of a stamp: an object may be fainter or brighter than its stamp by so much."""
    rounds: int = 3
    """How often at most a slot is sought again after its neighbours have changed."""
    second_start: bool = True
    """Whether objects close together are sought from a second beginning too."""


Extents = Int64[Tensor, "N 2 2"]
"""Where the visible part of each stamp begins and where it has ended: row, column."""
Seek = Callable[..., Bool[Tensor, " K"]]
"""`_seek` for given stamps: state, slot, images, and optionally where not to look."""


def search(
    images: Images,
    stamps: Stamps,
    max_shapes: int,
    limits: Limits,
    threshold: float | Tensor = 0.0,
    config: SearchConfig = SearchConfig(),
) -> Explanation:
    """Matching pursuit with second thoughts.

    Slot after slot takes the stamp and place of largest gain in what the slots before it leave unexplained. Then each
    slot that shares pixels with another one is emptied and sought again, until nothing changes or for
    `config.rounds` rounds. A slot whose gain is at most `threshold` stays empty. With `config.second_start`, objects
    close together are then sought once more from another beginning (see `_start_again`).
    """
    bank = filters(stamps)
    empty = nothing(len(images), max_shapes, images.device)
    state = explanation(images, stamps, Placed(empty, torch.zeros_like(empty.contrast)), limits)
    seek = partial(_seek, stamps=stamps, bank=bank, limits=limits, threshold=threshold, config=config)
    everyone = torch.arange(len(images), device=images.device)
    for m in range(max_shapes):
        seek(state, m, everyone)
    if max_shapes > 1:
        extent = extents(stamps)
        _revisit(state, extent, config.rounds - 1, seek)
        if config.second_start:
            _start_again(state, stamps, extent, limits, config.rounds, seek)
    return state


def _revisit(state: Explanation, extent: Extents, rounds: int, seek: Seek) -> None:
    """Empties and seeks again each slot whose neighbours changed, until none does or for so many rounds; in place."""
    moved = torch.ones(len(state.images), dtype=torch.bool, device=state.images.device)
    for _ in range(rounds):
        moving = torch.zeros_like(moved)
        for m in range(state.gain.shape[1]):
            again = (touching(state.placements, m, extent) & (moved | moving)).nonzero()[:, 0]
            if len(again):
                moving[again] |= seek(state, m, again)
        moved = moving
        if not moved.any():
            break


def _start_again(state: Explanation, stamps: Stamps, extent: Extents, limits: Limits, rounds: int, seek: Seek) -> None:
    """Seeks objects that lie close together jointly from a second beginning, and keeps the better end; in place.

    The first stamp on two overlapping objects may settle between them, where no change of one slot alone mends it.
    So all slots within half a stamp of another one are emptied, and the first of them must begin at another place than
    it had.
    """
    close_by = (stamps.shape[2] // 2, stamps.shape[3] // 2)
    close = torch.stack([near_another(state.placements, m, close_by) for m in range(state.gain.shape[1])], dim=1)
    close &= state.placements.present
    which = close.any(dim=1).nonzero()[:, 0]
    if len(which) == 0:
        return
    trial, close = state.of(which), close[which]
    before = trial.placements.of(torch.arange(len(which), device=which.device))
    for m in range(close.shape[1]):
        trial.remove(m, close[:, m])
    begun = torch.zeros_like(close[:, 0])
    for m in range(close.shape[1]):
        first, later = (close[:, m] & ~begun).nonzero()[:, 0], (close[:, m] & begun).nonzero()[:, 0]
        if len(first):
            seek(trial, m, first, elsewhere=before.slot(m).of(first))
        if len(later):
            seek(trial, m, later)
        begun |= close[:, m]
    promising = _lower(trial, state.of(which), PROMISING, limits).nonzero()[:, 0]
    trial, which = trial.of(promising), which[promising]
    _revisit(trial, extent, rounds, seek)
    better = _lower(trial, state.of(which), BETTER, limits)
    chosen = which[better]
    for m in range(close.shape[1]):
        state.placements.put(chosen, m, trial.placements.slot(m).of(better.nonzero()[:, 0]))
    state.explained[chosen], state.gain[chosen] = trial.explained[better], trial.gain[better]
    state.printed[chosen] = trial.printed[better]


def _lower(a: Explanation, b: Explanation, part: float, limits: Limits) -> Bool[Tensor, " B"]:
    """Whether the squared error of the clipped sum (equation 2) of `a` is below this part of that of `b`.

    Only pixels within a placed stamp of either count: no placement changes what clutter leaves elsewhere.
    """
    here = (a.explained != 0) | (b.explained != 0)
    printed = [one.explained.clamp(*limits) for one in (a, b)]
    error = [((a.images - one).square() * here).sum((1, 2, 3)) for one in printed]
    return error[0] < part * error[1]


def near_another(placements: Placements, m: int, distance: tuple[int, int]) -> Bool[Tensor, " B"]:
    """Whether slot `m`, empty or not, lies within fewer rows and columns of another slot that is not empty."""
    near = ((placements.row - placements.row[:, m : m + 1]).abs() < distance[0]) & placements.present
    near &= (placements.column - placements.column[:, m : m + 1]).abs() < distance[1]
    near[:, m] = False
    return near.any(dim=1)


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
    """Whether the visible part of slot `m`, empty or not, meets that of another slot that is not empty."""
    first, end = (extent[:, k][placements.stamp] for k in (0, 1))  # B M 2
    place = torch.stack([placements.row, placements.column], dim=2)
    first, end = first + place, end + place
    meets = ((first <= end[:, m : m + 1]) & (end >= first[:, m : m + 1])).all(dim=2) & placements.present
    meets[:, m] = False
    return meets.any(dim=1)


def _seek(
    state: Explanation,
    m: int,
    which: Int64[Tensor, " K"],
    elsewhere: Placements | None = None,
    *,
    stamps: Stamps,
    bank: list[Filter],
    limits: Limits,
    threshold: float | Tensor,
    config: SearchConfig,
) -> Bool[Tensor, " K"]:
    """Empties slot `m` of some images and fills it anew, not where `elsewhere` lies; whether that changed it."""
    part = state.of(which)
    old = part.placements.slot(m)
    add_windows(part.explained, part.printed[:, m], old, sign=-1.0)
    others = part.placements.present.clone()
    others[:, m] = False
    if others.any():
        # What the clipped sum of equation 2 leaves open, and how much more of a stamp would matter where it is clipped.
        residual = part.images - part.explained.clamp(*limits)
        weights = 1 - (part.explained * part.saturation).clamp(0, 1).square()
    else:
        residual, weights = part.images, None
    new, gain = best_placement(residual, weights, bank, config.contrast, elsewhere)
    new = new._replace(contrast=torch.where(gain > threshold, new.contrast, 0.0))
    printed = prints(stamps, new)
    add_windows(part.explained, printed, new)
    state.explained[which], state.printed[which, m] = part.explained, printed
    state.placements.put(which, m, new)
    state.gain[which, m] = gain
    same = torch.stack([a == b for a, b in zip(old[:3], new[:3], strict=True)]).all(dim=0)
    return ~(same & (old.present == new.present))


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
    num_images, _, height, width = residual.shape
    stamp_size = (bank[0].kernel.shape[2], bank[0].kernel.shape[3])
    positions = (height - stamp_size[0] + 1, width - stamp_size[1] + 1)
    top = num_levels(stamp_size) - 1
    pyramid = _pyramid(residual, stamp_size, top)
    counting: list[Tensor | None] = [None] * (top + 1)
    if weights is not None:
        # Halving makes images twice as bright, so that products stay what they are; weights must stay what they are.
        counting = [weight / 2**level for level, weight in enumerate(_pyramid(weights, stamp_size, top))]
    kept = KEPT if weights is None else KEPT_LATER
    images = torch.arange(num_images, device=residual.device)

    row, column = _coarse_places(pyramid[top], counting[top], bank[top], kept[top])
    for level in reversed(range(max(top, 1))):
        num_places = row.shape[1]
        last = [-(-size // 2**level) - 1 for size in positions]
        scale = 2 if level < top else 1
        corners = [(scale * place).clamp(max=most).flatten() for place, most in zip((row, column), last, strict=True)]
        which = images.repeat_interleave(num_places)
        gain, found = _around(pyramid[level], counting[level], bank[level], which, corners, last, contrast)
        gain, found = gain.view(num_images, -1), Placements(*(field.reshape(num_images, -1) for field in found))
        if elsewhere is not None:
            near = (found.row * 2**level - elsewhere.row[:, None]).abs() < ELSEWHERE
            near &= (found.column * 2**level - elsewhere.column[:, None]).abs() < ELSEWHERE
            gain = gain.masked_fill(near, -torch.inf)
        if level > 0:
            row, column = _distinct_places(gain, found, last, kept[level])
    gain, best = gain.max(dim=1, keepdim=True)
    return Placements(*(field.gather(1, best)[:, 0] for field in found)), gain[:, 0]


def _distinct_places(
    gain: Float[Tensor, "B P"], found: Placements, last: list[int], num_places: int
) -> tuple[Int64[Tensor, "B K"], Int64[Tensor, "B K"]]:
    """Rows and columns of the best places, each named once however many stamps like it, none beside a better one.

    Every stamp votes for its own best place: that of the stamp which is best at this size may not be where the one
    that is best at the next size belongs.
    """
    width = last[1] + 1
    place = found.row * width + found.column
    best = gain.new_full((len(gain), (last[0] + 1) * width), -torch.inf).scatter_reduce_(1, place, gain, "amax")
    return _best_places(best.unflatten(1, (-1, width)), num_places, SIDES)


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


def _coarse_places(
    images: Images, weights: Images | None, bank: Filter, num_places: int
) -> tuple[Int64[Tensor, "B K"], Int64[Tensor, "B K"]]:
    """Rows and columns of the largest correlations with stamps of norm 1."""
    if weights is None:
        likeness = F.conv2d(images, bank.kernel * bank.energy.rsqrt()[:, None, None, None])
    else:
        least = LEAST_SHARE * bank.energy[:, None, None]
        likeness = F.conv2d(images, bank.kernel) * torch.maximum(F.conv2d(weights, bank.square), least).rsqrt()
    return _best_places(likeness.amax(dim=1), num_places, SIDES_AND_CORNERS)


def _best_places(
    merit: Float[Tensor, "B h w"], num_places: int, near: int
) -> tuple[Int64[Tensor, "B K"], Int64[Tensor, "B K"]]:
    """Rows and columns of the largest values, best first, none within a squared distance `near` of a better one.

    Not only local maxima: where objects overlap, one maximum covers both. Yet of neighbours that all lie within
    RADIUS at the next size, one is enough. Overwrites `merit`.
    """
    height, width = merit.shape[1:]
    row, column = torch.arange(height, device=merit.device), torch.arange(width, device=merit.device)
    chosen: list[Tensor] = []
    for _ in range(min(num_places, height * width)):
        best = merit.flatten(1).argmax(dim=1)
        chosen.append(best)
        down, across = (row - (best // width)[:, None]).square(), (column - (best % width)[:, None]).square()
        merit.masked_fill_(down[:, :, None] + across[:, None, :] <= near, -torch.inf)
    place = torch.stack(chosen, dim=1)
    return place // width, place % width


def _around(
    images: Images,
    weights: Images | None,
    bank: Filter,
    which: Int64[Tensor, " K"],
    corners: list[Int64[Tensor, " K"]],
    last: list[int],
    contrast: tuple[float, float],
) -> tuple[Float[Tensor, "K N"], Placements]:
    """The best place of each stamp within RADIUS pixels of K corners, at most `last`, and its gain."""
    span = 2 * RADIUS + 1
    size = (bank.kernel.shape[2] + span - 1, bank.kernel.shape[3] + span - 1)
    product = F.conv2d(_windows(images, which, corners, size), bank.kernel)  # K N span span
    energy = bank.energy[:, None, None]
    if weights is not None:
        windows = _windows(weights, which, corners, size)
        # Far from other objects all weights are 1, and the energies known.
        near = (windows.flatten(1).amin(dim=1) < 1).nonzero()[:, 0]
        energy = energy.expand_as(product).index_put((near,), F.conv2d(windows[near], bank.square))
        energy = energy.clamp_(min=LEAST_ENERGY)
    factor = (product / energy).clamp_(*contrast)
    gain = factor * (2 * product - factor * energy)
    offset = torch.arange(-RADIUS, RADIUS + 1, device=images.device)
    places = [corner[:, None] + offset for corner in corners]
    inside = [(place >= 0) & (place <= most) for place, most in zip(places, last, strict=True)]
    outside = ~(inside[0][:, :, None] & inside[1][:, None, :])
    gain, best = gain.masked_fill_(outside[:, None], -torch.inf).flatten(2).max(dim=2)
    stamp = torch.arange(len(bank.energy), device=images.device).expand_as(best)
    row = corners[0][:, None] + best // span - RADIUS
    column = corners[1][:, None] + best % span - RADIUS
    return gain, Placements(stamp, row, column, factor.flatten(2).gather(2, best[:, :, None])[:, :, 0])


def _windows(
    images: Images, which: Int64[Tensor, " K"], corners: list[Int64[Tensor, " K"]], size: tuple[int, int]
) -> Windows:
    """Windows that begin RADIUS pixels above and left of the corners; black beyond the border."""
    # One more pixel at the end: the last place of a reduced size may lie one beyond the padded image.
    padded = F.pad(images, (RADIUS, RADIUS + 1, RADIUS, RADIUS + 1))
    return cut(padded, which, corners[0], corners[1], size)
