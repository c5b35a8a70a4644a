"""The authors' seeds to their exact test sets of 10,000 images (section 4.4 of the released code's random streams)."""

from pathlib import Path

import numpy as np
from jaxtyping import Int64

from stampnet.data.canvas import boxes_at, place
from stampnet.data.data_home import mnist
from stampnet.data.digits import CLUTTER_SIZE, add_clipped, shrink, to_binary
from stampnet.data.digits import NAMES as DIGIT_NAMES
from stampnet.data.scenes import Scenes
from stampnet.data.simple_shapes import MASK_SIZE, shape_masks
from stampnet.data.simple_shapes import NAMES as SHAPE_NAMES
from stampnet.errors import InputError

OFFICIAL_TEST_SETS = ("simple-shapes-2", "t-mnist-2", "ct-mnist-1", "ct-mnist-2")
"""Rows of the paper's Table 1 whose test images are known."""
NUM_IMAGES = 10_000

Stream = np.random.RandomState  # the generator that the authors used: its numbers, not its quality, are wanted


def official_test_scenes(name: str, data_dir: Path | None = None) -> Scenes:
    """The authors' test images of a row of Table 1, pixel for pixel.

    Raises InputError for an unknown name or where MNIST cannot be had.
    """
    if name not in OFFICIAL_TEST_SETS:
        raise InputError(f"there is no official test set {name!r}; there are {', '.join(OFFICIAL_TEST_SETS)}")
    num_shapes = int(name[-1])
    if name == "simple-shapes-2":
        return _simple_shapes(num_shapes)
    digits, labels = mnist("test", data_dir)
    if name == "t-mnist-2":
        places = Stream(_draw(Stream(_draw(Stream(42)))))
        which, corners = _places(places, len(digits), num_shapes, 57)
        return Scenes(
            place(digits, which, corners, (84, 84)), boxes_at(corners, which, MASK_SIZE), labels[which], DIGIT_NAMES
        )
    return _cluttered(digits, labels, num_shapes)


def _draw(stream: Stream) -> int:
    """A seed for another stream."""
    return int(stream.randint(10**9))


def _permutations(stream: Stream, num_items: int, num_slots: int) -> Int64[np.ndarray, "B G"]:
    return np.stack([stream.permutation(num_items) for _ in range(num_slots)], axis=1)


def _random_places(stream: Stream, num_slots: int, positions: int) -> Int64[np.ndarray, "G 2"]:
    """Rows and columns for the slots of one image, from a stream of its own."""
    own = Stream(_draw(stream))
    cells = np.array([own.randint(0, positions * positions) for _ in range(num_slots)])
    return np.stack(np.divmod(cells, positions), axis=-1)


def _places(
    stream: Stream, num_items: int, num_slots: int, positions: int
) -> tuple[Int64[np.ndarray, "B G"], Int64[np.ndarray, "B G 2"]]:
    which = _permutations(stream, num_items, num_slots)
    return which, np.stack([_random_places(stream, num_slots, positions) for _ in range(len(which))])


def _simple_shapes(num_shapes: int) -> Scenes:
    masks = shape_masks()
    first = Stream(_draw(Stream(42)))
    classes_stream = Stream(_draw(first))
    for _ in range(len(masks)):
        _draw(classes_stream)
    classes_stream.randint(len(masks), size=60_000)  # the training set
    classes = classes_stream.randint(len(masks), size=NUM_IMAGES)
    which, corners = _places(Stream(_draw(first)), NUM_IMAGES, num_shapes, 57)
    return Scenes(
        place(masks, classes[which], corners, (84, 84)),
        boxes_at(corners, which, MASK_SIZE),
        classes[which],
        SHAPE_NAMES,
    )


def _cluttered(digits: np.ndarray, labels: np.ndarray, num_shapes: int) -> Scenes:
    seeds = Stream(43 if num_shapes == 1 else 42)
    _draw(seeds)  # the training set
    stream = Stream(_draw(seeds))
    which = _permutations(stream, len(digits), num_shapes)
    clutter = _permutations(stream, len(digits), 8)
    corners = np.empty((len(digits), num_shapes, 2), np.int64)
    clutter_corners = np.empty((len(digits), 8, 2), np.int64)
    for i in range(len(digits)):
        corners[i] = _random_places(stream, num_shapes, 100 - MASK_SIZE[0] + 1)
        clutter_corners[i] = _random_places(stream, 8, 100 - CLUTTER_SIZE[0] + 1)
    images = add_clipped(
        place(digits, which, corners, (100, 100)), place(shrink(digits), clutter, clutter_corners, (100, 100))
    )
    return Scenes(to_binary(images), boxes_at(corners, which, MASK_SIZE), labels[which], DIGIT_NAMES)
