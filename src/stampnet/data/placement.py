"""Glyphs to images: each at a random place, and turned and scaled at random where that is wanted."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from stampnet.data.canvas import boxes_at, place, random_corners
from stampnet.data.pose import FIXED, DrawnPoses, PoseRange, Turn, centres_of_mass, frame_for, random_poses
from stampnet.errors import InputError

CHUNK = 256  # images with turned objects that are made at once: some tens of megabytes


class Placed(NamedTuple):
    """Images and what is true of their objects."""

    images: UInt8[np.ndarray, "B H W"]
    boxes_xyxy: Float32[np.ndarray, "B G 4"]
    angles_deg: Float32[np.ndarray, "B G"]
    scales: Float32[np.ndarray, "B G"]


def place_at_random(
    rng: np.random.Generator,
    glyphs: UInt8[np.ndarray, "P h w"],
    which: Int64[np.ndarray, "B G"],
    canvas_size: tuple[int, int],
    poses: PoseRange,
    turn: Turn,
) -> Placed:
    """Places glyphs `which` (-1: none) uniformly, where box and ink lie wholly on the canvas.

    An object turns about its centre of mass. Its box is the glyph's square frame times its scale, upright however the
    object is turned, with the centre of mass in pixel h // 2, w // 2.

    Raises InputError where an object does not fit.
    """
    if poses == FIXED:
        corners = random_corners(rng, len(which), which.shape[1], canvas_size, glyphs.shape[1:])
        images, boxes = place(glyphs, which, corners, canvas_size), boxes_at(corners, which, glyphs.shape[1:])
        drawn = DrawnPoses(np.zeros(which.shape, np.float32), np.ones(which.shape, np.float32))
    else:
        drawn = random_poses(rng, len(which), which.shape[1], poses)
        images = np.empty((len(which), *canvas_size), np.uint8)
        boxes = np.empty((*which.shape, 4), np.float32)
        for start in range(0, len(which), CHUNK):
            part = slice(start, start + CHUNK)
            some = DrawnPoses(*(field[part] for field in drawn))
            images[part], boxes[part] = _place_turned(rng, glyphs, which[part], canvas_size, some, turn)
    angles, scales = (np.where(which >= 0, field, np.float32("nan")) for field in drawn)
    return Placed(images, boxes, angles, scales)


def _place_turned(
    rng: np.random.Generator,
    glyphs: UInt8[np.ndarray, "P h w"],
    which: Int64[np.ndarray, "B G"],
    canvas_size: tuple[int, int],
    poses: DrawnPoses,
    turn: Turn,
) -> tuple[UInt8[np.ndarray, "B H W"], Float32[np.ndarray, "B G 4"]]:
    boxes = np.zeros((*which.shape, 4), np.float32)
    present = which >= 0
    if not present.any():
        return np.zeros((len(which), *canvas_size), np.uint8), boxes
    some, scales = glyphs[which[present]], poses.scales[present]
    centres = centres_of_mass(some)
    frame_px = frame_for(some, centres, float(scales.max()))
    items = np.zeros((len(some), frame_px, frame_px), np.uint8)
    for i, (angle, scale) in enumerate(zip(poses.angles_deg[present].tolist(), scales.tolist(), strict=True)):
        items[i] = turn(some[i], centres[i], angle, scale, frame_px)
    number = np.full(which.shape, -1)
    number[present] = np.arange(len(some))

    corners = np.zeros((*which.shape, 2), np.int64)
    for axis, length in enumerate(canvas_size):
        side = np.rint(glyphs.shape[1 + axis] * scales).astype(np.int64)
        first = frame_px // 2 - side // 2
        ink = items.max(axis=2 - axis) > 0
        low = np.minimum(first, ink.argmax(axis=1))
        high = np.maximum(first + side, frame_px - ink[:, ::-1].argmax(axis=1))
        if (high - low).max() > length:
            raise InputError(
                f"a turned and scaled object of {(high - low).max()} pixels does not fit on a canvas of "
                f"{canvas_size[0]} x {canvas_size[1]}; choose a larger canvas or smaller scales"
            )
        corners[present, axis] = rng.integers(-low, length - high + 1)
        boxes[present, 1 - axis] = corners[present, axis] + first
        boxes[present, 3 - axis] = corners[present, axis] + first + side
    # Frames, not ink, may reach over the border: a canvas with a margin takes them.
    wide = (canvas_size[0] + 2 * frame_px, canvas_size[1] + 2 * frame_px)
    images = place(items, number, corners + frame_px, wide)
    return images[:, frame_px:-frame_px, frame_px:-frame_px], boxes
