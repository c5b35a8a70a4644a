"""People of successive frames to tracks: who is who, by where each was expected, and how tall.

Each track is followed by a Kalman filter of constant velocity. Of one frame, trackpy finds which people may continue
which tracks, and splits them into groups that do not concern each other; of each group the assignment with the least
sum of squared distances is taken (Crocker and Grier), found in polynomial time, so that a dense frame costs little more
than others. A person of whom too little is seen to be sure of is taken where somebody is missed, and only there (as by
BYTE, Zhang et al., ECCV 2022). Who was seen long enough to show how they walk is compared with those who were lost
before: who walks about where one of them would be by now, and is as tall, has come back. All that is known between
two frames is in `Live`, so linking may stop and go on anywhere.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.optimize import linear_sum_assignment

from stampnet.errors import InputError
from stampnet.tracking.assignment import least_squares
from stampnet.tracking.live import (
    AS_TALL_M,
    NOISE_M,
    TALLER_M,
    Live,
    begun,
    corrected,
    expected_at,
    joined,
    nothing_live,
)
from stampnet.tracking.people import People

MOST_MISSED = 1000
"""Frames that anybody may be missed and still be known."""
HEAD_DISTANCE_M = 0.35
"""Two people who walk keep their heads so far apart."""
NOISES_OFF = 4.0
"""So many times the noise, one is searched beyond how far a person may go between two frames."""
KNOWN, NEW_WEIGHT = 3, 0.25
"""A track seen less often gives way to others: a chance find beside a person must not take the person's place. To leave
it without a person costs this part."""
TALLER_WEIGHT = 0.35
"""Where tracks and people can be paired in several ways, so much of how their heights differ counts as distance."""
STEADY_S, GROWN_M, HALF_SEEN_M = 2 / 3, 1.1, 0.25
"""Doubtful finds go on with tracks that were seen so long and are so tall, else prams would be followed by them, too.
They may be lower than the person by the last: of a head that others hide in part, less than its top is seen."""
DOUBTFUL_S = 0.5
"""Nobody is followed by them alone for longer: a shoulder of somebody else must not be taken for good."""
PACE_S = 0.15
"""Who comes is compared with who was lost when seen for so long, and three times at least: the pace is then known."""
LIKELY = 0.0
"""Who was lost is known again where two numbers come to no more together: minus twice the logarithm, but for a
constant, of the density (metres, metres a second) of where and how fast somebody like that would walk by now; and the
square of how much taller they are in units of `AS_TALL_M`. Set on simulated clips; a larger one takes more people who
leave for others who come."""
TALL_OFF = 2.0
"""And where the heights differ by no more than so many of these units."""


@dataclass(frozen=True, kw_only=True)
class LinkingConfig:
    """How people are linked."""

    fps: float
    """Frames per second of the recording."""
    max_speed_m_s: float = 3.0
    """No person is faster."""
    memory: int = 3
    """Frames that a person may be missed and still be known; no more than those in which the person was seen."""
    reidentify: int = 30
    """Frames that a person may be missed and still be known by pace, place and height; 0 for none beyond `memory`."""

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 10_000:
            raise InputError(f"fps is {self.fps:g}, it must be above 0 and at most 10000; give the true frame rate")
        if not 0 < self.max_speed_m_s <= 100:
            raise InputError(f"the largest speed is {self.max_speed_m_s:g} m/s; give one above 0 and at most 100")
        for name in ("memory", "reidentify"):
            if not 0 <= getattr(self, name) <= MOST_MISSED:
                raise InputError(f"{name} is {getattr(self, name)} frames; give 0 to {MOST_MISSED}")

    @property
    def least_seen(self) -> int:
        """How often somebody who comes is seen before being compared with those who were lost.

        >>> LinkingConfig(fps=15.0).least_seen, LinkingConfig(fps=60.0).least_seen
        (3, 10)
        """
        return max(KNOWN, 1 + round(PACE_S * self.fps))

    @property
    def search_range_m(self) -> float:
        """How far from where it is expected a person is searched: less than to the next person.

        >>> LinkingConfig(fps=30.0).search_range_m, LinkingConfig(fps=5.0).search_range_m
        (0.22, 0.34)
        """
        return round(min(self.max_speed_m_s / self.fps + NOISES_OFF * NOISE_M, HEAD_DISTANCE_M - 0.01), 6)


class Linked(NamedTuple):
    """A frame after linking."""

    live: Live
    number: Int64[np.ndarray, " K"]
    """Of each person's track; a new one has a number that no track had before, a doubtful find that no track needs
    has -1."""
    ended: Int64[np.ndarray, " E"]
    """Numbers of the tracks that cannot go on."""
    recognized: dict[int, int]
    """Numbers of tracks that turn out to be of somebody who was lost, to that person's; they go on under the latter."""


