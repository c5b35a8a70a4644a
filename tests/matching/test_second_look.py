"""Objects close together are sought again beside bent stamps, and only what explains more is kept."""

import pytest
import torch

from stampnet.matching.explanation import Explanation, explanation
from stampnet.matching.matcher import MatchingConfig
from stampnet.matching.placements import Placements, add_windows, prints
from stampnet.matching.poses import PoseConfig
from stampnet.matching.search import lower
from stampnet.matching.second_look import look_again
from stampnet.model.deformation import displacements, polynomials, warped

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))
SQUARE = torch.ones(1, 1, 4, 4)


def two_squares(second_row: int) -> Explanation:
    """Images of squares at 2, 2 and 4, 5 and of 2, 2 and 20, 20; explained by one at 2, 2 and one at the row given."""
    images = torch.zeros(2, 1, 30, 30)
    images[:, :, 2:6, 2:6] = 1.0
    images[0, :, 4:8, 5:9] = images[1, :, 20:24, 20:24] = 1.0
    row, column = torch.tensor([[2, second_row], [2, 20]]), torch.tensor([[2, 5], [2, 20]])
    placed = Placements(torch.zeros_like(row), row, column, torch.ones(2, 2))
    return explanation(images, SQUARE, placed, LIMITS)


def moved_to(row: int, sought: list[int]):
    """Seeks by putting the second slot into that row."""

    def locate(trial: Explanation, m: int) -> None:
        sought.append(len(trial.images))
        if m == 1:
            trial.remove(m, torch.ones(len(trial.images), dtype=torch.bool))
            trial.placements.row[:, m], trial.placements.contrast[:, m] = row, 1.0
            trial.printed[:, m] = prints(SQUARE, trial.placements.slot(m))
            add_windows(trial.explained, trial.printed[:, m], trial.placements.slot(m))

    return locate


@pytest.mark.parametrize(("begun", "found", "end"), [(6, 4, 4), (4, 6, 4)])
def test_what_explains_more_is_kept(begun: int, found: int, end: int) -> None:
    sought: list[int] = []
    state = look_again(two_squares(begun), moved_to(found, sought), lambda *_: None, (5, 5), LIMITS)
    assert state.placements.row.tolist() == [[2, end], [2, 20]]
    assert sought == [1, 1], "squares far from each other are not sought again"
    fresh = torch.zeros_like(state.explained)
    for m in range(2):
        add_windows(fresh, state.printed[:, m], state.placements.slot(m))
    torch.testing.assert_close(state.explained, fresh)


@pytest.mark.parametrize("pose", [PoseConfig(), PoseConfig(max_angle_deg=30.0)])
def test_a_second_look_never_explains_less_and_sometimes_more(pose: PoseConfig, matcher_of_two) -> None:
    config = MatchingConfig(
        image_size=(60, 60), stamp_size=(24, 24), num_stamps=2, max_shapes=2, deform="smooth", pose=pose
    )
    matcher = matcher_of_two(config)
    generator = torch.Generator().manual_seed(0)
    basis = polynomials((24, 24), "smooth")
    images = torch.zeros(60, 1, 60, 60)
    for k, place in enumerate((10, 17)):  # overlapping
        bends = 0.35 * torch.randn(60, 2, 15, generator=generator)
        stamps = matcher.stamp.stamps.detach()[k].expand(60, -1, -1, -1)
        images[:, :, place : place + 24, place : place + 24] += warped(stamps, displacements(bends, basis, (24, 24)))
    images = images.clamp(max=1)
    once = matcher.bent(matcher.locate(images))
    again = matcher.explain(images)
    errors = [(matcher.reconstruction(one, images) - images).square().sum((1, 2, 3)) for one in (once, again)]
    assert (errors[1] <= errors[0] * (1 + 1e-5)).all()
    assert (errors[1] < 0.98 * errors[0]).sum() >= 3
    fresh = torch.zeros_like(again.explained)
    for m in range(2):
        add_windows(fresh, again.printed[:, m], again.placements.slot(m))
    torch.testing.assert_close(again.explained, fresh, atol=1e-5, rtol=0)
    assert again.placements.stamp.max() <= 1


@pytest.mark.parametrize("place", [0, 20])
def test_an_object_alone_is_not_sought_again_wherever_it_lies(place: int, matcher_of_two, monkeypatch) -> None:
    config = MatchingConfig(image_size=(60, 60), stamp_size=(24, 24), num_stamps=2, max_shapes=3, deform="smooth")
    matcher = matcher_of_two(config)
    matcher.threshold.fill_(1.0)
    images = torch.zeros(1, 1, 60, 60)
    images[0, :, place : place + 24, place : place + 24] = matcher.stamp.stamps.detach()[0]
    monkeypatch.setattr("stampnet.matching.matcher.seek", lambda *_: pytest.fail("it was sought again"))
    state = matcher.explain(images)
    assert state.placements.present.tolist() == [[True, False, False]]
    assert not state.bends[:, 1:].any()


def test_what_a_slot_elsewhere_in_the_image_leaves_has_no_say() -> None:
    """A second square is explained ever so badly; the first one a tenth better by one of the two."""
    images = torch.zeros(1, 1, 30, 30)
    images[:, :, 2:6, 2:6], images[:, :, 20:24, 20:24] = 0.5, 30.0
    place = torch.tensor([[2, 20]])
    states = [
        explanation(images, SQUARE, Placements(torch.zeros_like(place), place, place, torch.tensor([[c, 1.0]])), LIMITS)
        for c in (0.55, 0.555)
    ]
    assert lower(*states, 0.98, LIMITS).tolist() == [True]
    assert lower(*states[::-1], 0.98, LIMITS).tolist() == [False]
