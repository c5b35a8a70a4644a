"""More stamps than shapes to as many as there are: unused ones dropped, near-duplicates merged."""

from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from stampnet.matching.filters import best_contrast, filters
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.placements import cut
from stampnet.matching.sought import SearchConfig
from stampnet.matching.update import moved
from stampnet.model.tone import smooth
from stampnet.notation import Images, Stamps

NEEDLESS = 0.05
"""A stamp with less than this part of its fair share of the placements, 1 / N of all, is dropped; N is the number of
stamps that are left."""
SAME = 0.99
"""Cosine from which two stamps are one shape: either explains all but a fiftieth of what the other prints."""
LIKE = 0.95
"""Cosine from which they are one shape if their objects differ from each other by more than the stamps do: either
explains nine tenths (.95 squared) of what the other prints."""
SHIFT = 2
"""Pixels by which stamps may be shifted against each other and still be one shape."""
BATCH = 256


def condensed(matcher: StampMatcher, images: Images) -> StampMatcher:
    """A matcher with the stamps that `images` need, the most used first.

    Stamps are taken in the order of their use. One that looks like a stamp already taken joins it (the mean of both,
    weighted by their use), any other is taken. Small stamps look alike soon, so a difference counts that is
    clear beside what the stamp leaves of its own objects. Then the least used one is dropped as long as hardly any
    object uses it.
    """
    usage, left = _use(matcher, images)
    stamps = matcher.stamp.stamps.detach()
    config = matcher.config.search
    likeness, rows, columns = likenesses(stamps, config.contrast, 0 if config.on_grid else SHIFT)
    differs = (1 - likeness.square()) * filters(stamps)[0].energy
    is_same = (likeness >= SAME) | (likeness >= LIKE) & (differs <= left)
    groups: dict[int, list[int]] = {}
    for k in usage.argsort(descending=True).tolist():
        nearest = max(groups, key=lambda j: float(likeness[j, k]), default=k)
        if nearest != k and is_same[nearest, k]:
            groups[nearest].append(k)
        else:
            groups[k] = [k]
    share = {leader: float(usage[members].sum() / usage.sum()) for leader, members in groups.items()}
    leaders = sorted(groups, key=lambda leader: -share[leader])
    while len(leaders) > 1 and not share[leaders[-1]] >= NEEDLESS / len(leaders):
        leaders.pop()
    means = []
    for leader in leaders:
        members = groups[leader]
        aligned = moved(stamps[members], rows[leader, members], columns[leader, members])
        weights = usage[members].clamp(min=1)[:, None, None, None]
        means.append((weights * aligned).sum(dim=0) / weights.sum())
    smaller = StampMatcher(replace(matcher.config, num_stamps=len(means)))
    smaller.background.copy_(matcher.background)
    smaller.threshold.copy_(matcher.threshold)
    with torch.no_grad():
        smaller.stamp.stamps.copy_(torch.stack(means))
        # Objects are sought as before, unless there are fewer stamps now than locators.
        enough = len(smaller.locators) == len(matcher.locators)
        smaller.locators.copy_(matcher.locators if enough else smaller.stamp.stamps[: len(smaller.locators)])
    return smaller.eval()


def likenesses(
    stamps: Stamps, contrast: tuple[float, float] = SearchConfig.contrast, shift: int = SHIFT
) -> tuple[Float[Tensor, "N N"], Int64[Tensor, "N N"], Int64[Tensor, "N N"]]:
    """The cosine of each two smoothed stamps at their best shift, less where a factor within `contrast` does not make
    them equally strong, and that shift: rows down and columns right by which the second must move to lie on the first.
    """
    bank = filters(stamps)[0]
    span = 2 * shift + 1
    product = F.conv2d(F.pad(stamps, (shift,) * 4), bank.kernel).flatten(2)  # first, second, shift
    best, place = product.max(dim=2)
    explained = best_contrast(best, bank.energy[None, :], contrast)[1] / bank.energy[:, None]
    # Of the first by the second; both must explain the other.
    either = torch.minimum(explained, explained.T).clamp(min=0).sqrt()
    return either, place // span - shift, place % span - shift


def _use(matcher: StampMatcher, images: Images) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """How many objects each stamp has on the images, and the mean squared norm of what is left of one, smoothed."""
    usage, left = torch.zeros(2, matcher.config.num_stamps)
    for batch in images.split(BATCH):
        state = matcher.explain(batch)
        found, present = state.placements, state.placements.present
        size = (state.printed.shape[-2], state.printed.shape[-1])
        rest = smooth(state.images - state.explained.clamp(*matcher.limits))
        which, stamp = present.nonzero()[:, 0], found.stamp[present]
        windows = cut(rest, which, found.row[present], found.column[present], size)
        usage.index_add_(0, stamp, torch.ones(len(stamp)))
        left.index_add_(0, stamp, windows.square().sum((1, 2, 3)))
    return usage, left / usage.clamp(min=1)