def link_frame(
    live: Live,
    xyz_m: Float64[np.ndarray, "K 3"],
    sure: Bool[np.ndarray, " K"],
    frame: int,
    next_number: int,
    config: LinkingConfig,
) -> Linked:
    """Gives each person of a frame a track: one that is live, or a new one, numbered from `next_number` on.

    Who is not `sure` to be one (see `People`) begins no track, and goes on only with one that nobody else does.
    """
    # What was seen once may be a chance find: its ghost must not stand in the way of people for long.
    missed = frame - live.last_frame - 1
    is_near = missed <= np.minimum(config.memory, live.num_seen)
    if config.reidentify:
        # Until somebody who has come in time, and is missed now and then, is seen often enough.
        longest = config.reidentify + (config.least_seen - 1) * (config.memory + 1)
        kept = is_near | ((live.num_seen >= KNOWN) & (missed <= longest))
    else:
        kept = is_near
    ended = live.number[~kept]
    live, is_near = live.where(kept), is_near[kept]
    expected = expected_at(live, frame, config.fps)
    track = np.full(len(xyz_m), -1)
    track[sure] = _places(is_near, _assigned(expected.where(is_near), xyz_m[sure], config.search_range_m))
    is_steady = (live.num_seen >= STEADY_S * config.fps) & (live.height >= GROWN_M)
    is_missed = is_near & is_steady & (frame - live.last_sure <= DOUBTFUL_S * config.fps) & ~_among(len(live), track)
    if is_missed.any() and not sure.all():
        track[~sure] = _places(is_missed, _half_seen(expected.where(is_missed), xyz_m[~sure], config))
    is_seen = _among(len(live), track)
    is_new, goes_on = sure & (track < 0), track >= 0
    number = np.where(is_new, next_number + np.cumsum(is_new) - 1, np.append(live.number, -1)[track])
    seen = corrected(expected, track[goes_on], xyz_m[goes_on], sure[goes_on], frame)
    together = joined([live.where(~is_seen), seen, begun(number[is_new], xyz_m[is_new], frame, config.fps)])
    together, recognized = _recognized(together, frame, config) if config.reidentify else (together, {})
    number = np.array([recognized.get(one, one) for one in number.tolist()], np.int64)
    return Linked(together, number, ended, recognized)


def _places(of: Bool[np.ndarray, " L"], chosen: Int64[np.ndarray, " K"]) -> Int64[np.ndarray, " K"]:
    """Places among all tracks of what was chosen among some of them; -1 stays."""
    return np.append(np.flatnonzero(of), -1)[chosen]


def _among(number: int, places: Int64[np.ndarray, " K"]) -> Bool[np.ndarray, " L"]:
    """Which of so many were chosen."""
    chosen = np.zeros(number, bool)
    chosen[places[places >= 0]] = True
    return chosen


def link(people: People, config: LinkingConfig) -> Int64[np.ndarray, " P"]:
    """The number of the track of each person of a recording, in the order of when they were first seen; some numbers
    may be missing, and doubtful finds that nobody needs have -1."""
    live, next_number = nothing_live(), 0
    numbers = np.full(len(people), -1)
    xyz_m = np.stack([people.x_m, people.y_m, people.z_m], axis=1)
    frames, starts = np.unique(people.frame, return_index=True)
    for frame, rows in zip(frames.tolist(), np.split(np.arange(len(people)), starts[1:]), strict=True):
        linked = link_frame(live, xyz_m[rows], people.sure[rows], frame, next_number, config)
        for new, old in linked.recognized.items():
            numbers[numbers == new] = old
        live, numbers[rows] = linked.live, linked.number
        next_number = max(next_number, int(linked.number.max(initial=-1)) + 1)
    return numbers


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


