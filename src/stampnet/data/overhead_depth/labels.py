"""Things and what a camera saw of them to labels, one row for each thing that is in an image."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64

from stampnet.data.overhead_depth.camera import Camera, origin, rotation, to_image
from stampnet.data.overhead_depth.people import Thing
from stampnet.data.overhead_depth.render import Rendered

BOX = 40
"""Pixels along each side of a label's box."""
VISIBLE, LEAST_STATURE_M = 0.3, 1.0
"""Of people who count where heads are sought: the share of the body that is seen, and how tall they are: less is
carried."""
PEOPLE = ("adult", "child", "carried child")
"""Kinds that are pedestrians; the others are object and bag."""

Labels = dict[str, np.ndarray]
"""Columns of equal length:

`image`; `instance`, the thing's number in the image's mask; `kind`; `track`; `head_xyz`, the vertex in the camera's
frame (columns, rows, depth) and `head_ground`, the same above the ground, in metres; `head_px`, `body_px`, (column,
row) of the vertex and of the middle of the visible body; `shoulder_xy` on the ground; `yaw`; `stature`; `visible`,
the share of its pixels above the cut that can be seen; `truncated`, by the image's border; `box` and `head_box`, x0,
y0, x1, y1 of 40 x 40 pixels about the visible body and the vertex. What does not apply is NaN; boxes of what cannot
be seen are zeros.
"""


def label(image: int, camera: Camera, things: Sequence[Thing], seen: Rendered, cut_m: float) -> Labels:
    """Of one image; things that lie outside are left out."""
    number = len(things)
    is_body = (seen.view.shows >= 0) & (seen.view.depth_m < camera.height_m - cut_m)
    row, column = np.nonzero(is_body)
    instance = seen.view.shows[is_body]
    count = np.bincount(instance, minlength=number)
    with np.errstate(invalid="ignore"):
        body = np.stack([np.bincount(instance, at, number) / count for at in (column, row)], -1)
    head = np.array([thing.head for thing in things]).reshape(number, 3)
    head_column, head_row, _ = to_image(camera, head)
    head_px = np.stack([head_column, head_row], -1)
    whole = seen.whole_px
    labels: Labels = {
        "image": np.full(number, image),
        "instance": np.arange(number),
        "kind": np.array([thing.kind for thing in things], "U13"),
        "track": np.array([thing.track for thing in things], np.int64),
        "head_xyz": (head - origin(camera)) @ rotation(camera),
        "head_ground": head,
        "head_px": head_px,
        "body_px": body,
        "shoulder_xy": np.array([thing.shoulders for thing in things]).reshape(number, 2),
        "yaw": np.array([thing.yaw for thing in things], float),
        "stature": np.array([thing.stature for thing in things], float),
        "visible": count / np.maximum(whole, 1),
        "truncated": seen.inside_px < whole,
        "box": _boxes(body),
        "head_box": _boxes(head_px),
    }
    is_there = seen.inside_px > 0
    return {name: values[is_there] for name, values in labels.items()}


def _boxes(centre: Float64[np.ndarray, "K 2"]) -> Float64[np.ndarray, "K 4"]:
    """As the authors lay them: the corner is the centre, rounded up, less half a side."""
    corner = np.ceil(centre) - BOX // 2
    return np.nan_to_num(np.concatenate([corner, corner + BOX], -1), nan=0.0)


def joined_labels(parts: Sequence[Labels]) -> Labels:
    """One table."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def counts(labels: Labels, camera: Camera) -> Bool[np.ndarray, " R"]:
    """Rows of people whose heads should be found: who is seen well enough, and has the head in the image."""
    inside = ((labels["head_px"] >= 0) & (labels["head_px"] < camera.size_px)).all(axis=1)
    return is_person(labels) & inside & (labels["visible"] >= VISIBLE) & (labels["stature"] >= LEAST_STATURE_M)


def is_person(labels: Labels) -> Bool[np.ndarray, " R"]:
    """Rows of pedestrians."""
    return np.isin(labels["kind"], PEOPLE)
