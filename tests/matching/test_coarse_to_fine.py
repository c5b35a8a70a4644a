"""The search for one placement is as good as trying every stamp at every place."""

import pytest
import torch

from stampnet.benchmarks.matching import largest_gain
from stampnet.matching.coarse_to_fine import best_placement
from stampnet.matching.filters import filters
from stampnet.matching.placements import Placements, add_windows, prints
from stampnet.matching.sought import SearchConfig

CONTRAST = SearchConfig().contrast


@pytest.mark.parametrize(
    ("size", "stamp"),
    [((40, 40), (16, 16)), ((33, 50), (17, 20)), ((20, 31), (8, 11)), ((16, 14), (5, 7)), ((9, 9), (9, 9))],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_one_clean_object_is_found_wherever_it_is(size: tuple[int, int], stamp: tuple[int, int], channels: int) -> None:
    generator = torch.Generator().manual_seed(0)
    stamps = torch.rand(4, channels, *stamp, generator=generator)
    rows, columns = size[0] - stamp[0] + 1, size[1] - stamp[1] + 1
    number = rows * columns
    place = torch.arange(number)
    which = torch.randint(4, (number,), generator=generator)
    truth = Placements(which, place // columns, place % columns, torch.full((number,), 0.8))
    images = torch.zeros(number, channels, *size)
    add_windows(images, prints(stamps, truth), truth)
    found, _ = best_placement(images, None, filters(stamps), CONTRAST)
    assert torch.equal(found.stamp, truth.stamp)
    assert torch.equal(found.row, truth.row)
    assert torch.equal(found.column, truth.column)
    torch.testing.assert_close(found.contrast, truth.contrast, atol=0.02, rtol=0)


@pytest.mark.parametrize(("kind", "num_shapes"), [("simple-shapes", 1), ("simple-shapes", 2)])
def test_coarse_to_fine_is_as_good_as_trying_everything_on_shapes(scenes, fitted_stamps, kind, num_shapes):
    images = scenes(kind, num_shapes)
    _agree(images, fitted_stamps(images))


@pytest.mark.usefixtures("mnist_is_here")
@pytest.mark.parametrize("num_shapes", [1, 2])
def test_coarse_to_fine_is_as_good_as_trying_everything_on_digits(scenes, fitted_stamps, num_shapes):
    images = scenes("t-mnist", num_shapes)
    _agree(images, fitted_stamps(images))


def _agree(images: torch.Tensor, stamps: torch.Tensor) -> None:
    _, gain = best_placement(images, None, filters(stamps), CONTRAST)
    best = largest_gain(images, stamps, CONTRAST)
    assert (gain <= best * (1 + 1e-4)).all()
    assert (gain >= best * (1 - 1e-4)).float().mean() >= 0.995


def test_weights_tell_where_pixels_count() -> None:
    generator = torch.Generator().manual_seed(1)
    stamps = torch.rand(3, 1, 16, 16, generator=generator)
    images, weights = torch.rand(20, 1, 32, 32, generator=generator), torch.rand(20, 1, 32, 32, generator=generator)
    found, gain = best_placement(images, weights, filters(stamps), CONTRAST)
    full = filters(stamps)[0]
    for k in range(20):
        n, r, c = int(found.stamp[k]), int(found.row[k]), int(found.column[k])
        window = (slice(None), slice(r, r + 16), slice(c, c + 16))
        product, energy = (images[k][window] * full.kernel[n]).sum(), (weights[k][window] * full.square[n]).sum()
        factor = (product / energy).clamp(*CONTRAST)
        torch.testing.assert_close(gain[k], factor * (2 * product - factor * energy))


def test_places_that_are_ruled_out_are_not_chosen() -> None:
    stamps = torch.rand(2, 1, 16, 16)
    image = torch.zeros(1, 1, 40, 40)
    image[..., 3:19, 4:20], image[..., 22:38, 20:36] = stamps[0], 0.8 * stamps[1]
    first, gain = best_placement(image, None, filters(stamps), CONTRAST)
    second, less = best_placement(image, None, filters(stamps), CONTRAST, first)
    assert [int(field) for field in (*first[:3], *second[:3])] == [0, 3, 4, 1, 22, 20]
    assert less < gain


def test_what_other_slots_hide_counts_for_nothing_at_any_size() -> None:
    stamps = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    residual, weights = torch.zeros(1, 1, 80, 80), torch.ones(1, 1, 80, 80)
    for row in (0, 30, 60):  # more than can be kept: each correlates more than half a stamp does
        for column in (30, 60):
            residual[..., row : row + 16, column : column + 16] = 0.6 * stamps
    residual[..., 30:46, 4:12], weights[..., 30:46, 12:20] = stamps[..., :8], 0  # half of it is hidden
    found, _ = best_placement(residual, weights, filters(stamps), CONTRAST)
    assert [int(field) for field in found[:3]] == [0, 30, 4]
