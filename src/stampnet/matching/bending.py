"""Objects that were found to the stamp, of the few most like each, that bends to it best."""

import torch
from jaxtyping import Int64
from torch import Tensor

from stampnet.matching.alignment import Aligned, AlignmentConfig, Templates, align
from stampnet.matching.boxes import mass_centred
from stampnet.matching.explanation import Explanation, Limits
from stampnet.matching.neighbours import near_another
from stampnet.matching.placements import add_windows, cut
from stampnet.matching.poses import posed
from stampnet.matching.windows import objects
from stampnet.model.deformation import Basis, bent
from stampnet.model.tone import smooth, toned
from stampnet.notation import Stamps, Windows

HOLD = 0.75
"""Pixels by which the mass of an object may be off the middle of its frame: where it lies half-way between two pixels,
a little noise would move the frame to and fro."""
ROUNDS = 2
"""How often slots that share pixels are bent: what one leaves to the others changes when they bend."""


def recentred(state: Explanation, limits: Limits, only: int | None = None) -> Explanation:
    """The same prints, or only those of one slot, in frames that are centred on the mass of what they explain; changes
    `state`.

    A shift has a price when a stamp is bent, and where a locator of another form lies says little of the object. What
    a print loses beyond its new frame is no longer explained until the stamp that bends prints it anew.
    """
    size = (state.printed.shape[3], state.printed.shape[4])
    row, column = mass_centred(state, limits, HOLD)
    everyone = torch.arange(len(state.images), device=row.device)
    for m in range(state.num_slots) if only is None else (only,):
        one = state.placements.slot(m)
        alone = torch.zeros_like(state.explained)
        add_windows(alone, state.printed[:, m], one)
        add_windows(state.explained, state.printed[:, m], one, sign=-1.0)
        state.placements.row[:, m], state.placements.column[:, m] = row[:, m], column[:, m]
        one = state.placements.slot(m)
        state.printed[:, m] = cut(alone, everyone, one.row, one.column, size)
        add_windows(state.explained, state.printed[:, m], one)
    return state


def bend(
    state: Explanation,
    stamps: Stamps,
    template: Templates,
    basis: Basis,
    config: AlignmentConfig,
    stiffness: float,
    limits: Limits,
) -> Explanation:
    """The same objects, each explained by the bent stamp of least cost; changes `state`.

    With infinite `stiffness` it is the stamp most like the object in its fixed form. Gains stay those of the search,
    which decides what is an object; contrasts become 1, for the strength of a stamp is bent with it.
    """
    num_images, num_slots = len(state.images), state.num_slots
    state.bends = state.images.new_zeros(num_images, num_slots, 2, len(basis))
    state.placements.contrast.copy_(state.placements.present)
    frame = (state.printed.shape[3], state.printed.shape[4])
    for turn in range(min(ROUNDS, num_slots)):
        for m in range(num_slots):
            here = state.placements.present[:, m]
            if turn > 0:
                here = here & near_another(state.placements, m, frame)
            bend_slot(state, m, here.nonzero()[:, 0], stamps, template, basis, config, stiffness, limits)
    return state


def bend_slot(
    state: Explanation,
    m: int,
    which: Int64[Tensor, " K"],
    stamps: Stamps,
    template: Templates,
    basis: Basis,
    config: AlignmentConfig,
    stiffness: float,
    limits: Limits,
) -> None:
    """Bends the stamp in slot `m` of some images to what the others leave of its object; in place."""
    if len(which) == 0:
        return
    windows = objects(state, m, which, (stamps.shape[2], stamps.shape[3]), limits)
    if stiffness == torch.inf:
        blurred = smooth(windows)
        nearest = alike(blurred, template, 1)
        stamp, chosen = nearest[:, 0], align(blurred, *_pairs(nearest), template, basis, 0)
    else:
        rivals, aligned = compared(windows, template, basis, config)
        best = aligned.cost.unflatten(0, rivals.shape).argmin(dim=1, keepdim=True)
        stamp, chosen = rivals.gather(1, best)[:, 0], _chosen(aligned, best, rivals.shape[1])
    printed = bent(toned(stamps[stamp], chosen.tones), chosen.bends, basis)
    if (poses := state.poses_of(m, which)) is not None:
        printed = posed(printed, poses, (state.printed.shape[3], state.printed.shape[4]))
    canvas, one = state.explained[which], state.placements.slot(m).of(which)
    add_windows(canvas, state.printed[which, m], one, sign=-1.0)
    add_windows(canvas, printed, one)
    state.explained[which], state.printed[which, m] = canvas, printed
    state.placements.stamp[which, m] = stamp
    state.bends[which, m], state.tones[which, m] = chosen.bends, chosen.tones


def compared(
    windows: Windows, template: Templates, basis: Basis, config: AlignmentConfig
) -> tuple[Int64[Tensor, "K R"], Aligned]:
    """The stamps that bend to each window best, and the K x R pairs aligned.

    The stamps most like the window in their fixed form begin; those which have come nearest after the first steps go
    on.
    """
    blurred = smooth(windows)
    candidates = alike(blurred, template, config.num_candidates)
    if candidates.shape[1] <= config.num_rivals:
        return candidates, align(blurred, *_pairs(candidates), template, basis, config.steps)
    first_steps = min(config.first_steps, config.steps)
    begun = align(blurred, *_pairs(candidates), template, basis, first_steps)
    best = begun.cost.unflatten(0, candidates.shape).topk(config.num_rivals, dim=1, largest=False).indices
    rivals = candidates.gather(1, best)
    begun = _chosen(begun, best, candidates.shape[1])
    return rivals, align(blurred, *_pairs(rivals), template, basis, config.steps - first_steps, begun)


def alike(blurred: Windows, template: Templates, number: int) -> Int64[Tensor, "K R"]:
    """The stamps nearest to each smoothed window in their fixed form, nearest first."""
    distance = template.value.square().sum(1) - 2 * blurred.flatten(1) @ template.value.T
    return distance.topk(min(number, len(template.value)), dim=1, largest=False).indices


def _pairs(rivals: Int64[Tensor, "K R"]) -> tuple[Int64[Tensor, " Q"], Int64[Tensor, " Q"]]:
    """Number of the window and of the stamp of all K x R pairs."""
    windows = torch.arange(len(rivals), device=rivals.device).repeat_interleave(rivals.shape[1])
    return windows, rivals.flatten()


def _chosen(aligned: Aligned, which: Int64[Tensor, "K P"], num_rivals: int) -> Aligned:
    """Some of the pairs of each window."""
    first = torch.arange(len(which), device=which.device)[:, None] * num_rivals
    return Aligned(*(field[(first + which).flatten()] for field in aligned))
