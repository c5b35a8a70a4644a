"""Facts about the search: as good as trying every stamp at every place, and right where objects overlap."""

import numpy as np
import pytest
import torch

from stampnet.benchmarks.matching import largest_gain
from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.matching.filters import filters
from stampnet.matching.placements import Placements, add_windows, nothing, prints
from stampnet.matching.search import SearchConfig, best_placement, extents, near_another, search, touching
from stampnet.matching.start import first_stamps
from stampnet.matching.update import centred, gather_evidence

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
CONTRAST = SearchConfig().contrast


def scenes(kind: str, num_images: int, num_shapes: int) -> torch.Tensor:
    recipe = SceneRecipe(kind=kind, num_images=num_images, num_shapes=num_shapes, canvas_size=(84, 84))  # type: ignore[arg-type]
    return torch.from_numpy(make_scenes(recipe).images[:, None] / np.float32(255))


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
def test_coarse_to_fine_is_as_good_as_trying_everything_on_shapes(kind: str, num_shapes: int) -> None:
    _agree(scenes(kind, 600, num_shapes))


@pytest.mark.usefixtures("mnist_is_here")
@pytest.mark.parametrize("num_shapes", [1, 2])
def test_coarse_to_fine_is_as_good_as_trying_everything_on_digits(num_shapes: int) -> None:
    _agree(scenes("t-mnist", 600, num_shapes))


def fitted_stamps(images: torch.Tensor) -> torch.Tensor:
    """Forty stamps after some rounds: of windows as they are, unlike of means, every pixel matters."""
    stamps = first_stamps(images, 40, (28, 28), torch.Generator().manual_seed(0))
    for _ in range(4):
        evidence, _ = gather_evidence(
            search(images, stamps, 2, LIMITS, config=SearchConfig(rounds=1)), stamps, torch.zeros(0, 0)
        )
        stamps = centred(evidence.windows / evidence.placements.clamp(min=1)[:, None, None, None])
    return stamps


def _agree(images: torch.Tensor) -> None:
    stamps = fitted_stamps(images)
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


def test_overlapping_bars_whose_sum_is_clipped_are_both_found() -> None:
    bars = torch.zeros(2, 1, 16, 16)
    bars[0, 0, 5:10], bars[1, 0, :, 5:10] = 1, 1
    truth = [Placements(*(torch.tensor([v]) for v in one)) for one in ((0, 8, 6, 1.0), (1, 10, 9, 1.0))]
    image = torch.zeros(1, 1, 40, 40)
    for one in truth:
        add_windows(image, prints(bars, one), one)
    image = image.clamp(max=1)
    assert (image == 1).sum() < 2 * 80  # they do share pixels
    state = search(image, bars, 2, LIMITS)
    found = {tuple(int(field[0, m]) for field in state.placements[:3]) for m in range(2)}
    assert found == {(0, 8, 6), (1, 10, 9)}
    torch.testing.assert_close(state.explained.clamp(max=1), image, atol=1e-4, rtol=0)


@pytest.mark.usefixtures("mnist_is_here")
def test_a_second_start_never_explains_less_and_sometimes_much_more() -> None:
    images = scenes("t-mnist", 600, 2)
    stamps = fitted_stamps(images)
    errors = []
    for second_start in (False, True):
        state = search(images, stamps, 2, LIMITS, config=SearchConfig(second_start=second_start))
        fresh = torch.zeros_like(images)
        for m in range(2):
            one = state.placements.slot(m)
            add_windows(fresh, prints(stamps, one), one)
        torch.testing.assert_close(state.explained, fresh, atol=1e-4, rtol=0)
        errors.append((images - state.explained.clamp(0, 1)).square().sum((1, 2, 3)))
    first, second = errors
    assert (second <= first * (1 + 1e-5)).all()
    assert (second < 0.95 * first).sum() >= 3


def test_places_that_are_ruled_out_are_not_chosen() -> None:
    stamps = torch.rand(2, 1, 16, 16)
    image = torch.zeros(1, 1, 40, 40)
    image[..., 3:19, 4:20], image[..., 22:38, 20:36] = stamps[0], 0.8 * stamps[1]
    first, gain = best_placement(image, None, filters(stamps), CONTRAST)
    second, less = best_placement(image, None, filters(stamps), CONTRAST, first)
    assert [int(field) for field in (*first[:3], *second[:3])] == [0, 3, 4, 1, 22, 20]
    assert less < gain


def test_a_slot_without_gain_stays_empty() -> None:
    stamps = torch.rand(2, 1, 8, 8)
    image = torch.zeros(1, 1, 20, 20)
    image[..., 3:11, 4:12] = stamps[1]
    state = search(image, stamps, 3, LIMITS)
    assert state.placements.present.tolist() == [[True, False, False]]
    assert not search(image, stamps, 1, LIMITS, threshold=1e6).placements.present.any()


def test_objects_darker_than_their_background_are_found() -> None:
    stamps = -torch.rand(2, 1, 8, 8)
    image = torch.zeros(1, 1, 20, 20)
    image[..., 3:11, 4:12] = stamps[1]
    state = search(image, stamps, 1, (torch.full((1, 1, 1), -1.0), torch.zeros(1, 1, 1)))
    assert [int(field) for field in state.placements[:3]] == [1, 3, 4]


def test_slots_are_near_another_within_a_distance() -> None:
    placements = nothing(3, 2, torch.device("cpu"))._replace(
        contrast=torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]])
    )
    placements.row[:, 1] = torch.tensor([7, 8, 0])
    assert near_another(placements, 0, (8, 8)).tolist() == [True, False, True]
    assert near_another(placements, 1, (8, 8)).tolist() == [True, False, False]


def test_slots_touch_where_what_is_visible_meets() -> None:
    stamps = torch.zeros(2, 1, 8, 8)
    stamps[0, 0, 2:4, 1:7] = 1
    stamps[0, 0, 7, 7] = 0.05  # faint
    extent = extents(stamps)
    assert extent[0].tolist() == [[2, 1], [4, 7]]
    assert extent[1].tolist() == [[0, 0], [8, 8]], "nothing is known of an empty stamp"
    placements = nothing(4, 2, torch.device("cpu"))._replace(contrast=torch.ones(4, 2))
    placements.row[:, 1] = torch.tensor([2, 3, 0, 0])
    placements.column[:, 1] = torch.tensor([0, 0, 6, 7])
    assert touching(placements, 0, extent).tolist() == [True, False, True, False]


def test_what_other_slots_hide_counts_for_nothing_at_any_size() -> None:
    stamps = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    residual, weights = torch.zeros(1, 1, 80, 80), torch.ones(1, 1, 80, 80)
    for row in (0, 30, 60):  # more than can be kept: each correlates more than half a stamp does
        for column in (30, 60):
            residual[..., row : row + 16, column : column + 16] = 0.6 * stamps
    residual[..., 30:46, 4:12], weights[..., 30:46, 12:20] = stamps[..., :8], 0  # half of it is hidden
    found, _ = best_placement(residual, weights, filters(stamps), CONTRAST)
    assert [int(field) for field in found[:3]] == [0, 30, 4]
