"""Facts about matched filters."""

import torch

from stampnet.matching.filters import filters, halve, num_levels, round_up
from stampnet.model.tone import smooth


def test_halving_keeps_inner_products_of_pictures_without_detail() -> None:
    coarse = torch.rand(2, 1, 4, 5)
    first, second = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)
    ours = (halve(first[None]) * halve(second[None])).sum()
    torch.testing.assert_close(ours, (first * second).sum())


def test_the_product_with_a_stamp_is_that_of_both_smoothed() -> None:
    stamp, image = torch.zeros(1, 1, 12, 12), torch.rand(1, 1, 12, 12)
    stamp[..., 4:8, 4:8] = torch.rand(4, 4)  # far from the border, where nothing is cut
    full = filters(stamp)[0]
    torch.testing.assert_close((full.kernel * image).sum(), (smooth(stamp) * smooth(image)).sum())
    torch.testing.assert_close(full.energy[0], smooth(stamp).square().sum())
    torch.testing.assert_close(full.square.sum(), full.energy[0])


def test_small_stamps_have_fewer_sizes() -> None:
    for size, expected in (((28, 28), [28, 14, 7]), ((17, 30), [17, 10, 5]), ((8, 9), [8, 4]), ((5, 40), [5])):
        levels = filters(torch.rand(2, 1, *size))
        assert [level.kernel.shape[2] for level in levels] == expected
        assert len(levels) == num_levels(size)


def test_rounding_up() -> None:
    assert [round_up(size, 4) for size in (1, 4, 5, 8)] == [4, 4, 8, 8]
