"""Which slots share pixels."""

import torch

from stampnet.matching.neighbours import extents, near_another, touching
from stampnet.matching.placements import nothing


def test_slots_are_near_another_within_a_distance() -> None:
    placements = nothing(3, 2, torch.device("cpu"))._replace(
        contrast=torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]])
    )
    placements.row[:, 1] = torch.tensor([7, 8, 0])
    assert near_another(placements, 0, (8, 8)).tolist() == [True, False, False], "empty slots are near nothing"
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
