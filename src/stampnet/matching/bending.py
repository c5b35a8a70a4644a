"""Stamps placed in their fixed form to the stamp, of the few most like the object, that bends to it best."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from stampnet.matching.alignment import Aligned, Templates, align, thickening
from stampnet.matching.deformation import Basis, displacements, inverse, warped
from stampnet.matching.filters import smooth
from stampnet.matching.placements import Windows, add_windows
from stampnet.matching.search import Explanation
from stampnet.matching.update import explained_windows
from stampnet.notation import Stamps

ROUNDS = 2
"""How often each slot is bent where there are several: what one leaves to the others changes when they bend."""


def bend(
    state: Explanation, stamps: Stamps, template: Templates, basis: Basis, num_rivals: int, steps: int
) -> Explanation:
    """The same objects, each explained by the bent stamp of least cost; changes `state`.

    Gains stay those of the stamps in fixed form, from which it is decided what is an object.
    """
    num_images, num_slots = state.gain.shape
    state.bends = state.images.new_zeros(num_images, num_slots, 2, len(basis))
    for _ in range(min(ROUNDS, num_slots)):
        for m in range(num_slots):
            _bend_slot(state, m, stamps, template, basis, num_rivals, steps)
    return state


def _bend_slot(
    state: Explanation, m: int, stamps: Stamps, template: Templates, basis: Basis, num_rivals: int, steps: int
) -> None:
    which, windows, _ = explained_windows(state, m)
    if len(which) == 0:
        return
    one = state.placements.slot(m).of(which)
    # An object may be fainter or brighter than its stamp by more than the price of strength allows.
    contrast = one.contrast[:, None, None, None]
    rivals, aligned = compared(windows / contrast, template, basis, num_rivals, steps)
    best = aligned.cost.unflatten(0, rivals.shape).argmin(dim=1)
    first = torch.arange(len(which), device=best.device) * rivals.shape[1]
    chosen = Aligned(*(field[first + best] for field in aligned))
    stamp = rivals.gather(1, best[:, None])[:, 0]
    printed = contrast * bent(stamps[stamp], chosen, basis)
    canvas = state.explained[which]
    add_windows(canvas, state.printed[which, m], one, sign=-1.0)
    add_windows(canvas, printed, one)
    state.explained[which], state.printed[which, m] = canvas, printed
    state.placements.stamp[which, m] = stamp
    state.bends[which, m] = chosen.bends


def compared(
    windows: Windows, template: Templates, basis: Basis, num_rivals: int, steps: int
) -> tuple[Int64[Tensor, "K R"], Aligned]:
    """The stamps most like each window in their fixed form, the most alike first, and all of them aligned with it."""
    blurred = smooth(windows)
    distance = template.value.square().sum(1) - 2 * blurred.flatten(1) @ template.value.T
    rivals = distance.topk(min(num_rivals, len(template.value)), dim=1, largest=False).indices
    pairs = torch.arange(len(windows), device=windows.device).repeat_interleave(rivals.shape[1])
    return rivals, align(blurred, pairs, rivals.flatten(), template, basis, steps)


def bent(stamps: Float[Tensor, "K C h w"], aligned: Aligned, basis: Basis) -> Windows:
    """What the stamps print: with their tones, bent into the frame of the window."""
    thickness, strength = aligned.tones[:, 0, None, None, None], aligned.tones[:, 1, None, None, None]
    toned = (1 + strength) * stamps + thickness * thickening(smooth(stamps))
    if len(basis) == 0:
        return toned
    size = (stamps.shape[2], stamps.shape[3])
    return warped(toned, inverse(displacements(aligned.bends, basis, size)))
