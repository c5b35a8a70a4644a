"""Images to choices without a network: the stamps are the detector."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeVar, get_args

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from stampnet.errors import InputError
from stampnet.matching.alignment import AlignmentConfig, Templates, templates
from stampnet.matching.background import smooth_background
from stampnet.matching.bending import bend, bend_slot, recentred
from stampnet.matching.explanation import Explanation, Limits, explanation
from stampnet.matching.placements import Placements
from stampnet.matching.poses import PoseConfig, Poses, bank_of, frame_size, pose_grid
from stampnet.matching.search import FEW, search, seek
from stampnet.matching.second_look import look_again
from stampnet.matching.sought import SearchConfig, Sought, sought_for
from stampnet.model.config import ModelConfig, at_least_one, check_pair
from stampnet.model.deformation import Deform
from stampnet.model.stamp import StampLayer
from stampnet.notation import Images, Stamps

T = TypeVar("T")
Boxes = Literal["stamp", "object", "frame"]
Background = Literal["auto", "constant", "smooth"]

MOST_LOCATORS = 40
"""Stamps that bend are many, and objects are sought with at most so many others that do not: the cost of a search grows
with their number, that of bending does not."""


def num_finders(num_stamps: int, deform: Deform) -> int:
    """How many stamps of fixed form find the objects: the locators, or all stamps where none bends."""
    return num_stamps if deform == "none" else min(num_stamps, MOST_LOCATORS)


@dataclass(frozen=True, kw_only=True)
class MatchingConfig(ModelConfig):
    """Sizes, and how stamps are sought."""

    engine: Literal["matching"] = "matching"
    background: Background = "auto"
    """What objects lie on: one value for each channel, or a smooth field, other for each image. Fitting turns "auto"
    into one of them."""
    boxes: Boxes = "stamp"
    """What boxes hold: the stamp, centred on the mass of what it explains, as in the paper's data; or the object, as
    far as the image shows it; or the stamp where it lies."""
    search: SearchConfig = field(default_factory=SearchConfig)
    pose: PoseConfig = field(default_factory=PoseConfig)
    """How far stamps may be turned and scaled before they bend."""
    alignment: AlignmentConfig = field(default_factory=AlignmentConfig)
    """How stamps that may change their form are fitted to objects."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_pair("contrast", self.search.contrast, "numbers")
        least, largest = self.search.contrast
        if not 0 < least <= 1 <= largest:
            raise InputError(f"contrast must be a range above 0 around 1, got {least} to {largest}")
        if self.background not in get_args(Background):
            raise InputError(f"background must be one of {', '.join(get_args(Background))}, got {self.background!r}")
        at_least_one(rounds=self.search.rounds)
        if self.search.on_grid and not (self.pose.is_fixed and self.deform == "none"):
            raise InputError(
                f"on a grid stamps keep their form, got deform={self.deform!r} and {self.pose}; leave on_grid out"
            )

    @property
    def is_crowd(self) -> bool:
        """Whether images may hold so many objects that these are sought all at once."""
        return self.max_shapes > FEW

    @property
    def num_locators(self) -> int:
        """How many stamps of fixed form find the objects, where those that explain them bend; else 0."""
        return 0 if self.deform == "none" else num_finders(self.num_stamps, self.deform)


