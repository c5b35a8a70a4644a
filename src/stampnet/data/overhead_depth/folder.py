"""Pictures of pedestrians to a folder: what other kinds of images have, and depth, labels, masks and the camera."""

from pathlib import Path
from typing import Any

import numpy as np

from stampnet.data.overhead_depth.camera import Camera, write_cameras
from stampnet.data.overhead_depth.labels import Labels, counts, is_person
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.scene_folder import new_folder, save_scenes
from stampnet.data.scenes import Scenes

FRAMES, LABELS, CAMERA, HEADS = "frames.npz", "labels.npz", "camera.yaml", "heads.csv"
LEAST_VISIBLE = 0.25
"""People of whom less can be seen are no known answers of an image."""


def as_scenes(pictures: Pictures) -> Scenes:
    """The encoded images, with a box of 40 x 40 pixels about what is visible of each person."""
    labels = pictures.labels
    shown = is_person(labels) & (labels["visible"] >= LEAST_VISIBLE)
    image, box = labels["image"][shown], labels["box"][shown]
    count = np.bincount(image, minlength=len(pictures.images))
    boxes = np.zeros((len(count), count.max(initial=0), 4), np.float32)
    slot = np.arange(len(image)) - np.repeat(count.cumsum() - count, count)
    boxes[image, slot] = box
    classes = np.where(np.arange(boxes.shape[1]) < count[:, None], 0, -1)
    return Scenes(pictures.images, boxes, classes.astype(np.int64), ("pedestrian",))


def write_pictures(pictures: Pictures, camera: Camera, folder: Path) -> None:
    """Makes `folder`, whole or not at all: images, annotations.json and scenes.npz as for other kinds; `frames.npz`
    with depth in mm and, of a clip, its times; `labels.npz` with labels, values of each image, masks; the camera; of a
    clip also `heads.csv` with true heads, as `stampnet track --truth` takes them.

    Raises InputError where the folder exists and is not empty.
    """
    with new_folder(folder) as temporary:
        save_scenes(as_scenes(pictures), temporary)
        times: dict[str, Any] = pictures.times
        labels: dict[str, Any] = pictures.labels
        np.savez_compressed(temporary / FRAMES, depth=pictures.depth_mm, **times)
        columns: dict[str, Any] = {f"image_{name}": values for name, values in pictures.columns.items()}
        np.savez_compressed(temporary / LABELS, **labels, **columns, masks=pictures.masks)
        write_cameras((camera,), temporary / CAMERA)
        if times:
            _write_heads(labels, camera, temporary / HEADS)


def _write_heads(labels: Labels, camera: Camera, path: Path) -> None:
    """A row for each person in each frame; `counted` is 0 for those whom nobody need find."""
    people = is_person(labels)
    count = counts(labels, camera)[people]
    where = labels["head_ground"][people]
    rows = zip(labels["image"][people], *where.T, labels["track"][people], count, strict=True)
    lines = [f"{frame},{x:.4f},{y:.4f},{z:.4f},{who},{int(counted)}" for frame, x, y, z, who, counted in rows]
    path.write_text("\n".join(["frame,x,y,z,id,counted", *lines]) + "\n", encoding="utf-8")
