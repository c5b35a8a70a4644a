"""Chance to what people carry, push and ride: each thing by itself, labelled as no pedestrian, but carried children."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stampnet.data.overhead_depth.anthropometry import Bodies
from stampnet.data.overhead_depth.people import (
    Poses,
    Thing,
    heads_at,
    inanimate,
    people_shapes,
)
from stampnet.data.overhead_depth.shapes import (
    BOX,
    CAP,
    ELLIPSOID,
    ROUNDED,
    Shapes,
    about_y,
    capsules,
    joined,
    solid,
    solids,
    tops_of,
)

SHARES = {
    "backpack": 0.25,
    "bag": 0.25,
    "phone": 0.10,
    "umbrella": 0.005,
    "pram": 0.02,
    "bicycle": 0.01,
    "child": 0.01,
    "wheelchair": 0.005,
    "rider": 0.005,
}
"""Of people who have one; a child is carried before the chest, a rider sits on the shoulders."""
ONLY_ONE = ("pram", "bicycle", "wheelchair")
SEATED_STATURE = (1.2, 1.4)
TODDLER_HEAD, TODDLER_STATURE = (0.068, 0.085, 0.1), 0.9
"""Of a carried child: half axes of the head, and what makes it as narrow as it is small."""
UMBRELLA_RADIUS, UMBRELLA_ANGLE = 0.5, radians(55)
"""Of the rim, and between the axis and the rim as seen from the centre of the sphere."""


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """What each of P people has."""

    has: dict[str, Bool[np.ndarray, " P"]]
    side: Float64[np.ndarray, " P"]
    """-1: to the left, 1: to the right."""
    bulk: Float64[np.ndarray, " P"]
    """Size of bags and boxes, about 1."""
    seated_stature: Float64[np.ndarray, " P"]


def draw_belongings(rng: np.random.Generator, num_people: int, is_child: Bool[np.ndarray, " P"]) -> Belongings:
    """Each thing independently, but nobody needs four hands; children have backpacks only."""
    has = {name: rng.random(num_people) < share for name, share in SHARES.items()}
    for name in has:
        if name != "backpack":
            has[name] &= ~is_child
    taken = np.zeros(num_people, bool)
    for name in (*ONLY_ONE, "child", "rider", "umbrella", "phone"):
        has[name] &= ~taken
        taken |= has[name]
    has["backpack"] &= ~(has["wheelchair"] | has["rider"])
    return Belongings(
        has=has,
        side=np.where(rng.random(num_people) < 0.5, -1.0, 1.0),
        bulk=rng.uniform(0.75, 1.15, num_people),
        seated_stature=rng.uniform(*SEATED_STATURE, num_people),
    )


def joined_belongings(several: Sequence[Belongings]) -> Belongings:
    """Of all these people."""
    return Belongings(
        has={name: np.concatenate([one.has[name] for one in several]) for name in SHARES},
        side=np.concatenate([one.side for one in several]),
        bulk=np.concatenate([one.bulk for one in several]),
        seated_stature=np.concatenate([one.seated_stature for one in several]),
    )


def things_of(bodies: Bodies, belongings: Belongings, poses: Poses, track: Int64[np.ndarray, " P"]) -> list[Thing]:
    """People in these poses, each followed by what they have with them."""
    if not len(bodies):
        return []
    has, side = belongings.has, belongings.side
    seated_by = np.where(has["wheelchair"], bodies.stature - belongings.seated_stature, 0.0)
    shapes, vertex = people_shapes(bodies, poses, has["phone"], seated_by)
    each = len(shapes) // len(bodies)
    owner = track.tolist()
    top = bodies.bare_stature - bodies.acromion_drop + poses.rise
    kind = np.where(bodies.is_child, "child", "adult").tolist()
    known = zip(poses.yaw.tolist(), (bodies.stature - seated_by).tolist(), bodies.dark_hair.tolist(), strict=True)
    things = [
        [Thing(kind[of], shapes.of(slice(of * each, (of + 1) * each)), owner[of], vertex[of], poses.xy[of], *values)]
        for of, values in enumerate(known)
    ]
    carriers, bags = _bags(bodies, belongings, poses, top)
    for bag, of in enumerate(carriers.tolist()):
        things[of].append(inanimate("bag", bags.of(slice(bag, bag + 1)), owner[of]))
    for name, build in _RARE.items():
        for of in np.flatnonzero(has[name]).tolist():
            which = np.array([of])
            things[of].append(
                build(_Owner(bodies.of(which), poses.of(which), owner[of], side[of], top[of], vertex[of]))
            )
    return [thing for own in things for thing in own]


def _bags(
    bodies: Bodies, belongings: Belongings, poses: Poses, shoulder_height: Float64[np.ndarray, " P"]
) -> tuple[Int64[np.ndarray, " N"], Shapes]:
    """Backpacks, then bags at a side, and whose they are."""
    backpacks, bags = (np.flatnonzero(belongings.has[name]) for name in ("backpack", "bag"))
    size = np.array([0.15, 0.09, 0.225]) * bodies.scale[backpacks, None] * belongings.bulk[backpacks, None]
    half = np.concatenate([size, np.array([0.07, 0.17, 0.15]) * belongings.bulk[bags, None]])
    where = np.zeros_like(half)
    behind, beside = where[: len(backpacks)], where[len(backpacks) :]
    behind[:, 1] = -bodies.depth[backpacks] / 2 - 0.6 * size[:, 1]
    behind[:, 2] = shoulder_height[backpacks] - size[:, 2]
    beside[:, 0] = belongings.side[bags] * (bodies.shoulder_breadth[bags] / 2 + 0.03)
    beside[:, 2] = 0.55 * bodies.bare_stature[bags] + 0.05
    carriers = np.concatenate([backpacks, bags])
    own = poses.of(carriers)
    return carriers, solids((ROUNDED,) * len(carriers), own.at(where), half, own.turn)


@dataclass(frozen=True)
class _Owner:
    """One person, for what they have."""

    bodies: Bodies
    poses: Poses
    track: int
    side: float
    shoulder_height: float
    vertex: Float64[np.ndarray, "3"]

    def at(self, right: float, ahead: float, height: float) -> Float64[np.ndarray, "3"]:
        return self.poses.at(np.array([[right, ahead, height]]))[0]

    def box(self, form: int, where: tuple[float, float, float], half: np.ndarray) -> Shapes:
        return solid(form, self.at(*where), half, self.poses.turn[0])

    def object(self, parts: Sequence[Shapes]) -> Thing:
        return inanimate("object", joined(parts), self.track)


def _umbrella(owner: _Owner) -> Thing:
    radius = UMBRELLA_RADIUS / np.sin(UMBRELLA_ANGLE)
    apex = owner.vertex[2] + 0.28
    low = float(np.cos(UMBRELLA_ANGLE))
    hand = owner.at(owner.side * 0.15, 0.25, owner.shoulder_height - 0.25)
    tip = np.array([owner.vertex[0], owner.vertex[1], apex])
    turn = owner.poses.turn[0] @ about_y(0.1 * owner.side)
    canopy = solid(CAP, tip - np.array([0, 0, radius]), (radius, radius, radius), turn, low)
    return owner.object([canopy, capsules(np.stack([hand, tip - np.array([0, 0, 0.02])]), 0.012)])


def _pram(owner: _Owner) -> Thing:
    depth = float(owner.bodies.depth[0])
    ahead = depth / 2 + 0.35 + 0.45
    body = owner.box(BOX, (0.0, ahead, 0.6), np.array([0.275, 0.38, 0.2]))
    hood = owner.box(ROUNDED, (0.0, ahead + 0.15, 0.85), np.array([0.26, 0.25, 0.17]))
    corners = [(-0.25, ahead - 0.38, 0.75), (-0.25, depth / 2 + 0.2, 1.02), (0.25, depth / 2 + 0.2, 1.02)]
    handle = np.stack([owner.at(*point) for point in [*corners, (0.25, ahead - 0.38, 0.75)]])
    wheels = [(x, ahead + y, 0.0) for x in (-0.25, 0.25) for y in (-0.3, 0.3)]
    stands = np.stack([[owner.at(*wheel), owner.at(wheel[0], wheel[1], 0.45)] for wheel in wheels])
    return owner.object([body, hood, capsules(handle, 0.018), capsules(stands, 0.03)])


def _bicycle(owner: _Owner) -> Thing:
    right = owner.side * (float(owner.bodies.shoulder_breadth[0]) / 2 + 0.18)
    points = [(right, -0.55, 0.35), (right, -0.2, 0.95), (right, 0.35, 0.85), (right, 0.65, 0.35)]
    frame_tubes = np.stack([owner.at(*point) for point in points])
    bar = np.stack([owner.at(right + x, 0.35, 1.05) for x in (-0.3, 0.3)])
    stem = np.stack([owner.at(right, 0.35, 0.85), owner.at(right, 0.35, 1.05)])
    saddle = owner.box(ROUNDED, (right, -0.22, 0.98), np.array([0.07, 0.13, 0.04]))
    wheels = [owner.box(ELLIPSOID, (right, y, 0.34), np.array([0.03, 0.34, 0.34])) for y in (-0.55, 0.65)]
    return owner.object([capsules(np.stack([bar, stem]), 0.018), capsules(frame_tubes, 0.02), saddle, *wheels])


def _wheelchair(owner: _Owner) -> Thing:
    seat = owner.box(BOX, (0.0, 0.05, 0.42), np.array([0.25, 0.25, 0.06]))
    back = owner.box(BOX, (0.0, -0.22, 0.68), np.array([0.23, 0.03, 0.26]))
    wheels = [owner.box(ELLIPSOID, (x, 0.0, 0.3), np.array([0.03, 0.3, 0.3])) for x in (-0.3, 0.3)]
    return owner.object([seat, back, *wheels])


def _child(owner: _Owner) -> Thing:
    return _carried(owner, owner.shoulder_height - 0.12, float(owner.bodies.depth[0]) / 2 + 0.06)


def _rider(owner: _Owner) -> Thing:
    return _carried(owner, owner.shoulder_height + 0.62, -0.04)


def _carried(owner: _Owner, height: float, ahead: float) -> Thing:
    """Head and trunk of a small child whose vertex is so high."""
    bodies, poses = owner.bodies, owner.poses
    head = heads_at(np.array([TODDLER_HEAD]), bodies.head_tilt, poses, np.array([height]), np.array([ahead]))
    breadth = bodies.shoulder_breadth[0] * (TODDLER_STATURE / bodies.bare_stature[0])
    trunk = owner.box(ELLIPSOID, (0.0, ahead, height - 0.37), np.array([breadth / 2, 0.09, 0.2]))
    middle = owner.at(0.0, ahead, 0.0)[:2]
    yaw = float(poses.yaw[0])
    return Thing("carried child", joined([trunk, head]), owner.track, tops_of(head)[0], middle, yaw, TODDLER_STATURE)


_RARE: dict[str, Callable[[_Owner], Thing]] = {
    "umbrella": _umbrella,
    "pram": _pram,
    "bicycle": _bicycle,
    "wheelchair": _wheelchair,
    "child": _child,
    "rider": _rider,
}