class StampMatcher(nn.Module):
    """The stamps, the background they lie on, and from which gain on a placement is believed.

    Stamps of fixed form find objects and explain them. Where stamps bend, `locators` of fixed form find the objects,
    and of all stamps the one that bends to an object best explains it.

    Images are B x C x H x W with values in [0, max_value].
    """

    background: Tensor
    threshold: Tensor
    locators: Stamps
    """Empty where stamps keep their form."""
    class_of_stamp: Int64[Tensor, " N"]

    def __init__(self, config: MatchingConfig) -> None:
        super().__init__()
        self.config = config
        self.stamp = StampLayer(
            config.num_stamps, config.num_channels, config.stamp_size, config.max_value, config.deform
        )
        self.register_buffer("background", torch.zeros(config.num_channels, 1, 1))
        self.register_buffer("threshold", torch.zeros(()))
        self.register_buffer("locators", torch.zeros(config.num_locators, config.num_channels, *config.stamp_size))
        self.register_buffer("class_of_stamp", torch.arange(config.num_stamps))
        self._made: dict[str, tuple[object, Any]] = {}

    @property
    def is_smooth(self) -> bool:
        """Whether the background is a field of its own for each image; `background` is then the mean of all."""
        return self.config.background == "smooth"

    @property
    def limits(self) -> Limits:
        """The least and the largest value that a pixel can have above its background (C, 1, 1)."""
        if self.is_smooth:
            largest = torch.full_like(self.background, self.config.max_value)
            return -largest, largest
        return -self.background, self.config.max_value - self.background

    def foreground(self, images: Images) -> Images:
        """Images without their background."""
        if self.is_smooth:
            return images - smooth_background(images, self.config.max_value)
        return images - self.background

    @property
    def bends(self) -> bool:
        """Whether stamps may change their form."""
        return self.config.deform != "none"

    @property
    def finders(self) -> Stamps:
        """The stamps of fixed form that find objects."""
        return self.locators if self.bends else self.stamp.stamps.detach()

    def locate(self, images: Images) -> Explanation:
        """The best placements of the stamps of fixed form; where stamps bend, of the locators."""
        return self._posed(self._search(images, self.config.max_shapes, self.threshold, self.config.search))

    def places(self, images: Images) -> Placements:
        """What `locate` finds, in few numbers (see `locate_again`); stamps by their place in the bank of all poses."""
        return self._search(images, self.config.max_shapes, self.threshold, self.config.search).placements

    def locate_again(self, images: Images, placed: Placements) -> Explanation:
        """What `locate` gives, but for the gains, from the `places` that it has found on these images."""
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            return self._posed(explanation(self._framed(images), self._bank, placed, self.limits))

    def explain(self, images: Images) -> Explanation:
        """The best placements of the stamps on each image, bent where they may."""
        state = self.locate(images)
        if not self.bends:
            return state
        state = self.bent(state)
        return self._looked_again(state) if self.config.max_shapes > 1 else state

    def bent(self, state: Explanation, stiffness: float = 1.0, alignment: AlignmentConfig | None = None) -> Explanation:
        """Objects that were located, explained by the stamps that bend to them best, by so much less as they are stiff;
        changes `state`.

        An `alignment` other than the matcher's own may spare effort.
        """
        alignment = alignment or self.config.alignment
        with torch.no_grad(), torch.autocast(state.images.device.type, enabled=False):
            return bend(
                recentred(state, self.limits),
                self.stamp.stamps,
                self.templates(stiffness, alignment),
                self.stamp.basis,
                alignment,
                stiffness,
                self.limits,
            )

    def _looked_again(self, state: Explanation) -> Explanation:
        """Objects close together, sought again beside what the bent stamps of the others print; changes `state`."""
        stamps, basis, alignment = self.stamp.stamps, self.stamp.basis, self.config.alignment

        @cache  # only if objects are close together: with many poses it is not cheap
        def sought() -> Sought:
            return sought_for(self._bank, self.limits, self.threshold, self.config.search)

        def locate(trial: Explanation, m: int) -> None:
            seek(trial, m, torch.arange(len(trial.images), device=trial.images.device), sought())
            trial.bends[:, m], trial.tones[:, m] = 0.0, 0.0
            trial.placements.contrast[:, m] = trial.placements.present[:, m].float()
            recentred(self._posed(trial, m), self.limits, m)

        def bend_one(trial: Explanation, m: int, which: Tensor) -> None:
            bend_slot(trial, m, which, stamps, self.templates(), basis, alignment, 1.0, self.limits)

        with torch.no_grad(), torch.autocast(state.images.device.type, enabled=False):
            return look_again(state, locate, bend_one, self._close_by, self.limits)

    def templates(self, stiffness: float = 1.0, alignment: AlignmentConfig | None = None) -> Templates:
        """What bending is computed from, computed anew when the stamps have changed."""
        stamps, alignment = self.stamp.stamps.detach(), alignment or self.config.alignment
        made_for = (stamps.data_ptr(), stamps._version, stiffness, alignment)
        return self._made_once("templates", made_for, lambda: templates(stamps, self.stamp.basis, alignment, stiffness))

    def _made_once(self, name: str, made_for: object, make: Callable[[], T]) -> T:
        """What was made last under a name, made anew where it was made for something else."""
        if name not in self._made or self._made[name][0] != made_for:
            with torch.no_grad():
                self._made[name] = made_for, make()
        return self._made[name][1]

    def gains_without_threshold(self, images: Images) -> tuple[Float[Tensor, " K"], Float[Tensor, " B"]]:
        """The gains of all slots, filled once and never left empty, and of one slot more (see `least_gain`)."""
        once = replace(self.config.search, rounds=1, second_start=False)
        gain = self._search(images, self.config.max_shapes + 1, -torch.inf, once).gain
        return gain[:, :-1].flatten(), gain[:, -1]

    def _search(self, images: Images, num_slots: int, threshold: float | Tensor, config: SearchConfig) -> Explanation:
        # Places and gains need float32.
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            return search(self._framed(images), self._bank, num_slots, self.limits, threshold, config, self._close_by)

    @property
    def _close_by(self) -> tuple[int, int]:
        """Rows and columns within which objects hide each other: half a stamp, as large as it may be."""
        largest = max(self.config.pose.scale_range)
        return (round(largest * self.config.stamp_size[0]) // 2, round(largest * self.config.stamp_size[1]) // 2)

    def _framed(self, images: Images) -> Float[Tensor, "B C _ _"]:
        """The foreground, with room for frames larger than a stamp, which may reach beyond the image."""
        down, across = self.margins
        return F.pad(self.foreground(images), (across, across, down, down))

    @property
    def _bank(self) -> Stamps:
        """The finders in every pose that is tried."""
        if self.config.pose.is_fixed:
            return self.finders
        finders, pose = self.finders, self.config.pose
        made_for = (finders.data_ptr(), finders._version, pose)
        size = frame_size(self.config.stamp_size, pose)
        return self._made_once("bank", made_for, lambda: bank_of(finders, pose_grid(pose, finders.device), size))

    def _posed(self, state: Explanation, only: int | None = None) -> Explanation:
        """The same, its stamps, or only those of one slot, named by number and pose instead of by their place in the
        bank; changes `state`."""
        if not self.config.pose.is_fixed:
            grid = pose_grid(self.config.pose, self.threshold.device)
            slots = slice(None) if only is None else slice(only, only + 1)
            named = state.placements.stamp[:, slots]
            found = named % len(grid.scale)
            named.div_(len(grid.scale), rounding_mode="floor")
            if state.poses is None:
                state.poses = Poses(*(one[found] for one in grid))
            else:
                for mine, one in zip(state.poses, grid, strict=True):
                    mine[:, slots] = one[found]
        return state

    @property
    def margins(self) -> tuple[int, int]:
        """Pixels by which the frames of stamps in any pose reach beyond the stamps, above and left."""
        frame = frame_size(self.config.stamp_size, self.config.pose)
        down, across = ((outer - inner) // 2 for outer, inner in zip(frame, self.config.stamp_size, strict=True))
        return down, across

    def reconstruction(self, state: Explanation, images: Images) -> Images:
        """What the placed stamps and the background give of the images that were explained, clipped (equation 2)."""
        down, across = self.margins
        height, width = images.shape[2:]
        inside = (..., slice(down, down + height), slice(across, across + width))
        background = images - state.images[inside]
        return (background + state.explained[inside]).clamp(0, self.config.max_value)
