"""Chance to what people carry, push and ride: each thing by itself, labelled as no pedestrian, but carried children."""

from dataclasses import dataclass
from math import radians

import numpy as np
from jaxtyping import Bool, Float64

from stampnet.data.overhead_depth.anthropometry import Bodies
from stampnet.data.overhead_depth.people import (
    Pose,
    Thing,
    frame,
    head_at,
    inanimate,
    person_shapes,
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
    top_of,
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


def _smallest(bodies: Bodies) -> Bodies:
    """The same people as toddlers of 0.9 m, for those who carry one."""
    ratio = 0.9 / bodies.bare_stature
    return Bodies(
        is_child=np.ones_like(bodies.is_child),
        stature=np.full_like(bodies.stature, 0.9),
        bare_stature=np.full_like(bodies.stature, 0.9),
        shoulder_breadth=bodies.shoulder_breadth * ratio,
        depth=bodies.depth * ratio,
        acromion_drop=np.full_like(bodies.stature, 0.22),
        head_axes=np.tile([0.068, 0.085, 0.1], (len(bodies), 1)),
        head_tilt=bodies.head_tilt,
        head_ahead=np.full_like(bodies.stature, 0.02),
        limb=np.full_like(bodies.stature, 0.035),
        dark_hair=np.zeros_like(bodies.stature),
        scale=np.full_like(bodies.stature, 0.5),
    )


def things_of(bodies: Bodies, belongings: Belongings, person: int, pose: Pose, track: int) -> list[Thing]:
    """A person and what they have with them."""
    has = {name: bool(flags[person]) for name, flags in belongings.has.items()}
    seated_by = bodies.stature[person] - belongings.seated_stature[person] if has["wheelchair"] else 0.0
    shapes, vertex = person_shapes(bodies, person, pose, holds_phone=has["phone"], seated_by=seated_by)
    kind = "child" if bodies.is_child[person] else "adult"
    middle = np.array([pose.x, pose.y])
    stature = float(bodies.stature[person] - seated_by)
    things = [Thing(kind, shapes, track, vertex, middle, pose.yaw, stature, float(bodies.dark_hair[person]))]
    top = bodies.bare_stature[person] - bodies.acromion_drop[person] + pose.rise
    place = _Place(pose, belongings.side[person], belongings.bulk[person], top)
    breadth, depth = bodies.shoulder_breadth[person], bodies.depth[person]
    if has["backpack"]:
        scale = bodies.scale[person]
        size = np.array([0.15, 0.09, 0.225]) * scale * place.bulk
        things.append(
            inanimate("bag", place.box(ROUNDED, (0.0, -depth / 2 - 0.6 * size[1], top - size[2]), size), track)
        )
    if has["bag"]:
        size = np.array([0.07, 0.17, 0.15]) * place.bulk
        where = (place.side * (breadth / 2 + 0.03), 0.0, 0.55 * bodies.bare_stature[person] + 0.05)
        things.append(inanimate("bag", place.box(ROUNDED, where, size), track))
    if has["umbrella"]:
        things.append(inanimate("object", _umbrella(place, vertex), track))
    if has["pram"]:
        things.append(inanimate("object", _pram(place, depth), track))
    if has["bicycle"]:
        things.append(inanimate("object", _bicycle(place, breadth), track))
    if has["wheelchair"]:
        things.append(inanimate("object", _wheelchair(place), track))
    if has["child"]:
        things.append(_carried(_smallest(bodies), person, pose, track, top - 0.12, depth / 2 + 0.06))
    if has["rider"]:
        things.append(_carried(_smallest(bodies), person, pose, track, top + 0.62, -0.04))
    return things


@dataclass(frozen=True)
class _Place:
    """Of a person, for what they have."""

    pose: Pose
    side: float
    bulk: float
    shoulder_height: float

    def at(self, right: float, ahead: float, height: float) -> Float64[np.ndarray, "3"]:
        here = np.array([self.pose.x, self.pose.y, 0.0])
        return here + frame(self.pose) @ np.array([right, ahead, height])

    def box(self, form: int, where: tuple[float, float, float], half: np.ndarray) -> Shapes:
        return solid(form, self.at(*where), half, frame(self.pose))


def _umbrella(place: _Place, vertex: np.ndarray) -> Shapes:
    radius = UMBRELLA_RADIUS / np.sin(UMBRELLA_ANGLE)
    apex = vertex[2] + 0.28
    low = float(np.cos(UMBRELLA_ANGLE))
    hand = place.at(place.side * 0.15, 0.25, place.shoulder_height - 0.25)
    tip = np.array([vertex[0], vertex[1], apex])
    turn = frame(place.pose) @ about_y(0.1 * place.side)
    canopy = solid(CAP, tip - np.array([0, 0, radius]), (radius, radius, radius), turn, low)
    return joined([canopy, capsules(np.stack([hand, tip - np.array([0, 0, 0.02])]), 0.012)])


def _pram(place: _Place, depth: float) -> Shapes:
    ahead = depth / 2 + 0.35 + 0.45
    body = place.box(BOX, (0.0, ahead, 0.6), np.array([0.275, 0.38, 0.2]))
    hood = place.box(ROUNDED, (0.0, ahead + 0.15, 0.85), np.array([0.26, 0.25, 0.17]))
    corners = [(-0.25, ahead - 0.38, 0.75), (-0.25, depth / 2 + 0.2, 1.02), (0.25, depth / 2 + 0.2, 1.02)]
    handle = np.stack([place.at(*point) for point in [*corners, (0.25, ahead - 0.38, 0.75)]])
    wheels = [(x, ahead + y, 0.0) for x in (-0.25, 0.25) for y in (-0.3, 0.3)]
    stands = np.stack([[place.at(*wheel), place.at(wheel[0], wheel[1], 0.45)] for wheel in wheels])
    return joined([body, hood, capsules(handle, 0.018), capsules(stands, 0.03)])


def _bicycle(place: _Place, breadth: float) -> Shapes:
    right = place.side * (breadth / 2 + 0.18)
    points = [(right, -0.55, 0.35), (right, -0.2, 0.95), (right, 0.35, 0.85), (right, 0.65, 0.35)]
    frame_tubes = np.stack([place.at(*point) for point in points])
    bar = np.stack([place.at(right + x, 0.35, 1.05) for x in (-0.3, 0.3)])
    stem = np.stack([place.at(right, 0.35, 0.85), place.at(right, 0.35, 1.05)])
    saddle = place.box(ROUNDED, (right, -0.22, 0.98), np.array([0.07, 0.13, 0.04]))
    wheels = [place.box(ELLIPSOID, (right, y, 0.34), np.array([0.03, 0.34, 0.34])) for y in (-0.55, 0.65)]
    return joined([capsules(np.stack([bar, stem]), 0.018), capsules(frame_tubes, 0.02), saddle, *wheels])


def _wheelchair(place: _Place) -> Shapes:
    seat = place.box(BOX, (0.0, 0.05, 0.42), np.array([0.25, 0.25, 0.06]))
    back = place.box(BOX, (0.0, -0.22, 0.68), np.array([0.23, 0.03, 0.26]))
    wheels = [place.box(ELLIPSOID, (x, 0.0, 0.3), np.array([0.03, 0.3, 0.3])) for x in (-0.3, 0.3)]
    return joined([seat, back, *wheels])


def _carried(children: Bodies, person: int, pose: Pose, track: int, height: float, ahead: float) -> Thing:
    """Head and trunk of a small child whose vertex is so high."""
    place = _Place(pose, 1.0, 1.0, height)
    head = head_at(children, person, pose, height, (0.0, ahead))
    half = (children.shoulder_breadth[person] / 2, 0.09, 0.2)
    trunk = place.box(ELLIPSOID, (0.0, ahead, height - 0.37), np.array(half))
    middle = place.at(0.0, ahead, 0.0)[:2]
    return Thing("carried child", joined([trunk, head]), track, top_of(head), middle, pose.yaw, 0.9)
