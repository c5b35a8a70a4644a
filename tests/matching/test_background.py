"""Facts about backgrounds: one value, or a smooth field."""

import pytest
import torch

from stampnet.matching.background import constant_background, is_uneven, smooth_background


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


def test_noise_that_is_clipped_at_black_is_brighter_than_black() -> None:
    noise = 0.1 * torch.randn(20, 1, 40, 40, generator=torch.Generator().manual_seed(0))
    images = noise.clone()
    images[:, :, 5:25, 8:28] += 0.9
    images = (images.clamp(0, 1) * 255).round() / 255
    mean = noise.clamp(min=0).mean()
    torch.testing.assert_close(constant_background(images), mean.reshape(1, 1, 1), atol=0.002, rtol=0)


@pytest.mark.parametrize("value", [0.1, 0.5, 0.9])
def test_objects_may_leave_no_cell_free(value: float) -> None:
    images = torch.zeros(4, 1, 40, 40)
    for row in range(0, 40, 4):
        for column in range(0, 40, 4):
            images[:, :, row : row + 2, column : column + 2] = value
    assert constant_background(images).item() == 0


def spotted(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth fields, and the same with a fifth of the pixels covered by bright and dark squares."""
    generator = torch.Generator().manual_seed(seed)
    rows, columns = torch.linspace(0, 1, 60)[:, None], torch.linspace(0, 1, 70)
    slopes = torch.rand(8, 2, 2, generator=generator)[..., None, None]
    fields = 0.3 + 0.2 * slopes[:, :, 0] * torch.cos(3 * rows) + 0.2 * slopes[:, :, 1] * columns**2
    images = fields.clone()
    images[:, :, 5:25, 10:30] += 0.5
    images[:, :, 35:55, 40:60] -= 0.2
    return fields, images


def test_a_smooth_background_is_seen_through_bright_and_dark_objects() -> None:
    fields, images = spotted()
    assert float((smooth_background(images) - fields).square().mean().sqrt()) < 0.01
    noisy = images + 0.05 * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    assert float((smooth_background(noisy) - fields).square().mean().sqrt()) < 0.02


@pytest.mark.parametrize("size", [(5, 5), (7, 90), (1, 40)])
def test_small_images_have_a_background_too(size: tuple[int, int]) -> None:
    images = torch.full((3, 1, *size), 0.4)
    torch.testing.assert_close(smooth_background(images), images, atol=2e-3, rtol=0)


def test_only_fields_that_vary_are_uneven() -> None:
    fields, images = spotted()
    assert is_uneven(images)
    flat = images - fields + 0.3
    assert not is_uneven(flat)
    assert not is_uneven(flat + 0.1 * torch.randn(flat.shape, generator=torch.Generator().manual_seed(1)))
