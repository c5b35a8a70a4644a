"""Facts about linking: who is who, what trackpy would say, what a dense frame costs."""

import time

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.assignment import least_squares
from stampnet.tracking.config import tracking_for
from stampnet.tracking.linking import DOUBTFUL_S, HEAD_DISTANCE_M, STEADY_S, LinkingConfig, _pairs, link, link_frame
from stampnet.tracking.live import nothing_live
from tracking_walkers import as_people, is_same_partition, walkers

pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")


def at(frames: list[int], x_m: list[float], z_m: list[float] | None = None, **options: float) -> np.ndarray:
    people = as_people(np.array(frames), np.array(x_m), np.zeros(len(x_m)))
    people.z_m[:] = z_m or 1.7
    return link(people, LinkingConfig(fps=15.0, **options))


def test_people_who_walk_apart_are_told_apart() -> None:
    people, who = walkers(6, 60, 15.0)
    assert is_same_partition(link(people, LinkingConfig(fps=15.0)), who)


def test_numbers_are_those_of_first_sight() -> None:
    assert at([0, 0, 1, 1, 2, 2], [0.0, 5.0, 5.05, 0.05, 9.0, 0.1]).tolist() == [0, 1, 1, 0, 2, 0]


def test_a_gap_as_long_as_the_memory_is_bridged_and_a_longer_one_is_not() -> None:
    assert at([0, 1, 2, 3, 7], [0.0] * 5, reidentify=0).tolist() == [0, 0, 0, 0, 0]
    assert at([0, 1, 2, 3, 8], [0.0] * 5, reidentify=0).tolist() == [0, 0, 0, 0, 1]


def test_who_was_seen_seldom_is_remembered_for_fewer_frames() -> None:
    """A chance find leaves no ghost for long; who was seen three times is known again later, after three times."""
    assert at([0, 2], [0.0] * 2).tolist() == [0, 0]
    assert at([0, 3], [0.0] * 2).tolist() == [0, 1]
    assert at([0, 1, 4], [0.0] * 3).tolist() == [0, 0, 0]
    assert at([0, 1, 5], [0.0] * 3).tolist() == [0, 0, 1]
    assert at([0, 1, 2, 7, 8, 9], [0.0] * 6).tolist() == [0] * 6


WAY = [0.0, 0.05, 0.1, 0.15]
"""Somebody walks 5 cm a frame, in frames 0 to 3, and is not seen in 4 to 11."""
AWAY = [0, 1, 2, 3, 12, 13, 14]


def test_who_was_lost_comes_back_where_expected_if_as_tall() -> None:
    """Three times seen, it is clear how the one who has come walks; all rows are then of the one who was lost."""
    assert at(AWAY, [*WAY, 0.6, 0.65, 0.7]).tolist() == [0] * 7
    assert at(AWAY, [*WAY, 0.5, 0.54, 0.58]).tolist() == [0] * 7
    assert at(AWAY[:-1], [*WAY, 0.6, 0.65]).tolist() == [0, 0, 0, 0, 1, 1]
    assert at(AWAY, [*WAY, 0.6, 0.65, 0.7], [1.7] * 4 + [1.5] * 3).tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert at(AWAY, [*WAY, -0.9, -0.85, -0.8]).tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert at(AWAY, [*WAY, 0.6, 0.65, 0.7], reidentify=7).tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert at(AWAY, [*WAY, 0.6, 0.65, 0.7], reidentify=8).tolist() == [0] * 7


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_who_walks_the_other_way_is_somebody_else(fps: float) -> None:
    """At the border of an image one leaves and another comes in: as tall, at the same place, not as one would walk."""
    seen, lost = round(1.0 * fps), round(0.3 * fps)
    frames = [*range(seen), *range(seen + lost, 2 * seen + lost)]
    before, after = 1.2 * np.arange(seen) / fps, 1.2 * (np.arange(seen) + seen + lost) / fps
    config = tracking_for(fps).linking
    for x_m, people in ((after, {0}), (2 * after[0] - after, {0, 1})):
        found = as_people(np.array(frames), np.concatenate([before, x_m]), np.zeros(2 * seen))
        assert set(link(found, config).tolist()) == people


