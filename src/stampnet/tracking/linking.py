"""People of successive frames to tracks: who is who, by where each was expected, and how tall.

Each track is followed by a Kalman filter of constant velocity. Of one frame, trackpy finds which people may continue
which tracks, and splits them into groups that do not concern each other; of each group the assignment with the least
sum of squared distances is taken (Crocker and Grier), found in polynomial time, so that a dense frame costs little more
than others. Who then has no track is compared with those who were lost longer ago: who stands about where one of them
would be by now, and is as tall, has come back. All that is known between two frames is in `Live`, so linking may stop
and go on anywhere.
"""

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.optimize import linear_sum_assignment

from stampnet.errors import InputError
from stampnet.tracking.assignment import least_squares
from stampnet.tracking.people import People

MOST_MISSED = 1000
"""Frames that anybody may be missed and still be known."""
HEAD_DISTANCE_M = 0.35
"""Two people who walk keep their heads so far apart."""
NOISE_M = 0.03
"""Of where a head is found, along each axis; of the same order as the sway of a head from step to step."""
NOISES_OFF = 4.0
"""So many times the noise, one is searched beyond how far a person may go between two frames."""
KNOWN, NEW_WEIGHT = 3, 0.25
"""A track seen less often gives way to others: a chance find beside a person must not take the person's place. To leave
it without a person costs this part."""
ACCELERATION_M_S2 = 1.5
"""Along each axis; people who sway, turn and stop."""
START_SPEED_M_S = 1.0
"""Along each axis, of a person who has just been seen for the first time."""
AS_TALL_M = 0.06
"""Heads bob by less from step to step, and two people differ by more in two cases of three."""
SURE_OFF, FARTHEST_M = 3.0, 1.0
"""Who was lost is looked for within so many standard deviations of where the filter expects it, and no further."""
NEW_HEIGHT = 0.2
"""The part that the latest height has in what is known of a person's height; more while little is known."""
TALLER_M, TALLER_WEIGHT = 0.3, 0.35
"""Where tracks and people can be paired in several ways, so much of how their heights differ counts as distance, of no
more than so many metres: a head that is half hidden is seen lower."""


@dataclass(frozen=True, kw_only=True)
class LinkingConfig:
    """How people are linked."""

    fps: float
    """Frames per second of the recording."""
    max_speed_m_s: float = 3.0
    """No person is faster."""
    memory: int = 3
    """Frames that a person may be missed and still be known; no more than those in which the person was seen."""
    reidentify: int = 10
    """Frames that a person may be missed and still be known by place and height; 0 for none beyond `memory`."""

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 10_000:
            raise InputError(f"fps is {self.fps:g}, it must be above 0 and at most 10000; give the true frame rate")
        if not 0 < self.max_speed_m_s <= 100:
            raise InputError(f"the largest speed is {self.max_speed_m_s:g} m/s; give one above 0 and at most 100")
        for name in ("memory", "reidentify"):
            if not 0 <= getattr(self, name) <= MOST_MISSED:
                raise InputError(f"{name} is {getattr(self, name)} frames; give 0 to {MOST_MISSED}")

    @property
    def search_range_m(self) -> float:
        """How far from where it is expected a person is searched: less than to the next person.

        >>> LinkingConfig(fps=30.0).search_range_m, LinkingConfig(fps=5.0).search_range_m
        (0.22, 0.34)
        """
        return round(min(self.max_speed_m_s / self.fps + NOISES_OFF * NOISE_M, HEAD_DISTANCE_M - 0.01), 6)


@dataclass(frozen=True)
class Live:
    """The L tracks that may go on, in the order of their numbers, and what is known of each. Lengths are metres, time
    is in frames."""

    number: Int64[np.ndarray, " L"]
    last_frame: Int64[np.ndarray, " L"]
    """In which it was last seen."""
    num_seen: Int64[np.ndarray, " L"]
    """How often it was seen."""
    position: Float64[np.ndarray, "L 2"]
    velocity: Float64[np.ndarray, "L 2"]
    """Estimates at that frame."""
    height: Float64[np.ndarray, " L"]
    """Of the head."""
    covariance: Float64[np.ndarray, "L 3"]
    """Of position, of position with velocity, of velocity: the same along both axes."""

    def __len__(self) -> int:
        return len(self.number)

    def where(self, chosen: Bool[np.ndarray, " L"]) -> "Live":
        """Some of the tracks."""
        return Live(*(getattr(self, one.name)[chosen] for one in fields(self)))


