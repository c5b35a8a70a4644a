"""MNIST digits to Translated MNIST and Cluttered Translated MNIST (section 4.1)."""

from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from stampnet.data.canvas import leave_out, place, random_corners
from stampnet.data.data_home import mnist
from stampnet.data.placement import place_at_random
from stampnet.data.pose import FIXED, PoseRange, turned_grey
from stampnet.data.scenes import Scenes
from stampnet.data.simple_shapes import SPLITS, Split

NAMES = tuple(str(digit) for digit in range(10))
SYMMETRY = {name: 2 if name in "018" else 1 for name in NAMES}
"""Order k of each digit: turned by 360 / k degrees it looks about the same; how well depends on the handwriting."""
CLUTTER_SIZE = (8, 8)


def translated_digits(
    num_images: int,
    num_shapes: int,
    canvas_size: tuple[int, int],
    seed: int,
    split: Split = "train",
    *,
    min_shapes: int | None = None,
    num_clutter: int = 0,
    binary: bool = False,
    poses: PoseRange = FIXED,
    data_dir: Path | None = None,
) -> Scenes:
    """Images with `num_shapes` digits, or a random number from `min_shapes` on.

    `num_clutter` more of 8 x 8 pixels are not looked for, nor turned or scaled.

    Digits come from MNIST's split of that name, every one once in each slot before any comes again. `binary` makes
    every pixel with ink 255, as the authors' code does in its cluttered sets.
    """
    digits, labels = mnist(split, data_dir)
    rng = np.random.default_rng([seed, SPLITS[split]])
    which = _every_item_once(rng, len(digits), num_images, num_shapes)
    which = leave_out(rng, which, num_shapes if min_shapes is None else min_shapes)
    placed = place_at_random(rng, digits, which, canvas_size, poses, turned_grey)
    images = placed.images
    if num_clutter:
        clutter = _every_item_once(rng, len(digits), num_images, num_clutter)
        clutter_corners = random_corners(rng, num_images, num_clutter, canvas_size, CLUTTER_SIZE)
        images = add_clipped(images, place(shrink(digits), clutter, clutter_corners, canvas_size))
    if binary:
        images = to_binary(images)
    classes = np.where(which < 0, -1, labels[which])
    return Scenes(images, placed.boxes_xyxy, classes, NAMES, placed.angles_deg, placed.scales)


def _every_item_once(
    rng: np.random.Generator, num_items: int, num_images: int, num_slots: int
) -> Int64[np.ndarray, "B G"]:
    """For each slot a random order of all items, and another once all have been taken."""
    rounds = -(-num_images // num_items)
    slots = [np.concatenate([rng.permutation(num_items) for _ in range(rounds)])[:num_images] for _ in range(num_slots)]
    return np.stack(slots, axis=1)


def shrink(digits: UInt8[np.ndarray, "P 28 28"]) -> UInt8[np.ndarray, "P 8 8"]:
    """Digits of 28 pixels at 8: bilinear between pixel centres, no antialiasing, halves up, as the authors did."""
    centres = (np.arange(8) + 0.5) * 28 / 8 - 0.5
    lower = np.floor(centres).astype(int)
    weights = np.zeros((8, 28), np.float32)
    weights[np.arange(8), lower] = 1 - (centres - lower)
    weights[np.arange(8), lower + 1] += centres - lower
    return np.floor(weights @ digits.astype(np.float32) @ weights.T + 0.5).astype(np.uint8)


def add_clipped(images: UInt8[np.ndarray, "B H W"], more: UInt8[np.ndarray, "B H W"]) -> UInt8[np.ndarray, "B H W"]:
    """The sum of two sets of images, clipped at 255.

    >>> add_clipped(np.array([[[200, 1]]], np.uint8), np.array([[[100, 1]]], np.uint8)).tolist()
    [[[255, 2]]]
    """
    return images + np.minimum(more, 255 - images)


def to_binary(images: UInt8[np.ndarray, "B H W"]) -> UInt8[np.ndarray, "B H W"]:
    """Every pixel that is not 0 becomes 255: the authors clip sums of values from 0 to 255 at 1."""
    return (images > 0).astype(np.uint8) * 255