@pytest.mark.parametrize("fps", [5.0, 15.0, 60.0])
def test_how_far_somebody_may_be_depends_on_time_and_not_on_frames(fps: float) -> None:
    """Somebody who walks straight on, and is found aside of that after a second."""
    config = tracking_for(fps).linking
    seen = round(2 * fps)
    frames = np.concatenate([np.arange(seen), np.arange(seen) + seen + round(fps)])
    x_m = 1.2 * frames / fps
    for aside, number in ((0.3, 1), (1.0, 2)):
        people = as_people(frames, x_m, np.where(frames < seen, 0.0, aside))
        assert len(set(link(people, config).tolist())) == number


def test_the_longer_somebody_was_lost_the_less_is_who_comes_like_them() -> None:
    """Somebody stands where one of the same height stood, two seconds before, or seven."""
    for lost, is_back in ((30, True), (105, False)):
        frames = [0, 1, 2, 3, 3 + lost, 4 + lost, 5 + lost]
        assert at(frames, [0.0] * 7, reidentify=150).tolist() == [0] * 4 + [0 if is_back else 1] * 3


def test_who_is_missed_now_and_then_while_coming_is_known_again_as_well() -> None:
    for frames in ([0, 1, 2, 3, 12, 13, 16], [0, 1, 2, 3, 12, 14, 17]):
        assert at(frames, [0.0] * 7, reidentify=8).tolist() == [0] * 7


def test_without_reidentification_nobody_is_known_again() -> None:
    assert at([*range(7)], [0.0] * 4 + [0.18] * 3, max_speed_m_s=0.5, reidentify=0).tolist() == [0] * 4 + [1] * 3


def test_somebody_who_is_surely_back_is_not_given_up_for_two_who_may_be() -> None:
    cost = np.array([[-10.0, 0.9], [0.9, 5.0]])
    assert [one.tolist() for one in _pairs(cost, cost < 1, most=1.0)] == [[0], [0]]


def test_a_head_that_was_half_hidden_is_still_as_tall_as_it_was() -> None:
    """Just before it is lost, its shoulder is seen instead."""
    heights = [1.7, 1.7, 1.7, 1.4, 1.7, 1.7, 1.7]
    assert at(AWAY, [0.0] * 7, heights).tolist() == [0] * 7


def test_of_two_who_were_lost_the_one_who_was_expected_nearer_comes_back() -> None:
    """Two are lost, one comes back, as tall as either: he is the one who was expected nearer."""
    frames, x_m = [0, 0, 1, 1, 2, 2, 12, 13, 14], [0.0, 0.4] * 3 + [0.35] * 3
    assert at(frames, x_m).tolist() == [0, 1, 0, 1, 0, 1, 1, 1, 1]


def test_two_who_come_back_at_once_are_not_both_the_same() -> None:
    frames, x_m = [0, 0, 1, 1, 2, 2, 12, 12, 13, 13, 14, 14], [0.0, 0.4] * 3 + [0.35, 0.05] * 3
    assert at(frames, x_m).tolist() == [0, 1] * 3 + [1, 0] * 3


def test_who_is_there_is_not_taken_for_who_was_lost() -> None:
    """Two as tall; one is lost, and the other comes by where the lost one would be."""
    frame = [0, 0, 1, 1, 2, 2, *range(3, 13)]
    x_m = [0.0, 0.9, 0.0, 0.8, 0.0, *(0.7 - 0.1 * step for step in range(11))]
    assert at(frame, x_m).tolist() == [0, 1] * 3 + [1] * 10


def test_who_comes_in_over_the_border_is_known_again_as_tall_as_seen_at_last() -> None:
    """At first only the shoulder is in the image."""
    assert at([0, 1, 2, 3, 4, 5, 14, 15, 16], [0.0] * 9, [1.5, *[1.7] * 8]).tolist() == [0] * 9


def test_who_comes_back_has_not_been_faster_than_people_are() -> None:
    assert at(AWAY, [*WAY, 0.6, 0.65, 0.7], max_speed_m_s=0.5).tolist() == [0, 0, 0, 0, 1, 1, 1]


