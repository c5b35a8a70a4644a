"""Bodies and poses to surfaces: heads, shoulders, trunks, swinging arms and legs."""

from dataclasses import dataclass
from math import atan2, cos, pi, sin

import numpy as np
from jaxtyping import Float64

from stampnet.data.overhead_depth.anthropometry import Bodies
from stampnet.data.overhead_depth.shapes import (
    CYLINDER,
    ELLIPSOID,
    ROUNDED,
    Shapes,
    about_x,
    about_z,
    capsules,
    joined,
    solid,
    top_of,
)

SWING = np.radians(25)
"""Of arms and legs, forwards and backwards."""
NECK, NECK_HALF_LENGTH, SHOULDER_HALF_HEIGHT, TRUNK_HALF_HEIGHT, LEG = 0.06, 0.1, 0.11, 0.45, 0.07
SHOULDERS_BELOW_ACROMION, TRUNK_BELOW_VERTEX = 0.06, 0.75
UPPER_ARM, FOREARM, THIGH, SHANK = 0.186, 0.2, 0.245, 0.246
"""Lengths, as parts of the stature; the forearm with the hand."""


@dataclass(frozen=True)
class Pose:
    """Where a person is and how they stand."""

    x: float
    y: float
    """On the ground, of the middle of the shoulders."""
    yaw: float
    """Direction of the shoulders' normal, counter-clockwise from the x axis, in radians."""
    phase: float = 0.0
    """Of the gait: a stride is two pi."""
    swing: float = 1.0
    """Of arms and legs, as a part of that of free walking; 0 stands."""
    rise: float = 0.0
    """Of the whole body, in metres: it bobs with each step."""


@dataclass(frozen=True)
class Thing:
    """What a camera may see, and what is known of it."""

    kind: str
    """adult, child, carried child, object or bag."""
    shapes: Shapes
    track: int
    """Of the person, or of the person to whom an object belongs."""
    head: Float64[np.ndarray, "3"]
    """The vertex, in metres above the ground; NaN for objects, as what follows."""
    shoulders: Float64[np.ndarray, "2"]
    yaw: float
    stature: float
    dark_hair: float = 0.0
    """Share of the hair that structured light does not see."""


NOWHERE = np.full(3, np.nan)


def inanimate(kind: str, shapes: Shapes, owner: int) -> Thing:
    """An object or a bag."""
    return Thing(kind, shapes, owner, NOWHERE, NOWHERE[:2], float("nan"), float("nan"))


def frame(pose: Pose) -> Float64[np.ndarray, "3 3"]:
    """Axes of a body as columns: to its right, ahead, up."""
    return about_z(pose.yaw - pi / 2)


def head_at(bodies: Bodies, person: int, pose: Pose, vertex_height: float, seat: tuple[float, float]) -> Shapes:
    """A head whose highest point is so high, above (right, ahead) of the middle of the shoulders."""
    turn = frame(pose) @ about_x(-bodies.head_tilt[person])
    level = np.array([pose.x, pose.y, 0.0]) + frame(pose) @ np.array([*seat, 0.0])
    head = solid(ELLIPSOID, level, bodies.head_axes[person], turn)
    return Shapes(head.form, head.centre + np.array([0, 0, vertex_height - top_of(head)[2]]), head.to_unit, head.low)


def person_shapes(
    bodies: Bodies, person: int, pose: Pose, *, holds_phone: bool = False, seated_by: float = 0.0
) -> tuple[Shapes, Float64[np.ndarray, "3"]]:
    """The surfaces of one person, and the vertex of the head.

    `seated_by` is how much lower than standing they sit.
    """
    scale, turn = bodies.scale[person], frame(pose)
    lift = pose.rise - seated_by
    crown = bodies.bare_stature[person] + lift
    breadth, depth = bodies.shoulder_breadth[person], bodies.depth[person]
    shoulder_height = crown - bodies.acromion_drop[person] - SHOULDERS_BELOW_ACROMION * scale
    here = np.array([pose.x, pose.y, 0.0])

    def at(right: float, ahead: float, height: float) -> Float64[np.ndarray, "3"]:
        return here + turn @ np.array([right, ahead, height])

    head = head_at(bodies, person, pose, bodies.stature[person] + lift, (0.0, bodies.head_ahead[person]))
    middle = at(0.0, 0.0, shoulder_height)
    half = (breadth / 2, depth / 2, SHOULDER_HALF_HEIGHT * scale)
    shoulders = solid(ROUNDED, middle, half, turn)
    trunk = solid(
        ELLIPSOID,
        at(0.0, 0.0, crown - TRUNK_BELOW_VERTEX * scale),
        (0.45 * breadth, 0.6 * depth, TRUNK_HALF_HEIGHT * scale),
        turn,
    )
    neck = solid(CYLINDER, (middle + head.centre[0]) / 2, (NECK * scale, NECK * scale, NECK_HALF_LENGTH * scale), turn)
    limb, stature = bodies.limb[person], bodies.bare_stature[person]
    arms = [_arm(side, breadth / 2 - limb, shoulder_height, stature, pose, holds_phone) for side in (-1, 1)]
    legs = [_leg(side, shoulder_height, stature, pose, seated_by) for side in (-1, 1)]
    radii = np.array([limb, limb, LEG * scale, LEG * scale])
    limbs = capsules(here + np.stack([*arms, *legs]) @ turn.T, radii, is_rooted=True)
    return joined([shoulders, trunk, head, neck, limbs]), top_of(head)


def _arm(
    side: int, across: float, height: float, stature: float, pose: Pose, holds_phone: bool
) -> Float64[np.ndarray, "3 3"]:
    """Shoulder, elbow and hand: right, ahead, up. An arm swings against the leg of its side."""
    swing = -side * SWING * pose.swing * sin(pose.phase)
    bend, inwards = swing + 0.25, 0.0
    if holds_phone:
        swing, bend, inwards = 0.05, 2.1, 0.14
    shoulder = np.array([side * across, 0.0, height])
    elbow = shoulder + UPPER_ARM * stature * np.array([0.0, sin(swing), -cos(swing)])
    hand = elbow + FOREARM * stature * np.array([0.0, sin(bend), -cos(bend)]) - [side * inwards, 0, 0]
    return np.stack([shoulder, elbow, hand])


def _leg(side: int, height: float, stature: float, pose: Pose, seated_by: float) -> Float64[np.ndarray, "3 3"]:
    """Hip, knee and ankle."""
    swing = side * SWING * pose.swing * sin(pose.phase)
    lag = swing - 0.5 * pose.swing * max(0.0, side * cos(pose.phase))
    if seated_by > 0:
        swing, lag = 1.5, 0.1
    hip = np.array([side * 0.055 * stature, 0.0, min(0.52 * stature, height - 0.2) - seated_by])
    knee = hip + THIGH * stature * np.array([0.0, sin(swing), -cos(swing)])
    return np.stack([hip, knee, knee + SHANK * stature * np.array([0.0, sin(lag), -cos(lag)])])


def heading(velocity: Float64[np.ndarray, "2"]) -> float:
    """Direction of a velocity."""
    return atan2(velocity[1], velocity[0])
