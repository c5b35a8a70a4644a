"""Frames of people, simulated or real, with the heads that are in them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt16

from stampnet.data.overhead_depth.camera import Camera, to_ground
from stampnet.data.overhead_depth.clip import ClipRecipe, make_clip
from stampnet.data.overhead_depth.gotpd import GotpdSample
from stampnet.data.overhead_depth.labels import counts, is_person
from stampnet.data.overhead_depth.processes import FRAMES_WORTH_A_PROCESS, workers_for
from stampnet.tracking.truth_file import Heads

FPS = 15


@dataclass(frozen=True)
class Scene:
    """Frames of one camera and the heads in them."""

    depth_mm: UInt16[np.ndarray, "T H W"]
    camera: Camera
    true: Heads
    """Those that count (`counts`); with who is who, where they are followed."""
    others: Heads
    """Those that do not, and are not false when they are found."""
    marked_depth_m: Float64[np.ndarray, " T"] | None = None
    """Of each frame, where people have marked the middle of a head in the image: the depth at which a pixel is told as
    a place."""


NOBODY = Heads(np.zeros(0, np.int64), np.zeros((0, 2)), None)


def clip(num_frames: int, density: float, split: str, camera: str, seed: int) -> Scene:
    """People who walk, simulated."""
    workers = workers_for(num_frames, FRAMES_WORTH_A_PROCESS)
    recipe = ClipRecipe(
        num_images=num_frames, num_workers=workers, camera=camera, density=density, fps=FPS, split=split, seed=seed
    )
    made, seen_by = make_clip(recipe)
    labels = made.labels
    count = counts(labels, seen_by)

    def heads(which: Bool[np.ndarray, " R"]) -> Heads:
        return Heads(labels["image"][which].astype(np.int64), labels["head_ground"][which, :2], labels["track"][which])

    return Scene(made.depth_mm, seen_by, heads(count), heads(is_person(labels) & ~count))


def of_sample(sample: GotpdSample) -> Scene:
    """The labelled frames; heads as the labels mark them."""
    column, row = np.rint(sample.head_px).astype(int).T
    frame = np.arange(len(sample.depth_mm))
    around = [
        sample.depth_mm[frame, (row + down).clip(0, 211), (column + across).clip(0, 255)].astype(float)
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
    ]
    depth = np.nanmedian(np.where(np.stack(around) > 0, np.stack(around), np.nan), axis=0) / 1000
    xy = to_ground(sample.camera, sample.head_px[:, 0], sample.head_px[:, 1], depth)[:, :2]
    return Scene(sample.depth_mm, sample.camera, Heads(frame, xy, None), NOBODY, depth)