def seen_with_doubt(
    frames: list[int], x_m: list[float], doubtful: list[int], z_m: list[float] | None = None
) -> list[int]:
    people = as_people(np.array(frames), np.array(x_m), np.zeros(len(x_m)))
    people.z_m[:] = z_m or 1.7
    people.sure[doubtful] = False
    return link(people, LinkingConfig(fps=15.0)).tolist()


STEADY = 11
"""Frames in which somebody was seen long enough, at 15 frames a second."""


def test_a_doubtful_find_goes_on_with_somebody_who_is_missed_and_begins_nothing() -> None:
    steady = list(range(STEADY))
    assert STEADY > STEADY_S * 15 > 5
    assert seen_with_doubt([*steady, STEADY], [0.0] * STEADY + [0.05], [STEADY]) == [0] * (STEADY + 1)
    assert seen_with_doubt([*steady, STEADY], [0.0] * STEADY + [0.5], [STEADY]) == [0] * STEADY + [-1]
    assert seen_with_doubt(steady, [0.0] * STEADY, steady) == [-1] * STEADY
    assert seen_with_doubt([*range(6)], [0.0] * 6, [5]) == [0] * 5 + [-1]


def test_somebody_who_is_surely_seen_needs_no_doubtful_find() -> None:
    frames, x_m = [*range(STEADY), STEADY, STEADY], [0.0] * STEADY + [0.0, 0.1]
    assert seen_with_doubt(frames, x_m, [STEADY]) == [0] * STEADY + [-1, 0]


def test_a_doubtful_find_may_be_lower_but_not_higher_and_prams_are_not_followed_by_it() -> None:
    for before, then, goes_on in ((1.7, 1.5, True), (1.7, 1.4, False), (1.7, 1.8, False), (1.0, 1.0, False)):
        heights = [before] * STEADY + [then]
        assert (seen_with_doubt([*range(STEADY + 1)], [0.0] * (STEADY + 1), [STEADY], heights)[-1] == 0) == goes_on


def test_nobody_is_followed_by_doubtful_finds_for_long_and_they_make_nobody_shorter() -> None:
    """Somebody has left beside a neighbour, whose shoulder stays; or walks half hidden, then lower, then is seen."""
    longest = int(DOUBTFUL_S * 15)
    frames = list(range(STEADY + 30))
    doubtful = frames[STEADY:]
    found = seen_with_doubt(frames, [0.0] * len(frames), doubtful, [1.7] * STEADY + [1.5] * 30)
    assert found == [0] * (STEADY + longest) + [-1] * (30 - longest)
    heights = [1.7] * STEADY + [1.5] * 5 + [1.4]
    assert seen_with_doubt(frames[: STEADY + 6], [0.0] * (STEADY + 6), doubtful[:6], heights)[-2:] == [0, -1]


def test_of_two_ways_to_pair_the_heights_decide() -> None:
    """A tall and a short person, and two finds half-way between them, of which the first is nearer to the wrong one."""
    people = as_people(np.array([0, 0, 1, 1]), np.array([0.0, 0.2, 0.11, 0.09]), np.zeros(4))
    people.z_m[:] = (1.8, 1.3, 1.8, 1.3)
    assert link(people, LinkingConfig(fps=15.0)).tolist() == [0, 1, 0, 1]
    people.z_m[:] = 1.7
    assert link(people, LinkingConfig(fps=15.0)).tolist() == [0, 1, 1, 0]


def test_a_chance_find_beside_a_person_does_not_take_the_place_of_the_person() -> None:
    """In frame 4 there is one 12 cm away; in frame 5, noise puts the person nearer to it."""
    frames, x_m = [0, 1, 2, 3, 4, 4, 5, 6], [0.0, 0.0, 0.0, 0.0, 0.0, 0.12, 0.09, 0.0]
    assert at(frames, x_m).tolist() == [0, 0, 0, 0, 0, 1, 0, 0]


