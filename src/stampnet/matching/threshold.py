"""Gains to the gain from which a placement is believed to show an object."""

import torch
from jaxtyping import Float
from torch import Tensor

FEWEST = 0.02
"""Smaller parts of empty slots than this are not told from none."""

SPECK = 0.04
"""An object in a crowd that gains less than this part of what objects typically gain is a speck."""


def least_gain_in_a_crowd(gains: Float[Tensor, " K"]) -> Tensor:
    """The same where slots are so many that most are empty, and none is left to tell noise by: `gains` of objects and
    of specks. These may be many, but hardly any of the gain is theirs: the objects are those that half of it is of.

    >>> float(least_gain_in_a_crowd(torch.tensor([25.0, 50.0, 1.0, 1.0, 1.0, 1.0])))
    2.0
    """
    if len(gains) == 0:
        return gains.new_zeros(())
    ascending = gains.sort().values
    up_to = ascending.cumsum(0)
    return SPECK * ascending[torch.searchsorted(up_to, up_to[-1] / 2)]


def least_gain(gains: Float[Tensor, " K"], gains_of_nothing: Float[Tensor, " L"]) -> Tensor:
    """The threshold that makes the fewest errors: noise that is kept, and objects that are dropped.

    `gains` are those of all slots, a mixture of objects and of slots that found no object and fitted noise and
    leftovers instead. `gains_of_nothing` come from a slot more than there are objects: the same, without the objects.
    How many of the slots are empty is estimated as by Storey (J. R. Stat. Soc. B 64, 2002, equation 6): objects rarely
    gain less than the median of nothing, so empty slots are twice as many as the gains below it. Of the gains up to a
    threshold, those that are expected from empty slots are rightly dropped, the rest wrongly. Where all slots hold
    objects the threshold is 0.

    >>> objects, nothing = torch.linspace(20, 60, 100), torch.linspace(0, 10, 101)
    >>> float(least_gain(objects, nothing)), float(least_gain(torch.cat([objects, nothing]), nothing))
    (0.0, 10.0)
    """
    nothing = gains_of_nothing.sort().values
    median = nothing[len(nothing) // 2]
    num_empty = min(2 * int((gains < median).sum()), len(gains))
    if num_empty < FEWEST * len(gains):
        return gains.new_zeros(())
    sorted_gains = gains.sort().values
    dropped = torch.arange(1, len(gains) + 1, device=gains.device)
    expected = num_empty * torch.searchsorted(nothing, sorted_gains, right=True) / len(nothing)
    saved = 2 * expected - dropped  # rightly dropped less wrongly dropped
    best = saved.argmax()
    return sorted_gains[best].clamp(min=0) if saved[best] > 0 else gains.new_zeros(())
