"""Facts about the gain from which a placement is believed."""

import pytest
import torch

from stampnet.matching.threshold import least_gain


def drawn(num_objects: int, num_empty: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Gains of slots, and of slots without objects: objects around 40, nothing around 5."""
    generator = torch.Generator().manual_seed(seed)
    objects = 40 + 8 * torch.randn(num_objects, generator=generator)
    empty, nothing = 5 + 2 * torch.randn(2, max(num_empty, 500), generator=generator)
    return torch.cat([objects, empty[:num_empty]]), nothing


@pytest.mark.parametrize("seed", range(5))
def test_it_lies_between_noise_and_objects(seed: int) -> None:
    gains, nothing = drawn(300, 200, seed)
    threshold = float(least_gain(gains, nothing))
    assert (gains[:300] > threshold).float().mean() > 0.98
    assert (gains[300:] > threshold).float().mean() < 0.02


@pytest.mark.parametrize("num_empty", [0, 2])
def test_nothing_is_dropped_where_every_slot_holds_an_object(num_empty: int) -> None:
    assert float(least_gain(*drawn(500, num_empty))) == 0


def test_where_all_slots_are_empty_nearly_all_are_dropped() -> None:
    gains, nothing = drawn(0, 500)
    assert (gains > least_gain(gains, nothing)).float().mean() < 0.05


def test_it_is_never_negative() -> None:
    gains, nothing = drawn(300, 300)
    assert float(least_gain(gains - 30, nothing - 30)) >= 0