def test_two_who_pass_each_other_go_on_as_they_went() -> None:
    """At 5 frames per second and 1.5 m/s, where they meet the other is nearer than one's own next place."""
    frame, side = (one.ravel() for one in np.mgrid[:21, :2])
    x = (1 - 2 * side) * (-3.1 + 0.3 * frame)
    people = as_people(frame, x, 0.1 * side)
    assert is_same_partition(link(people, LinkingConfig(fps=5.0)), side)
    trackpy = pytest.importorskip("trackpy")
    places = np.stack([people.x_m, people.y_m], axis=1).reshape(21, 2, 2)
    theirs = np.array([numbers for _, numbers in trackpy.linking.link_iter(iter(places), 0.34)])
    assert not is_same_partition(theirs.ravel(), side)


def test_heights_are_no_distance() -> None:
    people = as_people(np.array([0, 1]), np.array([0.0, 0.1]), np.zeros(2))
    people.z_m[:] = (1.5, 1.9)
    assert link(people, LinkingConfig(fps=15.0)).tolist() == [0, 0]


def test_the_assignment_is_that_of_trackpy() -> None:
    people, _ = walkers(12, 60, 15.0, noise_m=0.12, missed=0.1)
    trackpy = pytest.importorskip("trackpy")
    xy_m = np.stack([people.x_m, people.y_m], axis=1)
    numbers = []
    for strategy in ("recursive", least_squares):
        frames = ((frame, xy_m[people.frame == frame]) for frame in range(60))
        linked = trackpy.linking.link_iter(frames, 0.32, memory=2, link_strategy=strategy)
        numbers.append(np.array([number for _, found in linked for number in found]))
    assert len(set(numbers[0].tolist())) > 12  # it is not easy
    assert is_same_partition(*numbers)


def test_a_frame_as_dense_as_can_be_costs_little_where_trackpy_gives_up() -> None:
    """200 people 5 cm apart are one group: its assignments cannot be tried one by one."""
    chance = np.random.default_rng(0)
    xy = np.stack(np.meshgrid(np.arange(20), np.arange(10)), axis=-1).reshape(-1, 2) * 0.05
    config, live = LinkingConfig(fps=15.0), nothing_live()
    start = time.process_time()
    for frame in range(3):
        found = np.column_stack([xy + chance.normal(0, 0.01, xy.shape), np.full(len(xy), 1.7)])
        live, number, *_ = link_frame(live, found, np.ones(len(found), bool), frame, len(live), config)
    assert time.process_time() - start < 2
    assert len(set(number.tolist())) == len(xy)


def test_of_equal_costs_the_same_is_taken_every_time() -> None:
    """Two tracks and one person between them: no distance tells which goes on."""
    results = set()
    for _ in range(20):
        two, one = np.array([[0.0, 0.0, 1.7], [0.0, 0.2, 1.7]]), np.array([[0.0, 0.1, 1.7]])
        live = link_frame(nothing_live(), two, np.ones(2, bool), 0, 0, LinkingConfig(fps=15.0)).live
        results.add(tuple(link_frame(live, one, np.ones(1, bool), 1, 2, LinkingConfig(fps=15.0)).number.tolist()))
    assert len(results) == 1


def test_a_track_is_over_when_its_memory_is() -> None:
    config = LinkingConfig(fps=15.0, memory=1)
    sure, nobody = np.ones(1, bool), np.zeros((0, 3))
    live = link_frame(nothing_live(), np.zeros((1, 3)), sure, 0, 0, config).live
    live = link_frame(live, np.zeros((1, 3)), sure, 1, 1, config).live
    for frame, ended in ((2, []), (3, []), (4, [0])):
        live, _, over, _ = link_frame(live, nobody, sure[:0], frame, 1, config)
        assert over.tolist() == ended


@pytest.mark.parametrize("fps", [5.0, 15.0, 30.0, 100.0])
def test_nobody_is_searched_as_far_as_the_next_person(fps: float) -> None:
    assert 0.03 < LinkingConfig(fps=fps).search_range_m < HEAD_DISTANCE_M


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"fps": 0.0}, "fps is 0"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"fps": 15.0, "max_speed_m_s": -1.0}, "largest speed is -1"),
        ({"fps": 15.0, "memory": -1}, "memory is -1"),
        ({"fps": 15.0, "reidentify": 1001}, "reidentify is 1001"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, float], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        LinkingConfig(**options)
