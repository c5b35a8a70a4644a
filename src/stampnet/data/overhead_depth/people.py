"""Bodies and poses to surfaces: heads, shoulders, trunks, swinging arms and legs."""

from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stampnet.data.overhead_depth.anthropometry import Bodies
from stampnet.data.overhead_depth.shapes import (
    CYLINDER,
    ELLIPSOID,
    ROUNDED,
    Shapes,
    about_x,
    about_z,
    alternating,
    capsules,
    solids,
    tops_of,
)

SWING = np.radians(25)
"""Of arms and legs, forwards and backwards."""
NECK, NECK_HALF_LENGTH, SHOULDER_HALF_HEIGHT, TRUNK_HALF_HEIGHT, LEG = 0.06, 0.1, 0.11, 0.45, 0.07
SHOULDERS_BELOW_ACROMION, TRUNK_BELOW_VERTEX = 0.06, 0.75
UPPER, LOWER = np.array([0.186, 0.186, 0.245, 0.245]), np.array([0.2, 0.2, 0.246, 0.246])
"""Lengths of both arms and both legs, as parts of the stature; the forearm with the hand."""
INWARDS = 0.14
"""How much further to the middle a hand with a phone is."""
SIDES = np.array([-1, 1])
FORWARDS = np.array([1, -1, -1, 1])
"""How arms and legs swing at the same moment."""
TORSO = (ROUNDED, ELLIPSOID, CYLINDER)


@dataclass(frozen=True)
class Poses:
    """Where P people are and how they stand."""

    xy: Float64[np.ndarray, "P 2"]
    """On the ground, of the middle of the shoulders."""
    yaw: Float64[np.ndarray, " P"]
    """Direction of the shoulders' normal, counter-clockwise from the x axis, in radians."""
    phase: Float64[np.ndarray, " P"]
    """Of the gait: a stride is two pi."""
    swing: Float64[np.ndarray, " P"]
    """Of arms and legs, as a part of that of free walking; 0 stands."""
    rise: Float64[np.ndarray, " P"]
    """Of the whole body, in metres: it bobs with each step."""

    @cached_property
    def turn(self) -> Float64[np.ndarray, "P 3 3"]:
        """Axes of each body as columns: to its right, ahead, up."""
        return about_z(self.yaw - pi / 2)

    def at(self, place: Float64[np.ndarray, "P 3"]) -> Float64[np.ndarray, "P 3"]:
        """Points that are so far to the right, ahead, and up."""
        points = (self.turn @ place[..., None])[..., 0]
        points[:, :2] += self.xy
        return points

    def of(self, which: Int64[np.ndarray, " N"]) -> "Poses":
        """Some of them."""
        return Poses(self.xy[which], self.yaw[which], self.phase[which], self.swing[which], self.rise[which])


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


def heads_at(
    half_axes: Float64[np.ndarray, "P 3"],
    tilt: Float64[np.ndarray, " P"],
    poses: Poses,
    vertex_height: Float64[np.ndarray, " P"],
    ahead: Float64[np.ndarray, " P"],
) -> Shapes:
    """Heads whose highest points are so high, so far ahead of the middle of the shoulders."""
    turn = poses.turn @ about_x(-tilt)
    nought = np.zeros_like(ahead)
    heads = solids((ELLIPSOID,) * len(tilt), poses.at(np.array([nought, ahead, nought]).T), half_axes, turn)
    up = vertex_height - tops_of(heads)[:, 2]
    return Shapes(heads.form, heads.centre + up[:, None] * [0, 0, 1], heads.to_unit, heads.low)


def people_shapes(
    bodies: Bodies, poses: Poses, holds_phone: Bool[np.ndarray, " P"], seated_by: Float64[np.ndarray, " P"]
) -> tuple[Shapes, Float64[np.ndarray, "P 3"]]:
    """The surfaces of people, one person after the other, and the vertices of their heads.

    `seated_by` is how much lower than standing they sit.
    """
    scale, turn, number = bodies.scale, poses.turn, len(bodies)
    lift = poses.rise - seated_by
    crown = bodies.bare_stature + lift
    breadth, depth = bodies.shoulder_breadth, bodies.depth
    shoulder_height = crown - bodies.acromion_drop - SHOULDERS_BELOW_ACROMION * scale
    head = heads_at(bodies.head_axes, bodies.head_tilt, poses, bodies.stature + lift, bodies.head_ahead)

    centre = np.empty((number, len(TORSO), 3))  # shoulders, trunk, neck
    centre[..., :2] = poses.xy[:, None]
    centre[:, 0, 2], centre[:, 1, 2] = shoulder_height, crown - TRUNK_BELOW_VERTEX * scale
    centre[:, 2] = (centre[:, 0] + head.centre) / 2
    half = np.array(
        [
            [breadth / 2, depth / 2, SHOULDER_HALF_HEIGHT * scale],
            [0.45 * breadth, 0.6 * depth, TRUNK_HALF_HEIGHT * scale],
            [NECK * scale, NECK * scale, NECK_HALF_LENGTH * scale],
        ]
    ).transpose(2, 0, 1)
    torso = solids(TORSO * number, centre.reshape(-1, 3), half.reshape(-1, 3), np.repeat(turn, len(TORSO), axis=0))

    limbs = _limbs(breadth / 2 - bodies.limb, shoulder_height, bodies.bare_stature, poses, holds_phone, seated_by)
    limbs = limbs @ turn.transpose(0, 2, 1)[:, None]
    limbs[..., :2] += poses.xy[:, None, None]
    radii = np.array([bodies.limb, bodies.limb, LEG * scale, LEG * scale]).T
    return alternating([torso, head, capsules(limbs, radii, is_rooted=True)], number), tops_of(head)


def _limbs(
    across: Float64[np.ndarray, " P"],
    shoulder_height: Float64[np.ndarray, " P"],
    stature: Float64[np.ndarray, " P"],
    poses: Poses,
    holds_phone: Bool[np.ndarray, " P"],
    seated_by: Float64[np.ndarray, " P"],
) -> Float64[np.ndarray, "P 4 3 3"]:
    """Shoulders, elbows and hands, then hips, knees and ankles, left and right: right, ahead, up.

    An arm swings against the leg of its side.
    """
    points = np.zeros((len(stature), 4, 3, 3))
    arms, legs = points[:, :2], points[:, 2:]
    upper = FORWARDS * (SWING * poses.swing * np.sin(poses.phase))[:, None]
    lower = upper + 0.25
    lag = 0.5 * poses.swing[:, None] * np.maximum(0.0, SIDES * np.cos(poses.phase)[:, None])
    lower[:, 2:] = upper[:, 2:] - lag
    upper[holds_phone, :2], lower[holds_phone, :2] = 0.05, 2.1
    upper[seated_by > 0, 2:], lower[seated_by > 0, 2:] = 1.5, 0.1
    arms[..., 0] = (SIDES * across[:, None])[..., None]
    arms[:, :, 0, 2] = shoulder_height[:, None]
    legs[..., 0] = (SIDES * (0.055 * stature)[:, None])[..., None]
    legs[:, :, 0, 2] = (np.minimum(0.52 * stature, shoulder_height - 0.2) - seated_by)[:, None]
    for joint, lengths, angle in ((1, UPPER, upper), (2, LOWER, lower)):
        length = lengths * stature[:, None]
        points[:, :, joint, 1] = points[:, :, joint - 1, 1] + length * np.sin(angle)
        points[:, :, joint, 2] = points[:, :, joint - 1, 2] - length * np.cos(angle)
    arms[holds_phone, :, 2, 0] -= SIDES * INWARDS
    return points
