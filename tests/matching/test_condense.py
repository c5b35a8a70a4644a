"""Facts about finding the number of stamps: duplicates merge, whatever their shift, and rare ones go."""

import torch

from stampnet.matching.condense import condensed, likenesses
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.placements import Placements, add_windows, prints
from stampnet.matching.update import moved

BAR, CROSS = torch.zeros(1, 12, 12), torch.zeros(1, 12, 12)
BAR[:, 5:8, 2:10] = 1
CROSS[:, 2:10, 5:7] = CROSS[:, 5:7, 2:10] = 1
SHIFTED = moved(BAR[None], torch.tensor([2]), torch.tensor([-1]))[0]


def matcher(*stamps: torch.Tensor) -> StampMatcher:
    config = MatchingConfig(image_size=(30, 30), stamp_size=(12, 12), num_stamps=len(stamps), max_shapes=1)
    made = StampMatcher(config)
    with torch.no_grad():
        made.stamp.stamps.copy_(torch.stack(stamps))
    made.threshold.fill_(3.0)
    return made


def images(*which: tuple[int, int]) -> torch.Tensor:
    """So many of each of bar, cross and corner."""
    stamps = torch.stack([BAR, CROSS, corner()])
    stamp = torch.cat([torch.full((number,), k) for k, number in which])
    made = torch.zeros(len(stamp), 1, 30, 30)
    place = torch.arange(len(stamp)) % 18
    placements = Placements(stamp, place, place.flip(0), torch.ones(len(stamp)))
    add_windows(made, prints(stamps, placements), placements)
    return made


def corner() -> torch.Tensor:
    stamp = torch.zeros(1, 12, 12)
    stamp[:, 2:4, 2:10] = stamp[:, 2:10, 2:4] = 1
    return stamp


def test_likeness_does_not_mind_a_small_shift_and_says_which() -> None:
    likeness, rows, columns = likenesses(torch.stack([BAR, SHIFTED, CROSS]))
    torch.testing.assert_close(likeness.diagonal(), torch.ones(3))
    assert likeness[0, 1] > 0.999
    assert (rows[0, 1], columns[0, 1]) == (-2, 1)
    assert torch.equal(moved(SHIFTED[None], rows[0, 1:2], columns[0, 1:2])[0], BAR)
    assert likeness[0, 2] < 0.9


def test_stamps_that_no_contrast_makes_equally_strong_are_unlike_and_on_a_grid_shifted_ones_too() -> None:
    stamps = torch.stack([BAR, 0.8 * BAR, 0.3 * BAR, SHIFTED])
    likeness = likenesses(stamps)[0]
    assert likeness[0, 1] > 0.999
    assert likeness[0, 2] < 0.9
    torch.testing.assert_close(likeness, likeness.T)
    exact = likenesses(stamps, (1.0, 1.0), 0)[0]
    torch.testing.assert_close(exact.diagonal(), torch.ones(4))
    assert 0.95 < exact[0, 1] < 0.99
    assert exact[0, 3] < 0.8


def test_duplicates_merge_and_the_most_used_stamp_comes_first() -> None:
    smaller = condensed(matcher(CROSS, SHIFTED, BAR), images((0, 60), (1, 30)))
    assert smaller.config.num_stamps == 2
    torch.testing.assert_close(smaller.stamp.stamps[1].detach(), CROSS)
    found = smaller.stamp.stamps[0].detach()
    assert torch.equal(found, BAR) or torch.equal(found, SHIFTED)
    assert float(smaller.threshold) == 3.0


def test_small_stamps_that_look_alike_are_two_where_their_objects_are() -> None:
    diamond, plus = small_shapes()
    stamps = torch.stack([diamond, plus])
    assert likenesses(stamps)[0][0, 1] > 0.95
    which = torch.arange(80) % 2
    place = torch.arange(80) % 18
    made = torch.zeros(80, 1, 30, 30)
    add_windows(made, prints(stamps, place_of(which, place)), place_of(which, place))
    assert condensed(matcher(diamond, plus), made).config.num_stamps == 2
    halves = (diamond + plus) / 2 + torch.linspace(-0.5, 0.5, 80)[:, None, None, None] * (diamond - plus)
    made = torch.zeros(80, 1, 30, 30)
    add_windows(made, halves, place_of(which, place))
    assert condensed(matcher(0.75 * diamond + 0.25 * plus, 0.25 * diamond + 0.75 * plus), made).config.num_stamps == 1


def small_shapes() -> tuple[torch.Tensor, torch.Tensor]:
    away = torch.arange(12) - 6
    diamond = (away.abs()[:, None] + away.abs() <= 3).float()[None]
    plus = (((away[:, None] == 0) | (away == 0)) & (torch.maximum(away.abs()[:, None], away.abs()) <= 3)).float()[None]
    return diamond, plus


def place_of(which: torch.Tensor, place: torch.Tensor) -> Placements:
    return Placements(which, place, place.flip(0), torch.ones(len(which)))


def test_rare_stamps_are_dropped() -> None:
    stamps = (BAR, CROSS, corner())
    assert condensed(matcher(*stamps), images((0, 60), (1, 60), (2, 1))).config.num_stamps == 2
    assert condensed(matcher(*stamps), images((0, 60), (1, 60), (2, 10))).config.num_stamps == 3


def test_something_is_left_where_nothing_is_found() -> None:
    assert condensed(matcher(BAR, CROSS), torch.zeros(3, 1, 30, 30)).config.num_stamps == 1