class Linked(NamedTuple):
    """A frame after linking."""

    live: Live
    number: Int64[np.ndarray, " K"]
    """Of each person's track; a new one has a number that no track had before."""
    ended: Int64[np.ndarray, " E"]
    """Numbers of the tracks that cannot go on."""


def nothing_live() -> Live:
    """What is known before the first frame."""
    none = np.zeros(0, np.int64)
    return Live(none, none, none, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros((0, 3)))


def link_frame(
    live: Live, xyz_m: Float64[np.ndarray, "K 3"], frame: int, next_number: int, config: LinkingConfig
) -> Linked:
    """Gives each person of a frame a track: one that is live, or a new one, numbered from `next_number` on."""
    # What was seen once may be a chance find: its ghost must not stand in the way of people for long.
    missed = frame - live.last_frame - 1
    is_near = missed <= np.minimum(config.memory, live.num_seen)
    is_known = (live.num_seen >= KNOWN) & (missed <= config.reidentify)
    kept = is_near | is_known
    ended = live.number[~kept]
    live, missed, is_near, is_known = live.where(kept), missed[kept], is_near[kept], is_known[kept]
    expected = _expected(live, frame, config)
    track = _places(is_near, _assigned(expected.where(is_near), xyz_m, config.search_range_m))
    is_seen = _among(len(live), track)
    is_away, alone = is_known & (missed > 0) & ~is_seen, track < 0
    if is_away.any() and alone.any():
        back = _come_back(live.where(is_away), expected.where(is_away), xyz_m[alone], frame, config)
        track[alone] = _places(is_away, back)
        is_seen = _among(len(live), track)
    is_new = track < 0
    number = np.where(is_new, next_number + np.cumsum(is_new) - 1, live.number[track] if len(live) else -1)
    seen = _corrected(expected, track[~is_new], xyz_m[~is_new], frame)
    together = _joined([live.where(~is_seen), seen, _begun(number[is_new], xyz_m[is_new], frame, config)])
    return Linked(together, number.astype(np.int64), ended)


def _places(of: Bool[np.ndarray, " L"], chosen: Int64[np.ndarray, " K"]) -> Int64[np.ndarray, " K"]:
    """Places among all tracks of what was chosen among some of them; -1 stays."""
    return np.append(np.flatnonzero(of), -1)[chosen]


def _among(number: int, places: Int64[np.ndarray, " K"]) -> Bool[np.ndarray, " L"]:
    """Which of so many were chosen."""
    chosen = np.zeros(number, bool)
    chosen[places[places >= 0]] = True
    return chosen


def link(people: People, config: LinkingConfig) -> Int64[np.ndarray, " P"]:
    """The number of the track of each person of a recording, from 0 in the order of when they were first seen."""
    live, next_number = nothing_live(), 0
    numbers = np.full(len(people), -1)
    xyz_m = np.stack([people.x_m, people.y_m, people.z_m], axis=1)
    frames, starts = np.unique(people.frame, return_index=True)
    for frame, rows in zip(frames.tolist(), np.split(np.arange(len(people)), starts[1:]), strict=True):
        live, numbers[rows], _ = link_frame(live, xyz_m[rows], frame, next_number, config)
        next_number = max(next_number, int(numbers[rows].max(initial=-1)) + 1)
    return numbers


def _expected(live: Live, frame: int, config: LinkingConfig) -> Live:
    """The tracks at a frame, before it is seen."""
    step = (frame - live.last_frame).astype(float)
    a, b, c = live.covariance.T
    jerk = (ACCELERATION_M_S2 / config.fps**2) ** 2
    covariance = np.stack(
        [a + 2 * step * b + step**2 * c + jerk * step**3 / 3, b + step * c + jerk * step**2 / 2, c + jerk * step],
        axis=1,
    )
    return replace(live, position=live.position + step[:, None] * live.velocity, covariance=covariance)


