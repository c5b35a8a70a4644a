"""Images to choices without a network: the stamps are the detector."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from stampnet.errors import InputError
from stampnet.matching.placements import to_choices
from stampnet.matching.search import Explanation, SearchConfig, search
from stampnet.model.config import ModelConfig
from stampnet.model.network import Output
from stampnet.model.selection_localization import Choices
from stampnet.model.stamp import StampLayer, press
from stampnet.notation import Images


@dataclass(frozen=True, kw_only=True)
class MatchingConfig(ModelConfig):
    """Sizes, and how stamps are sought."""

    engine: Literal["matching"] = "matching"
    search: SearchConfig = field(default_factory=SearchConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        least, largest = self.search.contrast
        if not 0 < least <= 1 <= largest:
            raise InputError(f"contrast must be a range above 0 around 1, got {least} to {largest}")
        if self.search.rounds < 1:
            raise InputError(f"rounds must be at least 1, got {self.search.rounds}")


class StampMatcher(nn.Module):
    """The stamps, the background they lie on, and from which gain on a placement is believed.

    Images are B x C x H x W with values in [0, max_value].
    """

    background: Tensor
    threshold: Tensor

    def __init__(self, config: MatchingConfig) -> None:
        super().__init__()
        self.config = config
        self.stamp = StampLayer(config.num_stamps, config.num_channels, config.stamp_size, config.max_value)
        self.register_buffer("background", torch.zeros(config.num_channels, 1, 1))
        self.register_buffer("threshold", torch.zeros(()))

    @property
    def limits(self) -> tuple[Tensor, Tensor]:
        """The least and the largest value that a pixel can have above its background (C, 1, 1)."""
        return -self.background, self.config.max_value - self.background

    def explain(self, images: Images) -> Explanation:
        """The best placements of the stamps on each image."""
        with torch.no_grad():
            return search(
                images - self.background,
                self.stamp.stamps.detach(),
                self.config.max_shapes,
                self.limits,
                self.threshold,
                self.config.search,
            )

    def reconstruct(self, choices: Choices) -> Images:
        """The image that choices give: stamps on the background, clipped (equation 2)."""
        return self._clipped(press(self.stamp.stamps, choices))

    def reconstruction(self, state: Explanation) -> Images:
        """The image that placements give; the same as `reconstruct` of their choices, without pressing them again."""
        return self._clipped(state.explained)

    def forward(self, images: Images) -> Output:
        """The choices, and the image that they give."""
        state = self.explain(images)
        choices = to_choices(state.placements, self.config.num_stamps, self.config.positions)
        return Output(self.reconstruction(state), choices)

    def _clipped(self, explained: Images) -> Images:
        return (self.background + explained).clamp(0, self.config.max_value)
