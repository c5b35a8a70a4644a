"""Images, and what placed stamps make of them: what search and bending pass on."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from stampnet.matching.placements import Placements, add_windows, prints
from stampnet.matching.poses import Poses
from stampnet.notation import Images, Stamps


@dataclass
class Explanation:
    """Images, and what placements make of them."""

    images: Images
    """Without their background."""
    saturation: Images
    """1 / value of pixels that are as bright (or dark) as can be, 0 elsewhere: more of a stamp does not harm there."""
    explained: Images
    """The sum of the placed stamps, not clipped."""
    placements: Placements
    gain: Float[Tensor, "B M"]
    """By how much each slot lowered the (smoothed) squared error when it was last sought; 0 where it was not."""
    printed: Float[Tensor, "B M C h w"]
    """What each slot prints in its frame, not clipped."""
    bends: Float[Tensor, "B M 2 F"]
    """How each stamp is bent (see `displacements`); F is 0 where stamps keep their form."""
    tones: Float[Tensor, "B M 2"]
    """By how many pixels each stamp is thicker, and by which part stronger."""
    poses: Poses | None = None
    """How each stamp is turned and scaled beyond that (B M each); None where there is but one pose."""

    @property
    def num_slots(self) -> int:
        """M."""
        return self.printed.shape[1]

    def of(self, which: Int64[Tensor, " K"]) -> "Explanation":
        """A copy for some of the images."""
        return Explanation(
            self.images[which],
            self.saturation[which],
            self.explained[which],
            self.placements.of(which),
            self.gain[which],
            self.printed[which],
            self.bends[which],
            self.tones[which],
            None if self.poses is None else Poses(*(one[which] for one in self.poses)),
        )

    def put(self, which: Int64[Tensor, " K"], other: "Explanation") -> None:
        """Takes what the `other` says of K images for some of its own."""
        for mine, new in zip(self._said(), other._said(), strict=True):
            mine[which] = new

    def _said(self) -> list[Tensor]:
        """All but the images themselves."""
        parts = [self.explained, *self.placements, self.gain, self.printed, self.bends, self.tones]
        return parts if self.poses is None else [*parts, *self.poses]

    def poses_of(self, m: int, which: Int64[Tensor, " K"]) -> Poses | None:
        """The poses of slot `m` of some images; None where there is but one."""
        return None if self.poses is None else Poses(*(one[which, m] for one in self.poses))

    def remove(self, m: int, where: Bool[Tensor, " B"]) -> None:
        """Empties slot `m` of some images."""
        removed = self.printed[:, m] * where[:, None, None, None]
        add_windows(self.explained, removed, self.placements.slot(m), sign=-1.0)
        self.printed[:, m] -= removed
        self.placements.contrast[:, m].masked_fill_(where, 0.0)


Limits = tuple[Tensor, Tensor]
"""The least and the largest value that a pixel can have above its background, C x 1 x 1 each."""


def saturation(images: Images, limits: Limits) -> Images:
    """1 / value where a pixel is at one of the `limits` (C, 1, 1 each), least and largest value without background."""
    low, high = limits
    at_limit = ((images >= high) & (high > 0)) | ((images <= low) & (low < 0))
    return torch.where(at_limit, images.reciprocal(), 0.0)


def explanation(images: Images, stamps: Stamps, placements: Placements, limits: Limits) -> Explanation:
    """What these placements (B x M) of stamps of fixed form explain of the images."""
    num_images, num_slots = placements.stamp.shape
    state = Explanation(
        images,
        saturation(images, limits),
        torch.zeros_like(images),
        Placements(*(field.clone() for field in placements)),
        images.new_zeros(num_images, num_slots),
        images.new_zeros(num_images, num_slots, *stamps.shape[1:]),
        images.new_zeros(num_images, num_slots, 2, 0),
        images.new_zeros(num_images, num_slots, 2),
    )
    for m in range(num_slots):
        one = state.placements.slot(m)
        state.printed[:, m] = prints(stamps, one)
        add_windows(state.explained, state.printed[:, m], one)
    return state


def joined(parts: Sequence[Explanation]) -> Explanation:
    """What is explained of some images and of others, as one."""
    if len(parts) == 1:
        return parts[0]
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(Explanation):
        values = [getattr(part, field.name) for part in parts]
        if isinstance(values[0], tuple):
            fields[field.name] = type(values[0])(*(torch.cat(one) for one in zip(*values, strict=True)))
        else:
            fields[field.name] = None if values[0] is None else torch.cat(values)
    return Explanation(**fields)
