"""Stamps to all that a search for them needs, and what a placement must explain to be believed."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from stampnet.matching.explanation import Limits
from stampnet.matching.filters import Filter, filters
from stampnet.matching.neighbours import Extents, extents
from stampnet.matching.placements import Placements, cut
from stampnet.notation import Images, Stamps

NOISE = 0.02
"""Values that no print is expected to meet more closely."""
VISIBLE = 0.1
"""Pixels of a stamp from this part of its largest value on are its visible part."""


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How placements are sought."""

    contrast: tuple[float, float] = (0.5, 2.0)
    """Least and largest factor of a stamp: an object may be fainter or brighter than its stamp by so much."""
    rounds: int = 3
    """How often at most a slot is sought again after its neighbours have changed."""
    second_start: bool = True
    """Whether objects close together are sought from a second beginning too."""
    least_share: float = 0.0
    """The part of the squared values of the image under its stamp that an object must explain beside the others: what
    explains less is a leftover of theirs."""
    forgiven: float = 0.0
    """The part of its value by which a print may be off: what it leaves there counts the less."""
    on_grid: bool = False
    """Whether stamps lie side by side only, from the first row and column on."""


AS_CAMERAS_GIVE = SearchConfig(least_share=0.4, forgiven=0.25)
"""For images in which objects are only like their stamps, and not all is objects."""


@dataclass(frozen=True)
class Sought:
    """Stamps, and what of them a search needs."""

    stamps: Stamps
    bank: list[Filter]
    extent: Extents
    visible: Float[Tensor, "N 1 h w"]
    """1 where a stamp is visible, 0 elsewhere."""
    smoothness: Float[Tensor, " N"]
    """The part of its squared values that smoothing leaves of a stamp, as of all gains: less of thin strokes."""
    limits: Limits
    threshold: float | Tensor
    """The gain from which a placement is believed."""
    config: SearchConfig

    def left(self, images: Images, explained: Images, saturation: Images) -> tuple[Images, Images]:
        """What is left to explain, and how much it matters what a further stamp prints.

        Left is what the clipped sum of equation 2 does not explain. Where others print as much as can be seen, it does
        not matter what is added; and where they print much, which they may not meet, what is left counts less.
        """
        left = images - explained.clamp(*self.limits)
        weights = 1 - (explained * saturation).clamp(0, 1).square()
        if self.config.forgiven:
            trusted = 1 / (1 + (self.config.forgiven / NOISE * explained).square())
            return left * trusted, weights * trusted
        return left, weights

    def is_believed(self, images: Images, found: Placements, gain: Float[Tensor, "B K"]) -> Bool[Tensor, "B K"]:
        """Which of K placements on each image show objects."""
        enough = gain > self.threshold
        if self.config.least_share:
            size = (self.stamps.shape[2], self.stamps.shape[3])
            which = torch.arange(len(images), device=gain.device).repeat_interleave(gain.shape[1])
            windows = cut(images, which, found.row.flatten(), found.column.flatten(), size)
            energy = (windows.square() * self.visible[found.stamp.flatten()]).sum((1, 2, 3)).view_as(gain)
            enough &= gain > self.config.least_share * self.smoothness[found.stamp] * energy
        return enough


def sought_for(stamps: Stamps, limits: Limits, threshold: float | Tensor, config: SearchConfig) -> Sought:
    """What a search for these stamps needs."""
    value = stamps.abs().amax(dim=1, keepdim=True)
    visible = (value > VISIBLE * value.amax((2, 3), keepdim=True)).to(stamps.dtype)
    bank = filters(stamps)
    smoothness = bank[0].energy / stamps.square().sum((1, 2, 3)).clamp(min=1e-6)
    return Sought(stamps, bank, extents(stamps), visible, smoothness, limits, threshold, config)
