"""A place and a density to people under way: they come and go, avoid one another, sway, stop and turn round."""

from dataclasses import dataclass, field
from math import ceil, pi

import numpy as np
from jaxtyping import Bool, Float64

from stampnet.data.overhead_depth.crowd import ALONG, HARD_CORE, Standing, crowd, headings
from stampnet.data.overhead_depth.site import CLEARANCE, Site

SPEED = (1.3, 0.25)
"""Metres per second: mean and standard deviation of the speed at which people like to walk."""
GLOW_SPEED = (0.9, 1.1)
"""Visitors of a festival stroll: from, to."""
SLOWEST, FASTEST = 0.5, 2.2
STOPS, U_TURNS, STOP_S = 0.02, 0.002, (1.0, 4.0)
"""Shares of people who stand still for a while, and who turn round."""
RELAXATION_S, JOSTLE = 0.5, 0.08
"""In which people reach the speed that they like; metres per second by which each second changes it at random."""
PUSH, REACH_M = 2.5, 0.25
"""Acceleration away from others at the hard core, in m/s^2, and the distance over which it falls by e."""
SWAY_M, SWAY_SPREAD = 0.04, 0.35
"""Amplitude of the head to the side: median, and standard deviation of its logarithm."""
YAW_DELAY_S, YAW_NOISE, YAW_MEMORY_S = 0.1, np.radians(4), 1.0
"""Shoulders follow the way after a while, but for a slow noise."""
NEAR_WALL_M = 0.6
STEP_S = 1 / 60
"""Longest step of the motion."""
WARM_UP_S = 3.0
MARGIN_M = 1.2
"""Beyond the view, where people come from and go to."""


@dataclass
class Walkers:
    """P people who are under way now."""

    track: np.ndarray
    xy: np.ndarray
    """Of the head's path, without sway."""
    velocity: np.ndarray
    liked: np.ndarray
    """Velocity at which each would walk alone."""
    yaw: np.ndarray
    yaw_noise: np.ndarray
    phase: np.ndarray
    """Of the stride."""
    sway: np.ndarray
    stop: np.ndarray
    """Seconds from now at which each stops, and for how long; infinite where they do not."""
    turn: np.ndarray
    """Seconds from now at which each turns round."""

    def __len__(self) -> int:
        return len(self.track)

    def of(self, which: Bool[np.ndarray, " P"]) -> "Walkers":
        """Some of them."""
        return Walkers(**{name: values[which] for name, values in vars(self).items()})


@dataclass
class Street:
    """A place with people who come and go."""

    site: Site
    low: Float64[np.ndarray, "2"]
    high: Float64[np.ndarray, "2"]
    density: float
    is_glow: bool
    rng: np.random.Generator
    walkers: Walkers = field(init=False)
    num_tracks: int = 0

    def __post_init__(self) -> None:
        nobody = Standing(np.zeros((0, 2)), np.zeros(0))
        there = crowd(self.rng, nobody, self.site, self.density, self.low - MARGIN_M, self.high + MARGIN_M)
        self.walkers = self._new(there.xy, there.heading)
        self.pass_time(WARM_UP_S)

    def pass_time(self, seconds: float) -> None:
        """Moves everybody on."""
        steps = max(1, ceil(seconds / STEP_S - 1e-9))
        for _ in range(steps):
            self._step(seconds / steps)

    def _step(self, dt: float) -> None:
        people = self.walkers
        _decide(people, dt)
        _turn_from_walls(people, self.site)
        pull = (np.where(people.stop[:, :1] <= 0, 0.0, people.liked) - people.velocity) / RELAXATION_S
        push = _away_from_others(people.xy) + _away_from_walls(people.xy, self.site)
        noise = JOSTLE / np.sqrt(RELAXATION_S) * np.sqrt(dt) * self.rng.standard_normal(people.xy.shape)
        people.velocity = people.velocity + dt * (pull + push) + noise
        speed = np.linalg.norm(people.velocity, axis=1, keepdims=True)
        people.velocity *= np.minimum(1, FASTEST / np.maximum(speed, 1e-9))
        people.xy = _apart(people.xy + dt * people.velocity)
        self._turn_shoulders(dt)
        people.phase = people.phase + 2 * pi * stride_hz(speed[:, 0]) * (speed[:, 0] > 0.1) * dt
        inside = ((people.xy > self.low - 2 * MARGIN_M) & (people.xy < self.high + 2 * MARGIN_M)).all(1)
        self.walkers = people.of(np.asarray(inside))
        self._enter(dt)

    def _turn_shoulders(self, dt: float) -> None:
        people = self.walkers
        moving = np.linalg.norm(people.velocity, axis=1) > 0.2
        way = np.arctan2(people.velocity[:, 1], people.velocity[:, 0])
        behind = (way - people.yaw + pi) % (2 * pi) - pi
        people.yaw = people.yaw + np.where(moving, behind * min(1, dt / YAW_DELAY_S), 0)
        fresh = YAW_NOISE * np.sqrt(2 * dt / YAW_MEMORY_S) * self.rng.standard_normal(len(people))
        people.yaw_noise = people.yaw_noise * (1 - dt / YAW_MEMORY_S) + fresh

    def _enter(self, dt: float) -> None:
        """As many as leave where density and mean speed stay as they are, from beyond the view."""
        size = self.high - self.low + 2 * MARGIN_M
        mean_speed = np.mean(GLOW_SPEED) if self.is_glow else SPEED[0]
        along = size[0] if abs(np.sin(self.site.corridor)) > 0.5 else size[1]
        for _ in range(self.rng.poisson(self.density * mean_speed * along * dt)):
            heading = headings(self.rng, 1, self.site.corridor, ALONG)
            way = np.array([np.cos(heading[0]), np.sin(heading[0])])
            xy = self.rng.uniform(self.low - MARGIN_M, self.high + MARGIN_M)
            middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2 + MARGIN_M
            reach = np.min(np.where(way > 0, (xy - middle + half), (middle + half - xy)) / np.maximum(abs(way), 1e-6))
            start = (xy - reach * way)[None]
            near = np.linalg.norm(self.walkers.xy - start, axis=1).min(initial=np.inf) < HARD_CORE
            if not near and self.site.is_free(start)[0]:
                new = self._new(start, heading)
                joined = {name: np.concatenate([old, getattr(new, name)]) for name, old in vars(self.walkers).items()}
                self.walkers = Walkers(**joined)

    def _new(self, xy: np.ndarray, heading: np.ndarray) -> Walkers:
        rng, number = self.rng, len(xy)
        speed = rng.uniform(*GLOW_SPEED, number) if self.is_glow else rng.normal(*SPEED, number)
        way = np.stack([np.cos(heading), np.sin(heading)], -1)
        liked = speed.clip(SLOWEST, FASTEST)[:, None] * way
        stops = np.where(rng.random(number) < STOPS, rng.uniform(0.5, 4, number), np.inf)
        first = self.num_tracks
        self.num_tracks += number
        return Walkers(
            track=np.arange(first, self.num_tracks),
            xy=xy,
            velocity=liked.copy(),
            liked=liked,
            yaw=heading.copy(),
            yaw_noise=rng.normal(0, YAW_NOISE, number),
            phase=rng.uniform(0, 2 * pi, number),
            sway=np.minimum(SWAY_M * np.exp(SWAY_SPREAD * rng.standard_normal(number)), 0.12),
            stop=np.stack([stops, rng.uniform(*STOP_S, number)], -1),
            turn=np.where(rng.random(number) < U_TURNS, rng.uniform(0.5, 4, number), np.inf),
        )


