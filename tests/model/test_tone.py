"""Facts about thicker and stronger stamps."""

import torch
from torch.nn import functional as F

from stampnet.model.tone import smooth, thickening, toned


def test_smoothing_is_the_convolution_with_1_2_1() -> None:
    images = torch.rand(2, 3, 6, 7)
    kernel = torch.tensor([1.0, 2.0, 1.0])
    plain = F.conv2d(images.flatten(0, 1)[:, None], (kernel[:, None] * kernel)[None, None] / 16, padding=1)
    torch.testing.assert_close(smooth(images), plain.view_as(images))


def test_a_thicker_ramp_is_higher_by_its_slope_and_a_dark_one_deeper() -> None:
    ramp = torch.arange(1.0, 8).expand(1, 1, 5, 7)
    inner = (..., slice(1, -1), slice(1, -1))
    for sign in (1, -1):
        torch.testing.assert_close(thickening(sign * ramp)[inner], torch.full((1, 1, 3, 5), float(sign)))


def test_strength_multiplies_a_stamp_and_thickness_changes_its_outline_alone() -> None:
    stamp = torch.zeros(1, 1, 11, 11)
    stamp[..., 2:9, 2:9] = 0.5
    assert torch.equal(toned(stamp, torch.tensor([[0.0, 0.2]])), 1.2 * stamp)
    change = toned(stamp, torch.tensor([[0.5, 0.0]])) - stamp
    assert float(change[0, 0, 5, 5]) == 0
    assert float(change[0, 0, 5, 9]) > 0


def test_where_a_stamp_is_flat_its_thickness_still_has_a_gradient() -> None:
    stamp = torch.zeros(1, 1, 6, 6, requires_grad=True)
    toned(stamp, torch.tensor([[0.5, 0.0]])).sum().backward()
    assert stamp.grad is not None
    assert torch.equal(stamp.grad, torch.ones_like(stamp))
