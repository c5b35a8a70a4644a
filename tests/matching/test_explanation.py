"""Facts about explanations of images by placed stamps."""

import torch

from stampnet.matching.explanation import explanation, saturation
from stampnet.matching.placements import Placements

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))


def test_saturation_is_known_at_both_ends() -> None:
    images = torch.tensor([[[[1.0, 0.3, 0.0, -0.5]]]])
    limits = (torch.full((1, 1, 1), -0.5), torch.ones(1, 1, 1))
    assert saturation(images, limits).flatten().tolist() == [1.0, 0.0, 0.0, -2.0]
    assert not saturation(torch.zeros(1, 1, 2, 2), LIMITS).any()


def an_explanation() -> tuple[Placements, torch.Tensor]:
    """Two images with two slots each, one of them empty, and the stamps."""
    place = torch.tensor([[1, 3], [0, 2]])
    contrast = torch.tensor([[1.0, 0.5], [0.0, 2.0]])
    return Placements(place % 2, place, place, contrast), torch.rand(2, 1, 3, 3)


def test_placements_explain_what_their_stamps_print() -> None:
    placed, stamps = an_explanation()
    state = explanation(torch.rand(2, 1, 8, 8), stamps, placed, LIMITS)
    expected = torch.zeros(2, 1, 8, 8)
    expected[0, :, 1:4, 1:4] += stamps[1]
    expected[0, :, 3:6, 3:6] += 0.5 * stamps[1]
    expected[1, :, 2:5, 2:5] += 2 * stamps[0]
    torch.testing.assert_close(state.explained, expected)
    assert not state.printed[1, 0].any()


def test_a_removed_slot_explains_nothing_and_leaves_the_placements_that_were_given() -> None:
    placed, stamps = an_explanation()
    state = explanation(torch.rand(2, 1, 8, 8), stamps, placed, LIMITS)
    state.remove(1, torch.tensor([True, False]))
    assert state.placements.present.tolist() == [[True, False], [False, True]]
    torch.testing.assert_close(state.explained[0, :, 1:4, 1:4], stamps[1])
    torch.testing.assert_close(state.explained[0].sum(), stamps[1].sum())
    assert placed.present[0, 1]
