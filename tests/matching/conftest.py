"""Images and stamps that tests of the search share."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.search import search
from stampnet.matching.sought import SearchConfig
from stampnet.matching.start import first_stamps
from stampnet.matching.update import centred, gather_evidence
from stampnet.model.tone import smooth


@pytest.fixture(scope="session")
def scenes() -> Callable[[str, int], torch.Tensor]:
    """Six hundred images of a kind, with so many objects each."""

    def make(kind: str, num_shapes: int) -> torch.Tensor:
        recipe = SceneRecipe(kind=kind, num_images=600, num_shapes=num_shapes, canvas_size=(84, 84))  # type: ignore[arg-type]
        return torch.from_numpy(make_scenes(recipe).images[:, None] / np.float32(255))

    return make


@pytest.fixture(scope="session")
def fitted_stamps() -> Callable[[torch.Tensor], torch.Tensor]:
    """Forty stamps after some rounds: of windows as they are, unlike of means, every pixel matters."""
    limits = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))

    def fit(images: torch.Tensor) -> torch.Tensor:
        stamps = first_stamps(images, 40, (28, 28), torch.Generator().manual_seed(0))
        for _ in range(4):
            state = search(images, stamps, 2, limits, config=SearchConfig(rounds=1))
            evidence, _ = gather_evidence(state, stamps, torch.zeros(0, 0))
            stamps = centred(evidence.windows / evidence.placements.clamp(min=1)[:, None, None, None])
        return stamps

    return fit


@pytest.fixture(scope="session")
def cross_and_ring() -> torch.Tensor:
    """Two stamps of 24 x 24 pixels with soft edges."""
    row, column = torch.arange(24.0)[:, None] - 12, torch.arange(24.0) - 12
    cross = ((row.abs() < 2) & (column.abs() < 8)) | ((column.abs() < 2) & (row.abs() < 8))
    ring = ((row.square() + column.square()).sqrt() - 6).abs() < 1.5
    return smooth(torch.stack([cross, ring])[:, None].float())


@pytest.fixture(scope="session")
def matcher_of_two(cross_and_ring: torch.Tensor) -> Callable[[MatchingConfig], StampMatcher]:
    """A matcher whose stamps, and locators if it has any, are the cross and the ring."""

    def make(config: MatchingConfig) -> StampMatcher:
        matcher = StampMatcher(config)
        with torch.no_grad():
            matcher.stamp.stamps.copy_(cross_and_ring)
            matcher.locators.copy_(cross_and_ring[: len(matcher.locators)])
        return matcher.eval()

    return make
