"""Images and stamps to placements: which stamps, put where, explain the images best."""

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from stampnet.matching.coarse_to_fine import best_placement
from stampnet.matching.crowd import fill_at_once, fill_grid
from stampnet.matching.explanation import Explanation, Limits, explanation, joined
from stampnet.matching.neighbours import near_another, touching
from stampnet.matching.placements import Placements, add_windows, nothing, prints
from stampnet.matching.sought import SearchConfig, Sought, sought_for
from stampnet.notation import Images, Stamps

PROMISING = 1.5
"""A second beginning is followed up if its error is below this multiple of what the first has ended with."""
BETTER = 0.98
"""And kept if it ends below this part of it: two faint stamps on one object explain it a little better than one."""
DIFFERENT = 1e-3
"""Values from which a pixel is explained differently; less is the rounding of sums."""
FEW = 6
"""Slots that are filled one after the other; more are filled at once."""
TRIED_AT_ONCE = 700_000_000
"""Pixels times stamps that are sought there: what is correlated at once fits into a few hundred megabytes."""


def search(
    images: Images,
    stamps: Stamps,
    max_shapes: int,
    limits: Limits,
    threshold: float | Tensor = 0.0,
    config: SearchConfig = SearchConfig(),  # noqa: B008 (frozen)
    close_by: tuple[int, int] | None = None,
) -> Explanation:
    """Matching pursuit with second thoughts.

    Slot after slot takes the stamp and place of largest gain in what the slots before it leave unexplained. Then each
    slot that shares pixels with another one is emptied and sought again, until nothing changes or for
    `config.rounds` rounds. A slot whose gain is at most `threshold` stays empty. With `config.second_start`, objects
    less than `close_by` rows and columns apart, by default half a stamp, are then sought once more from another
    beginning (see `_start_again`).

    On a grid no stamp hides another, and each is sought once.
    """
    sought = sought_for(stamps, limits, threshold, config)
    close_by = close_by or (stamps.shape[2] // 2, stamps.shape[3] // 2)
    fill = fill_grid if config.on_grid else fill_at_once if max_shapes > FEW else _fill
    found = []
    for some in images.split(max(1, TRIED_AT_ONCE // (len(stamps) * images[0, 0].numel()))):
        state = explanation(some, stamps, nothing(len(some), max_shapes, some.device), limits)
        fill(state, sought)
        if max_shapes > 1 and not config.on_grid:
            _revisit(state, sought, config.rounds - 1)
            if config.second_start:
                _start_again(state, sought, close_by)
        found.append(state)
    return joined(found)


def _fill(state: Explanation, sought: Sought) -> None:
    """Fills empty slots one after the other; in place."""
    open_ones = torch.arange(len(state.images), device=state.images.device)
    for m in range(state.num_slots):
        seek(state, m, open_ones, sought, alone=m == 0)
        # Where a slot finds nothing, the next one would not either.
        open_ones = open_ones[state.placements.present[open_ones, m]]
        if len(open_ones) == 0:
            break


def _revisit(state: Explanation, sought: Sought, rounds: int) -> None:
    """Empties and seeks again each slot whose neighbours changed, until none does or for so many rounds; in place."""
    moved = torch.ones(len(state.images), dtype=torch.bool, device=state.images.device)
    # Empty slots have found nothing, which remains so until a filled one moves.
    unsettled = torch.zeros_like(moved)
    for _ in range(rounds):
        moving = torch.zeros_like(moved)
        for m in range(state.num_slots):
            present = state.placements.present
            filled = touching(state.placements, m, sought.extent) & (moved | moving)
            # Of empty slots one is enough: what it does not find, the others would not.
            empty = ~present[:, m] & present[:, :m].all(dim=1) & (unsettled | moving)
            again = (filled | empty).nonzero()[:, 0]
            if len(again):
                moving[again] |= seek(state, m, again, sought)
        moved = unsettled = moving
        if not moved.any():
            break


def _start_again(state: Explanation, sought: Sought, close_by: tuple[int, int]) -> None:
    """Seeks objects that lie close together jointly from a second beginning, and keeps the better end; in place.

    The first stamp on two overlapping objects may settle between them, where no change of one slot alone mends it.
    So all slots that are `close_by` another one are emptied, and the first of them must begin at another place than it
    had.
    """
    close = torch.stack([near_another(state.placements, m, close_by) for m in range(state.num_slots)], dim=1)
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
            seek(trial, m, first, sought, elsewhere=before.slot(m).of(first))
        if len(later):
            seek(trial, m, later, sought)
        begun |= close[:, m]
    promising = lower(trial, state.of(which), PROMISING, sought.limits).nonzero()[:, 0]
    trial, which = trial.of(promising), which[promising]
    _revisit(trial, sought, sought.config.rounds)
    better = lower(trial, state.of(which), BETTER, sought.limits)
    state.put(which[better], trial.of(better.nonzero()[:, 0]))


def lower(a: Explanation, b: Explanation, part: float, limits: Limits) -> Bool[Tensor, " B"]:
    """Whether the squared error of the clipped sum (equation 2) of `a` is below this part of that of `b`.

    Only pixels that the two explain differently count: what lies elsewhere in the image has no say.
    """
    here = (a.explained - b.explained).abs() > DIFFERENT
    printed = [one.explained.clamp(*limits) for one in (a, b)]
    error = [((a.images - one).square() * here).sum((1, 2, 3)) for one in printed]
    return error[0] < part * error[1]


def seek(
    state: Explanation,
    m: int,
    which: Int64[Tensor, " K"],
    sought: Sought,
    *,
    elsewhere: Placements | None = None,
    alone: bool = False,
) -> Bool[Tensor, " K"]:
    """Empties slot `m` of some images and fills it anew, in place, not where `elsewhere` lies; whether that changed it.

    Where it is `alone`, all other slots are empty.
    """
    part = state.of(which)
    old = part.placements.slot(m)
    add_windows(part.explained, part.printed[:, m], old, sign=-1.0)
    residual, weights = part.images, None
    if not alone:
        residual, weights = sought.left(part.images, part.explained, part.saturation)
    new, gain = best_placement(residual, weights, sought.bank, sought.config.contrast, elsewhere)
    is_there = sought.is_believed(part.images, Placements(*(field[:, None] for field in new)), gain[:, None])[:, 0]
    new = new._replace(contrast=torch.where(is_there, new.contrast, 0.0))
    printed = prints(sought.stamps, new)
    add_windows(part.explained, printed, new)
    state.explained[which], state.printed[which, m] = part.explained, printed
    state.placements.put(which, m, new)
    state.gain[which, m] = gain
    same = torch.stack([a == b for a, b in zip(old[:3], new[:3], strict=True)]).all(dim=0)
    return torch.where(old.present & new.present, ~same, old.present | new.present)