def _corrected(expected: Live, track: Int64[np.ndarray, " S"], xyz_m: Float64[np.ndarray, "S 3"], frame: int) -> Live:
    """The tracks that were seen, after they were."""
    a, b, c = expected.covariance[track].T
    gain, drift = a / (a + NOISE_M**2), b / (a + NOISE_M**2)
    off = xyz_m[:, :2] - expected.position[track]
    part = np.maximum(NEW_HEIGHT, 1 / (expected.num_seen[track] + 1))
    taller = xyz_m[:, 2] - expected.height[track]  # much lower is what is seen of a head that is hidden
    return Live(
        expected.number[track],
        np.full(len(track), frame, np.int64),
        expected.num_seen[track] + 1,
        expected.position[track] + gain[:, None] * off,
        expected.velocity[track] + drift[:, None] * off,
        expected.height[track] + part * taller.clip(-AS_TALL_M, TALLER_M),
        np.stack([(1 - gain) * a, (1 - gain) * b, c - drift * b], axis=1),
    )


def _begun(
    number: Int64[np.ndarray, " S"], xyz_m: Float64[np.ndarray, "S 3"], frame: int, config: LinkingConfig
) -> Live:
    """Tracks that were seen for the first time."""
    known = [NOISE_M**2, 0.0, (START_SPEED_M_S / config.fps) ** 2]
    last_frame, once = np.full(len(number), frame, np.int64), np.ones(len(number), np.int64)
    at, covariance = xyz_m[:, :2], np.tile(known, (len(number), 1))
    return Live(number, last_frame, once, at, np.zeros_like(at), xyz_m[:, 2], covariance)


def _joined(parts: list[Live]) -> Live:
    columns = [np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Live)]
    order = np.argsort(columns[0])
    return Live(*(column[order] for column in columns))


def _assigned(expected: Live, found: Float64[np.ndarray, "K 3"], search_range_m: float) -> Int64[np.ndarray, " K"]:
    """For each person the place of its track among those expected, -1 where it has none."""
    track = np.full(len(found), -1)
    if len(expected) and len(found):
        weight = np.where(expected.num_seen < KNOWN, NEW_WEIGHT, 1.0)
        taller = np.abs(found[:, 2] - expected.height[:, None]).clip(0, TALLER_M)
        strategy = partial(least_squares, weight=weight, more=(TALLER_WEIGHT * taller) ** 2)
        linker = _linker()(search_range_m, link_strategy=strategy)
        linker.init_level(expected.position, 0)  # numbers them from 0
        linker.next_level(found[:, :2], 1)
        track = np.array(linker.particle_ids)
        track[track >= len(expected)] = -1
    return track


def _come_back(
    last: Live, expected: Live, found: Float64[np.ndarray, "K 3"], frame: int, config: LinkingConfig
) -> Int64[np.ndarray, " K"]:
    """For each person the place of its track among those that were lost, -1 where it has none."""
    reach = config.max_speed_m_s * (frame - last.last_frame) / config.fps + NOISES_OFF * NOISE_M
    gone = np.linalg.norm(found[:, None, :2] - last.position, axis=2)
    spread = np.sqrt(expected.covariance[:, 0] + NOISE_M**2)
    off = _off_the_way(found[:, None, :2], last.position, expected.position)
    taller = np.abs(found[:, None, 2] - expected.height)
    may_be = (off <= np.minimum(SURE_OFF * spread, FARTHEST_M)) & (taller <= AS_TALL_M) & (gone <= reach)
    cost = (off / spread) ** 2 + (taller / AS_TALL_M) ** 2
    none = (SURE_OFF**2 + 1) * (len(found) + 1)  # one more is worth more than any distance
    person, place = linear_sum_assignment(np.where(may_be, cost, none))
    track = np.full(len(found), -1)
    track[person] = np.where(may_be[person, place], place, -1)
    return track


def _off_the_way(
    at: Float64[np.ndarray, "K 1 2"], start: Float64[np.ndarray, "L 2"], end: Float64[np.ndarray, "L 2"]
) -> Float64[np.ndarray, "K L"]:
    """Distance of each place from each way: people who are lost go on, or stop."""
    way = end - start
    part = ((at - start) * way).sum(axis=2) / (way**2).sum(axis=1).clip(1e-12)
    return np.linalg.norm(at - start - part.clip(0, 1)[..., None] * way, axis=2)


def _linker() -> Any:
    try:
        from trackpy.linking.linking import Linker
    except ImportError as error:
        raise InputError("trackpy is not installed; pip install 'stampnet[track]'") from error
    return Linker
