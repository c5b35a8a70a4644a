"""Facts about what a search needs: what is left, how much it counts, and what is believed."""

import pytest
import torch

from stampnet.matching.placements import Placements
from stampnet.matching.search import search
from stampnet.matching.sought import SearchConfig, sought_for

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
STAMPS = torch.zeros(1, 1, 9, 9)
STAMPS[0, 0, 2:7, 3:6] = 0.4


def test_weights_fall_where_others_print() -> None:
    sought = sought_for(STAMPS, LIMITS, 0.0, SearchConfig(forgiven=0.1))
    explained = torch.tensor([0.0, 0.2, 1.0]).view(1, 1, 1, 3)
    left, weights = sought.left(torch.full((1, 1, 1, 3), 0.6), explained, torch.zeros(1, 1, 1, 3))
    assert weights.flatten().tolist() == pytest.approx([1.0, 0.5, 1 / 26])
    assert left.flatten().tolist() == pytest.approx([0.6, 0.2, -0.4 / 26])


def test_a_placement_must_gain_more_than_the_threshold_and_explain_its_share_of_what_it_covers() -> None:
    image = torch.zeros(1, 1, 20, 20)
    image[0, :, 5:14, 6:15] = STAMPS[0]
    image[0, 0, 10, 10] = 1.0  # something brighter beside it, in the visible part
    place = torch.tensor([[5]]), torch.tensor([[6]])
    found = Placements(torch.zeros(1, 1, dtype=torch.int64), *place, torch.ones(1, 1))
    energy = float((image**2).sum())
    for gain, share, threshold, expected in (
        (0.5 * energy, 0.4, 0.0, True),
        (0.5 * energy, 0.6, 0.0, False),
        (0.5 * energy, 0.0, 0.6 * energy, False),
        (0.01, 0.0, 0.0, True),
    ):
        sought = sought_for(STAMPS, LIMITS, threshold, SearchConfig(least_share=share))
        smoothed = gain * sought.smoothness if share else torch.tensor([gain])
        assert sought.is_believed(image, found, smoothed[None]).tolist() == [[expected]]


def test_only_the_visible_part_of_a_stamp_is_looked_at() -> None:
    image = torch.zeros(1, 1, 20, 20)
    image[0, :, 5:14, 6:15] = STAMPS[0]
    image[0, 0, 13, 14] = 1.0  # within the frame of the stamp, where it prints nothing
    found = Placements(torch.zeros(1, 1, dtype=torch.int64), torch.tensor([[5]]), torch.tensor([[6]]), torch.ones(1, 1))
    sought = sought_for(STAMPS, LIMITS, 0.0, SearchConfig(least_share=0.9))
    assert sought.is_believed(image, found, STAMPS.square().sum().view(1, 1)).item()


def test_thin_strokes_count_as_explained_when_they_are() -> None:
    square = torch.zeros(1, 1, 9, 9)
    square[0, 0, 1:8, 1:8] = 1
    square[0, 0, 2:7, 2:7] = 0
    image = torch.zeros(1, 1, 20, 20)
    image[0, :, 5:14, 6:15] = square[0]
    state = search(image, square, 1, LIMITS, threshold=0.0, config=SearchConfig(least_share=0.9))
    assert state.placements.present.tolist() == [[True]]