def stride_hz(speed: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, " P"]:
    """Strides, of two steps each, per second.

    >>> stride_hz(np.array([1.39])).round(2).tolist()
    [0.95]
    """
    return 0.55 + 0.29 * speed


def _decide(people: Walkers, dt: float) -> None:
    """Who stops, goes on, or turns round."""
    people.stop = people.stop - np.stack([np.full(len(people), dt), np.where(people.stop[:, 0] <= 0, dt, 0)], -1)
    people.stop[people.stop[:, 1] <= 0] = np.inf
    people.turn = people.turn - dt
    turns = people.turn <= 0
    people.liked[turns] *= -1
    people.turn[turns] = np.inf


def _turn_from_walls(people: Walkers, site: Site) -> None:
    """Nobody likes to walk into a wall: who would goes back from it as light would."""
    for wall in site.walls:
        against = np.minimum(people.liked @ wall.inwards, 0)
        against[(people.xy - wall.point) @ wall.inwards > NEAR_WALL_M] = 0
        people.liked = people.liked - 2 * against[:, None] * wall.inwards


def _away_from_others(xy: Float64[np.ndarray, "P 2"]) -> Float64[np.ndarray, "P 2"]:
    across, along, distance = _between(xy)
    push = PUSH * np.exp((HARD_CORE - distance) / REACH_M)
    distance = np.maximum(distance, 1e-6)
    return np.stack([(push * across / distance).sum(0), (push * along / distance).sum(0)], -1)


def _between(
    xy: Float64[np.ndarray, "P 2"],
) -> tuple[Float64[np.ndarray, "P P"], Float64[np.ndarray, "P P"], Float64[np.ndarray, "P P"]]:
    """From each (row) to each (column): both coordinates, and distance; nobody is near themselves."""
    x, y = xy.T
    across, along = x - x[:, None], y - y[:, None]
    distance = np.sqrt(across * across + along * along)
    np.fill_diagonal(distance, np.inf)
    return across, along, distance


def _away_from_walls(xy: Float64[np.ndarray, "P 2"], site: Site) -> Float64[np.ndarray, "P 2"]:
    push = np.zeros_like(xy)
    for wall in site.walls:
        distance = (xy - wall.point) @ wall.inwards
        push += PUSH * np.exp((CLEARANCE - distance) / REACH_M)[:, None] * wall.inwards
    for post in site.posts:
        between = xy - post.middle
        distance = np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-6)
        push += PUSH * np.exp((CLEARANCE + post.radius - distance) / REACH_M) * between / distance
    return push


def _apart(xy: Float64[np.ndarray, "P 2"]) -> Float64[np.ndarray, "P 2"]:
    """Heads that are nearer than the hard core are moved apart, each by half."""
    for _ in range(4):
        across, along, distance = _between(xy)
        pair = np.nonzero(distance < HARD_CORE)
        if not len(pair[0]):
            break
        share = 0.5 * (HARD_CORE - distance[pair])
        near = np.maximum(distance[pair], 1e-6)
        moves = [np.bincount(pair[1], share * way[pair] / near, len(xy)) for way in (across, along)]
        xy = xy + np.stack(moves, -1)
    return xy
