"""Explanations by bent stamps to better ones: objects close together are sought again beside what the others print."""

from collections.abc import Callable

from jaxtyping import Int64
from torch import Tensor

from stampnet.matching.explanation import Explanation, Limits
from stampnet.matching.neighbours import near_another
from stampnet.matching.search import BETTER, lower

Locate = Callable[[Explanation, int], None]
"""Empties a slot of all images, and fills it anew with a stamp of fixed form; in place."""
Bend = Callable[[Explanation, int, Int64[Tensor, " K"]], None]
"""Bends the stamp in a slot of some images to what the others leave; in place."""


def look_again(
    state: Explanation, locate: Locate, bend: Bend, close_by: tuple[int, int], limits: Limits
) -> Explanation:
    """The same or a better explanation of each image; changes `state`.

    A stamp that keeps its form leaves much of an object open, which the search may take for a part of the next one.
    Once stamps are bent, the others print nearly all of their objects: each slot within so many rows and columns of
    another one is emptied, sought and bent again, the others bend to what that leaves, and the better end is kept.
    """
    slots = range(state.num_slots)
    for m in slots:
        which = near_another(state.placements, m, close_by).nonzero()[:, 0]
        if len(which) == 0:
            continue
        trial = state.of(which)
        locate(trial, m)
        for k in [m, *(k for k in slots if k != m)]:
            here = trial.placements.present[:, k]
            if k != m:
                here = here & near_another(trial.placements, k, close_by)
            bend(trial, k, here.nonzero()[:, 0])
        better = lower(trial, state.of(which), BETTER, limits).nonzero()[:, 0]
        state.put(which[better], trial.of(better))
    return state