def _half_seen(expected: Live, found: Float64[np.ndarray, "K 3"], config: LinkingConfig) -> Int64[np.ndarray, " K"]:
    """For each doubtful find the place of its track among those that were missed, -1 where it has none."""
    off = np.linalg.norm(found[:, None, :2] - expected.position, axis=2) / config.search_range_m
    lower = expected.height - found[:, None, 2]
    may_be = (off <= 1) & (lower <= HALF_SEEN_M) & (lower >= -AS_TALL_M)
    person, place = _pairs(off**2 + (lower / HALF_SEEN_M) ** 2, may_be, most=2.0)
    track = np.full(len(found), -1)
    track[person] = place
    return track


def _recognized(live: Live, frame: int, config: LinkingConfig) -> tuple[Live, dict[int, int]]:
    """The tracks, those of one person made one, and which these are, see `Linked`."""
    is_young = (live.last_frame == frame) & (live.num_seen == config.least_seen)
    is_lost = (live.last_frame < frame) & (live.num_seen >= KNOWN)
    if not (is_young.any() and is_lost.any()):
        return live, {}
    cost, may_be = _likeness(live.where(is_young), live.where(is_lost), frame, config)
    new, old = _pairs(cost, may_be, most=LIKELY)
    new, old = np.flatnonzero(is_young)[new], np.flatnonzero(is_lost)[old]
    recognized = dict(zip(live.number[new].tolist(), live.number[old].tolist(), strict=True))
    number, since, num_seen, height = (one.copy() for one in (live.number, live.since, live.num_seen, live.height))
    number[new], since[new] = number[old], since[old]
    num_seen[new] += num_seen[old]
    height[new] = np.maximum(height[new], height[old])  # either may have been half hidden
    goes_on = np.ones(len(live), bool)
    goes_on[old] = False
    merged = replace(live, number=number, since=since, num_seen=num_seen, height=height)
    return joined([merged.where(goes_on)]), recognized  # in the order of their numbers again


def _likeness(
    young: Live, lost: Live, frame: int, config: LinkingConfig
) -> tuple[Float64[np.ndarray, "Y O"], Bool[np.ndarray, "Y O"]]:
    """What pairs of tracks cost, the less the more they are like one person's, and which may be one.

    The longer somebody has been lost, the wider is where they may be, and the less does it say that somebody is there.
    """
    then = expected_at(lost, frame, config.fps)
    off, turn = young.position[:, None] - then.position, young.velocity[:, None] - then.velocity
    a, b, c = (then.covariance + young.covariance[:, None]).transpose(2, 0, 1)
    determinant = a * c - b**2
    squares = (c[..., None] * off**2 - 2 * b[..., None] * off * turn + a[..., None] * turn**2).sum(axis=2)
    taller = (young.height[:, None] - then.height) / AS_TALL_M
    cost = squares / determinant + 2 * np.log(determinant * config.fps**2) + taller**2
    gone = np.linalg.norm(young.position[:, None] - lost.position, axis=2)
    reach = config.max_speed_m_s * (frame - lost.last_frame) / config.fps + NOISES_OFF * NOISE_M
    missed = young.since[:, None] - lost.last_frame - 1
    may_be = (missed >= 0) & (missed <= config.reidentify) & (gone <= reach)
    return cost, may_be & (np.abs(taller) <= TALL_OFF)


def _pairs(
    cost: Float64[np.ndarray, "K L"], may_be: Bool[np.ndarray, "K L"], most: float
) -> tuple[Int64[np.ndarray, " P"], Int64[np.ndarray, " P"]]:
    """Rows and columns of the pairs that save most together, each `most` less what it costs."""
    saved = np.where(may_be, most - cost, 0.0).clip(0)
    row, column = linear_sum_assignment(saved, maximize=True)
    is_pair = saved[row, column] > 0
    return row[is_pair], column[is_pair]


def _linker() -> Any:
    try:
        from trackpy.linking.linking import Linker
    except ImportError as error:
        raise InputError("trackpy is not installed; pip install 'stampnet[track]'") from error
    return Linker
