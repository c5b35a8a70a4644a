"""Images with many objects: found at once, leftovers are none, and never more than there are slots."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from stampnet.matching.coarse_to_fine import best_placements
from stampnet.matching.placements import Placements, add_windows_at
from stampnet.matching.search import FEW, search
from stampnet.matching.sought import SearchConfig

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
STAMPS = torch.zeros(2, 1, 16, 16)
STAMPS[0, 0, 2:14, 6:10], STAMPS[1, 0, 6:10, 2:14] = 0.4, 0.4  # an upright bar and a level one


def grid(number: int, apart: int = 18) -> tuple[torch.Tensor, list[tuple[int, int, int]]]:
    """An image of bars, every other upright, in rows of six; stamp, row and column of each."""
    image, truth = torch.zeros(1, 1, 120, 120), []
    for k in range(number):
        row, column = 2 + apart * (k // 6), 3 + apart * (k % 6)
        image[0, :, row : row + 16, column : column + 16] += STAMPS[k % 2]
        truth.append((k % 2, row, column))
    return image, truth


def found_in(state: Any) -> list[tuple[int, int, int]]:
    there = state.placements.present[0]
    return sorted(zip(*(field[0, there].tolist() for field in state.placements[:3]), strict=True))


def test_objects_apart_are_found_in_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    image, truth = grid(30)
    looks = []

    def counted(residual: torch.Tensor, *rest: Any) -> Any:
        looks.append(len(residual))
        return best_placements(residual, *rest)

    monkeypatch.setattr("stampnet.matching.crowd.best_placements", counted)
    state = search(image, STAMPS, 40, LIMITS, threshold=1.0)
    assert found_in(state) == sorted(truth)
    assert looks == [1, 1], "all, and that there are no others"
    torch.testing.assert_close(state.explained, image, atol=1e-4, rtol=0)


def test_objects_that_touch_are_all_found() -> None:
    image, truth = grid(20, apart=11)
    assert found_in(search(image.clamp(max=1), STAMPS, 40, LIMITS, threshold=1.0)) == sorted(truth)


def test_there_are_no_more_than_slots() -> None:
    image, truth = grid(30)
    found = found_in(search(image, STAMPS, FEW + 4, LIMITS, threshold=1.0))
    assert len(found) == FEW + 4
    assert set(found) <= set(truth)


def test_images_without_objects_have_none_and_others_their_own() -> None:
    images = torch.cat([torch.zeros(1, 1, 120, 120), grid(3)[0], grid(9)[0]])
    state = search(images, STAMPS, 12, LIMITS, threshold=1.0)
    assert state.placements.present.sum(dim=1).tolist() == [0, 3, 9]


def test_what_a_stamp_leaves_of_its_object_is_no_further_one_at_its_place() -> None:
    image = 2.4 * grid(4)[0]  # a stamp is brightened by a factor of two at most
    counts = [
        len(found_in(search(image, STAMPS, 12, LIMITS, threshold=0.1, config=SearchConfig(least_share=share))))
        for share in (0.0, 0.3)
    ]
    assert counts == [4, 4]


def test_what_a_stamp_cannot_print_of_a_larger_object_is_no_object() -> None:
    image = torch.zeros(1, 1, 60, 60)
    image[0, :, 20:32, 20:30] = 1.0  # much wider than the upright bar, much brighter than it may become
    counts = [
        len(found_in(search(image, STAMPS, 12, LIMITS, threshold=0.1, config=SearchConfig(least_share=share))))
        for share in (0.0, 0.8)
    ]
    assert counts[0] > counts[1]


def test_faint_objects_beside_bright_ones_are_found_before_leftovers_of_these() -> None:
    image, truth = grid(8)
    image[..., :57] *= 2.3
    image[..., 57:] *= 0.6
    config = SearchConfig(contrast=(0.5, 1.2))
    plain, forgiving = (
        found_in(search(image, STAMPS, 8, LIMITS, threshold=0.1, config=replace(config, forgiven=forgiven)))
        for forgiven in (0.0, 0.3)
    )
    assert forgiving == sorted(truth)
    assert plain != forgiving


def test_windows_of_one_image_are_summed() -> None:
    windows = torch.rand(3, 2, 4, 5)
    row, column = torch.tensor([0, 2, 1]), torch.tensor([3, 1, 0])
    canvas = torch.ones(2, 2, 9, 11)
    expected = canvas.clone()
    for window, image, y, x in zip(windows, (1, 1, 0), row, column, strict=True):
        expected[image, :, y : y + 4, x : x + 5] += window
    add_windows_at(canvas, torch.tensor([1, 1, 0]), windows, Placements(row, row, column, torch.ones(3)))
    torch.testing.assert_close(canvas, expected)


def test_on_a_grid_each_square_has_the_stamp_that_explains_it_best_and_nothing_lies_between() -> None:
    stamps = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    image = torch.zeros(2, 1, 40, 26)
    truth = [(0, 0, 0), (2, 8, 16), (1, 24, 8), (1, 32, 0)]
    for stamp, row, column in truth:
        image[0, :, row : row + 8, column : column + 8] = stamps[stamp]
    image[1, :, 3:11, 5:13] = stamps[0]  # between squares
    config = SearchConfig(on_grid=True, least_share=0.9)
    for num_slots in (20, 4):
        state = search(image, stamps, num_slots, LIMITS, threshold=0.1, config=config)
        assert found_in(state) == sorted(truth)
        torch.testing.assert_close(state.explained[0], image[0], atol=1e-4, rtol=0)
        assert not state.placements.present[1].any()
    assert len(found_in(search(image, stamps, 2, LIMITS, threshold=0.1, config=config))) == 2


def test_on_a_grid_what_is_like_no_stamp_takes_no_slot() -> None:
    chance = torch.Generator().manual_seed(0)
    stamp = 0.3 * torch.rand(1, 1, 8, 8, generator=chance)
    image = torch.rand(1, 1, 24, 24, generator=chance)
    image[0, :, :8, :8] = image[0, :, 16:, 16:] = stamp[0]
    config = SearchConfig(on_grid=True, least_share=0.9, contrast=(1.0, 1.0))
    found = found_in(search(image, stamp, 2, LIMITS, threshold=0.1, config=config))
    assert found == [(0, 0, 0), (0, 16, 16)]
