"""A seed to Simple Shapes: five binary masks on a canvas (section 4.1)."""

import zlib
from typing import Literal

import numpy as np
from jaxtyping import Bool, UInt8

from stampnet.data.canvas import leave_out
from stampnet.data.placement import place_at_random
from stampnet.data.pose import FIXED, PoseRange, turned_mask
from stampnet.data.scenes import Scenes
from stampnet.errors import InputError

Split = Literal["train", "test"]
SPLITS: dict[Split, int] = {"train": 0, "test": 1}
"""Number of each split in the seed of its random stream."""

NAMES = ("plus", "equal", "triangle", "slash", "rotated equal")
SYMMETRY = {"plus": 4, "equal": 2, "triangle": 3, "slash": 2, "rotated equal": 2}
"""Order k of each shape: turned by 360 / k degrees it looks the same, the triangle nearly so. By 90 degrees the two
equals become each other."""
MASK_SIZE = (28, 28)
TEST_SHARE = 5  # one image in five belongs to the test split
MOST_TRIES = 1000

# Last column of each row of the triangle, rows 2 to 25: an outline filled by a rule of 2018, with its artefacts.
TRIANGLE_LAST = (7, 8, 10, 12, 14, 15, 17, 19, 21, 22, 24, 26, 27, 26, 24, 22, 21, 19, 17, 15, 14, 12, 10, 8)


def shape_masks() -> UInt8[np.ndarray, "5 28 28"]:
    """The five masks in the authors' order, 255 on the shape and 0 beside it."""
    row, column = np.mgrid[: MASK_SIZE[0], : MASK_SIZE[1]]
    equal = ((row >= 3) & (row <= 10)) | ((row >= 17) & (row <= 24))
    triangle = np.zeros(MASK_SIZE, bool)
    for r, last in enumerate(TRIANGLE_LAST, start=2):
        triangle[r, (7 if r <= 18 else 8) : last + 1] = True
    masks = [
        ((row >= 10) & (row <= 17)) | ((column >= 10) & (column <= 17)),
        equal,
        triangle,
        (abs(24 - row) <= column) & (column <= 27 - abs(row - 4)),
        equal.T,
    ]
    return np.stack(masks).astype(np.uint8) * 255


def simple_shapes(
    num_images: int,
    num_shapes: int,
    canvas_size: tuple[int, int],
    seed: int,
    split: Split = "train",
    min_shapes: int | None = None,
    poses: PoseRange = FIXED,
) -> Scenes:
    """Images with `num_shapes` shapes each, or a random number from `min_shapes` on; they may overlap.

    Classes are drawn uniformly.

    Few different images exist (16245 with one shape on the paper's canvas), so splits drawn independently would share
    most of theirs. Here an image belongs to the test split if and only if the CRC-32 of its pixels is divisible by 5,
    and is drawn again until it lies in the split asked for: no image is in both.

    Raises InputError where the canvas is so small that a split has no images.
    """
    rng = np.random.default_rng([seed, SPLITS[split]])
    masks = shape_masks()
    classes = np.empty((num_images, num_shapes), np.int64)
    images = np.empty((num_images, *canvas_size), np.uint8)
    boxes = np.empty((num_images, num_shapes, 4), np.float32)
    angles = np.empty((num_images, num_shapes), np.float32)
    scales = np.empty((num_images, num_shapes), np.float32)
    missing = np.arange(num_images)
    for _ in range(MOST_TRIES):
        if not len(missing):
            return Scenes(images, boxes, classes, NAMES, angles, scales)
        drawn = rng.integers(0, len(masks), (len(missing), num_shapes))
        classes[missing] = leave_out(rng, drawn, num_shapes if min_shapes is None else min_shapes)
        placed = place_at_random(rng, masks, classes[missing], canvas_size, poses, turned_mask)
        images[missing], boxes[missing], angles[missing], scales[missing] = placed
        missing = missing[_in_test(images[missing]) != (split == "test")]
    raise InputError(
        f"a canvas of {canvas_size[0]} x {canvas_size[1]} pixels leaves too few different images for a {split} split; "
        "choose a larger canvas"
    )


def _in_test(images: UInt8[np.ndarray, "B H W"]) -> Bool[np.ndarray, " B"]:
    return np.array([zlib.crc32(image) % TEST_SHARE == 0 for image in images], bool)
