"""A density and a frame rate to people who walk, as a finder of heads would see them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from stampnet.tracking.linking import HEAD_DISTANCE_M
from stampnet.tracking.people import People
from stampnet.tracking.truth_file import Heads

SIDE_M = 6.0
"""Of the square that is seen; who leaves it comes back on the other side as somebody else."""
SPEED_M_S, SPREAD_M_S = 1.34, 0.26
"""Mean and standard deviation of free walking."""
TURN_RAD_S = 0.3
"""Standard deviation of the change of direction in a second."""
SWAY_M = 0.04
"""To either side, once in two steps."""
NOISE_M, MISSED, FALSE = 0.03, 0.02, 0.005
"""Of the finder: along each axis; share of the heads; false finds, for each head."""
TALL_M, TALL_SPREAD_M, TALL_NOISE_M = 1.7, 0.09, 0.02
"""Of heights with shoes: mean and standard deviation of people, and of what is measured and of how heads bob."""
SLOW_AT = 3.0
"""People per square metre at which people walk at a third of their free speed."""


class Scene(NamedTuple):
    """What is true, and what is found."""

    true: Heads
    people: People


def make_walkers(density: float, fps: float, seconds: float, rng: np.random.Generator) -> Scene:
    """People who walk in two directions, slower the more they are, and keep heads 0.35 m apart."""
    number = max(1, round(density * SIDE_M**2))
    centre = _apart(number, rng)
    direction = np.where(rng.random(number) < 0.5, 0.0, np.pi) + rng.normal(0, 0.2, number)
    slow = 1 - 2 / 3 * min(density / SLOW_AT, 1)
    speed = slow * rng.normal(SPEED_M_S, SPREAD_M_S, number).clip(0.3)
    phase, who, next_id = rng.uniform(0, 2 * np.pi, number), np.arange(number), number
    frames, heads, names = [], [], []
    for frame in range(round(seconds * fps)):
        direction += rng.normal(0, TURN_RAD_S / np.sqrt(fps), number)
        ahead = np.stack([np.cos(direction), np.sin(direction)], axis=1)
        centre = _pushed(centre + ahead * (speed / fps)[:, None])
        left = ((centre < 0) | (centre >= SIDE_M)).any(axis=1)
        centre[left] %= SIDE_M
        who = who.copy()
        who[left] = next_id + np.arange(left.sum())
        next_id += int(left.sum())
        sway = SWAY_M * np.sin(2 * np.pi * (0.55 + 0.29 * speed) * frame / fps + phase)
        frames.append(np.full(number, frame))
        heads.append(centre + sway[:, None] * np.stack([-ahead[:, 1], ahead[:, 0]], axis=1))
        names.append(who)
    true = Heads(np.concatenate(frames), np.concatenate(heads), np.concatenate(names))
    return Scene(true, _found(true, rng))


def _found(true: Heads, rng: np.random.Generator) -> People:
    assert true.id is not None
    tall_rng = rng.spawn(1)[0]
    tall = tall_rng.normal(TALL_M, TALL_SPREAD_M, int(true.id.max()) + 1)[true.id]
    tall += tall_rng.normal(0, TALL_NOISE_M, len(true))
    seen = rng.random(len(true)) >= MISSED
    false = rng.random(len(true)) < FALSE
    frame = np.concatenate([true.frame[seen], true.frame[false]])
    z_m = np.concatenate([tall[seen], tall[false]])
    xy_m = np.concatenate([true.xy_m[seen], rng.uniform(0, SIDE_M, (int(false.sum()), 2))])
    xy_m = xy_m + rng.normal(0, NOISE_M, xy_m.shape)
    order = np.lexsort((rng.random(len(frame)), frame))
    number, short = len(frame), np.zeros(len(frame), np.float32)
    return People(
        frame[order],
        xy_m[order, 0],
        xy_m[order, 1],
        z_m[order],
        short,
        np.full(number, -1),
        short,
        short,
        np.zeros(number, np.int64),
        np.ones(number, bool),
    )


def _apart(number: int, rng: np.random.Generator) -> Float64[np.ndarray, "N 2"]:
    """Places that are at least a head distance apart."""
    places = rng.uniform(0, SIDE_M, (number, 2))
    for _ in range(50):
        places = _pushed(places) % SIDE_M
    return places


def _pushed(places: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
    """Who is too near to another goes half of what is missing; of several, away from all."""
    apart = places[:, None] - places[None]
    apart -= SIDE_M * np.round(apart / SIDE_M)  # who comes back on the other side finds room there
    distance = np.linalg.norm(apart, axis=2)
    np.fill_diagonal(distance, np.inf)
    missing = (HEAD_DISTANCE_M - distance).clip(0)
    return places + (apart / distance[..., None].clip(1e-9) * (missing / 2)[..., None]).sum(axis=1)
