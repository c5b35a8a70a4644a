"""The search for all placements is right where objects overlap, and stops where there are none."""

from typing import Any

import pytest
import torch

from stampnet.matching.coarse_to_fine import best_placement
from stampnet.matching.placements import Placements, add_windows, prints
from stampnet.matching.search import search
from stampnet.matching.sought import SearchConfig

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
CONTRAST = SearchConfig().contrast


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
def test_a_second_start_never_explains_less_and_sometimes_much_more(scenes, fitted_stamps):
    images = scenes("t-mnist", 2)
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


def test_images_in_which_nothing_is_left_are_not_sought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    images = torch.zeros(3, 1, 40, 40)
    images[1, :, 3:11, 4:12] = stamps[0]
    images[2, :, 3:11, 4:12], images[2, :, 25:33, 24:32] = stamps[0], stamps[1]
    sought = []

    def counted(residual: torch.Tensor, *rest: Any) -> Any:
        sought.append(len(residual))
        return best_placement(residual, *rest)

    monkeypatch.setattr("stampnet.matching.search.best_placement", counted)
    state = search(images, stamps, 5, LIMITS)
    assert state.placements.present.sum(dim=1).tolist() == [0, 1, 2]
    assert sought[:3] == [3, 2, 1]
    assert len(sought) < 5


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


@pytest.mark.parametrize("corner", [0, 20])
def test_slots_beyond_the_objects_are_sought_once_wherever_these_lie(
    corner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    images = torch.zeros(1, 1, 40, 40)
    images[0, :, corner : corner + 8, corner : corner + 8] = stamps[0]
    sought = []

    def counted(residual: torch.Tensor, *rest: Any) -> Any:
        sought.append(len(residual))
        return best_placement(residual, *rest)

    monkeypatch.setattr("stampnet.matching.search.best_placement", counted)
    state = search(images, stamps, 6, LIMITS, threshold=1.0)
    assert state.placements.present.tolist() == [[True] + [False] * 5]
    assert sought == [1, 1], "the object, and that there is no other"


@pytest.mark.usefixtures("mnist_is_here")
def test_what_is_found_in_an_image_does_not_depend_on_the_others(scenes, fitted_stamps, monkeypatch):
    images = scenes("t-mnist", 2)[:60]
    images[::3, :, :, :40] = 0
    stamps = fitted_stamps(images)
    together = search(images, stamps, 3, LIMITS, threshold=4.0)
    monkeypatch.setattr("stampnet.matching.search.TRIED_AT_ONCE", 7 * len(stamps) * images[0].numel())
    apart = search(images, stamps, 3, LIMITS, threshold=4.0)
    for one, other in zip(together.placements, apart.placements, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=0)
    assert 0 < together.placements.present.float().mean() < 1
