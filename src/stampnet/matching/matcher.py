"""Images to choices without a network: the stamps are the detector."""

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from stampnet.errors import InputError
from stampnet.matching.alignment import AlignmentConfig, templates
from stampnet.matching.background import smooth_background
from stampnet.matching.bending import bend
from stampnet.matching.deformation import Basis, Deform, polynomials
from stampnet.matching.placements import to_choices
from stampnet.matching.search import Explanation, SearchConfig, search
from stampnet.model.config import ModelConfig
from stampnet.model.network import Output
from stampnet.model.stamp import StampLayer
from stampnet.notation import Images

Background = Literal["auto", "constant", "smooth"]


@dataclass(frozen=True, kw_only=True)
class MatchingConfig(ModelConfig):
    """Sizes, and how stamps are sought."""

    engine: Literal["matching"] = "matching"
    background: Background = "auto"
    """What objects lie on: one value for each channel, or a smooth field, other for each image. Fitting turns "auto"
    into one of them."""
    search: SearchConfig = field(default_factory=SearchConfig)
    deform: Deform = "none"
    """What a stamp may do when it is placed: keep its form; turn, scale and shear a little; or bend as well."""
    alignment: AlignmentConfig = field(default_factory=AlignmentConfig)
    """How stamps that may change their form are fitted to objects."""

    def __post_init__(self) -> None:
        super().__post_init__()
        least, largest = self.search.contrast
        if not 0 < least <= 1 <= largest:
            raise InputError(f"contrast must be a range above 0 around 1, got {least} to {largest}")
        if self.background not in get_args(Background):
            raise InputError(f"background must be one of {', '.join(get_args(Background))}, got {self.background!r}")
        if self.deform not in get_args(Deform):
            raise InputError(f"deform must be one of {', '.join(get_args(Deform))}, got {self.deform!r}")
        if self.search.rounds < 1:
            raise InputError(f"rounds must be at least 1, got {self.search.rounds}")


class StampMatcher(nn.Module):
    """The stamps, the background they lie on, and from which gain on a placement is believed.

    Images are B x C x H x W with values in [0, max_value].
    """

    background: Tensor
    threshold: Tensor
    basis: Basis
    """Of the fields that bend stamps."""

    def __init__(self, config: MatchingConfig) -> None:
        super().__init__()
        self.config = config
        self.stamp = StampLayer(config.num_stamps, config.num_channels, config.stamp_size, config.max_value)
        self.register_buffer("background", torch.zeros(config.num_channels, 1, 1))
        self.register_buffer("threshold", torch.zeros(()))
        self.register_buffer("basis", polynomials(config.stamp_size, config.deform), persistent=False)

    @property
    def is_smooth(self) -> bool:
        """Whether the background is a field of its own for each image; `background` is then the mean of all."""
        return self.config.background == "smooth"

    @property
    def limits(self) -> tuple[Tensor, Tensor]:
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

    def explain(self, images: Images, stiffness: float = 1.0) -> Explanation:
        """The best placements of the stamps on each image, bent where they may; `stiffness` inf keeps their form."""
        state = self._search(images, self.config.max_shapes, self.threshold, self.config.search)
        if self.config.deform == "none" or stiffness == torch.inf:
            return state
        stamps, alignment = self.stamp.stamps.detach(), self.config.alignment
        with torch.no_grad():
            template = templates(stamps, self.basis, alignment, stiffness)
            return bend(state, stamps, template, self.basis, alignment.num_rivals, alignment.steps)

    def gains_without_threshold(self, images: Images) -> tuple[Float[Tensor, " K"], Float[Tensor, " B"]]:
        """The gains of all slots, filled once and never left empty, and of one slot more (see `least_gain`)."""
        once = replace(self.config.search, rounds=1, second_start=False)
        gain = self._search(images, self.config.max_shapes + 1, -torch.inf, once).gain
        return gain[:, :-1].flatten(), gain[:, -1]

    def _search(self, images: Images, num_slots: int, threshold: float | Tensor, config: SearchConfig) -> Explanation:
        with torch.no_grad():
            return search(
                self.foreground(images), self.stamp.stamps.detach(), num_slots, self.limits, threshold, config
            )

    def reconstruction(self, state: Explanation, images: Images) -> Images:
        """What the placed stamps and the background give of the images that were explained, clipped (equation 2)."""
        background = images - state.images
        return (background + state.explained).clamp(0, self.config.max_value)

    def forward(self, images: Images) -> Output:
        """The choices, and the image that they give."""
        state = self.explain(images)
        choices = to_choices(state.placements, self.config.num_stamps, self.config.positions)
        return Output(self.reconstruction(state, images), choices)
