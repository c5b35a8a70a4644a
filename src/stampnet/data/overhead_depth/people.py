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
UPPER_ARM, FOREARM, THIGH, SHANK = 0.186, 0.2, 0.245, 0.246
"""Lengths, as parts of the stature; the forearm with the hand."""


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
    heads = solids(ELLIPSOID, poses.at(np.stack([nought, ahead, nought], -1)), half_axes, turn)
    up = vertex_height - tops_of(heads)[:, 2]
    return Shapes(heads.form, heads.centre + up[:, None] * [0, 0, 1], heads.to_unit, heads.low)


def people_shapes(
    bodies: Bodies, poses: Poses, holds_phone: Bool[np.ndarray, " P"], seated_by: Float64[np.ndarray, " P"]
) -> tuple[Shapes, Float64[np.ndarray, "P 3"]]:
    """The surfaces of people, one person after the other, and the vertices of their heads.

    `seated_by` is how much lower than standing they sit.
    """
    scale, turn = bodies.scale, poses.turn
    lift = poses.rise - seated_by
    crown = bodies.bare_stature + lift
    breadth, depth = bodies.shoulder_breadth, bodies.depth
    shoulder_height = crown - bodies.acromion_drop - SHOULDERS_BELOW_ACROMION * scale
    nought = np.zeros_like(scale)

    def above(height: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, "P 3"]:
        return np.column_stack([poses.xy, height])

    head = heads_at(bodies.head_axes, bodies.head_tilt, poses, bodies.stature + lift, bodies.head_ahead)
    middle = above(shoulder_height)
    half = np.stack([breadth / 2, depth / 2, SHOULDER_HALF_HEIGHT * scale], -1)
    shoulders = solids(ROUNDED, middle, half, turn)
    half = np.stack([0.45 * breadth, 0.6 * depth, TRUNK_HALF_HEIGHT * scale], -1)
    trunk = solids(ELLIPSOID, above(crown - TRUNK_BELOW_VERTEX * scale), half, turn)
    half = np.stack([NECK * scale, NECK * scale, NECK_HALF_LENGTH * scale], -1)
    neck = solids(CYLINDER, (middle + head.centre) / 2, half, turn)
    limb, stature = bodies.limb, bodies.bare_stature
    arms = [_arms(side, breadth / 2 - limb, shoulder_height, stature, poses, holds_phone) for side in (-1, 1)]
    legs = [_legs(side, shoulder_height, stature, poses, seated_by) for side in (-1, 1)]
    radii = np.stack([limb, limb, LEG * scale, LEG * scale], -1)
    limbs = np.stack([*arms, *legs], 1) @ turn.transpose(0, 2, 1)[:, None]
    limbs = capsules(above(nought)[:, None, None] + limbs, radii, is_rooted=True)
    return alternating([shoulders, trunk, head, neck, limbs], len(bodies)), tops_of(head)


def _arms(
    side: int,
    across: Float64[np.ndarray, " P"],
    height: Float64[np.ndarray, " P"],
    stature: Float64[np.ndarray, " P"],
    poses: Poses,
    holds_phone: Bool[np.ndarray, " P"],
) -> Float64[np.ndarray, "P 3 3"]:
    """Shoulder, elbow and hand: right, ahead, up. An arm swings against the leg of its side."""
    swing = -side * SWING * poses.swing * np.sin(poses.phase)
    bend = np.where(holds_phone, 2.1, swing + 0.25)
    swing = np.where(holds_phone, 0.05, swing)
    inwards = np.where(holds_phone, 0.14, 0.0)
    nought = np.zeros_like(swing)
    shoulder = np.stack([side * across, nought, height], -1)
    elbow = shoulder + _down(UPPER_ARM * stature, swing)
    hand = elbow + _down(FOREARM * stature, bend) - np.stack([side * inwards, nought, nought], -1)
    return np.stack([shoulder, elbow, hand], 1)


def _legs(
    side: int,
    height: Float64[np.ndarray, " P"],
    stature: Float64[np.ndarray, " P"],
    poses: Poses,
    seated_by: Float64[np.ndarray, " P"],
) -> Float64[np.ndarray, "P 3 3"]:
    """Hip, knee and ankle."""
    swing = side * SWING * poses.swing * np.sin(poses.phase)
    lag = swing - 0.5 * poses.swing * np.maximum(0.0, side * np.cos(poses.phase))
    swing, lag = np.where(seated_by > 0, 1.5, swing), np.where(seated_by > 0, 0.1, lag)
    up = np.minimum(0.52 * stature, height - 0.2) - seated_by
    hip = np.stack([side * 0.055 * stature, np.zeros_like(up), up], -1)
    knee = hip + _down(THIGH * stature, swing)
    return np.stack([hip, knee, knee + _down(SHANK * stature, lag)], 1)


def _down(length: Float64[np.ndarray, " P"], swing: Float64[np.ndarray, " P"]) -> Float64[np.ndarray, "P 3"]:
    """From one joint to the next: right, ahead, up."""
    return length[:, None] * np.stack([np.zeros_like(swing), np.sin(swing), -np.cos(swing)], -1)
