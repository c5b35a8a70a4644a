"""Facts about the constant background."""

import pytest
import torch

from stampnet.matching.background import constant_background


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_are_found_exactly(value: float) -> None:
    images = torch.full((4, 1, 20, 20), value)
    images[:, :, 3:9, 4:11] = torch.rand(4, 1, 6, 7)
    assert constant_background(images).item() == value


def test_each_channel_has_its_own_and_noise_is_averaged() -> None:
    generator = torch.Generator().manual_seed(0)
    level = torch.tensor([0.2, 0.5, 0.8])[:, None, None]
    images = level + 0.02 * torch.randn(20, 3, 30, 30, generator=generator)
    images[:, :, 5:15, 5:15] = torch.rand(20, 3, 10, 10, generator=generator)
    torch.testing.assert_close(constant_background(images), level, atol=0.02, rtol=0)
