"""Items and places to canvases: many images at once."""

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from stampnet.errors import InputError

CHUNK = 2048  # images that are summed in 16 bits at once: some tens of megabytes


def random_corners(
    rng: np.random.Generator,
    num_images: int,
    num_objects: int,
    canvas_size: tuple[int, int],
    item_size: tuple[int, int],
) -> Int64[np.ndarray, "B G 2"]:
    """Top-left corners (row, column), uniform over all places where an item lies wholly on the canvas.

    Raises InputError where it does not fit.
    """
    spare = [canvas - item for canvas, item in zip(canvas_size, item_size, strict=True)]
    if min(spare) < 0:
        raise InputError(
            f"an object of {item_size[0]} x {item_size[1]} pixels does not fit on a canvas of "
            f"{canvas_size[0]} x {canvas_size[1]}; choose a larger canvas"
        )
    return np.stack([rng.integers(0, s + 1, (num_images, num_objects)) for s in spare], axis=-1)


def place(
    items: UInt8[np.ndarray, "P h w"],
    which: Int64[np.ndarray, "B G"],
    corners: Int64[np.ndarray, "B G 2"],
    canvas_size: tuple[int, int],
) -> UInt8[np.ndarray, "B H W"]:
    """Adds items `which` to empty canvases with their top-left corners at `corners`, clipped at 255; -1 adds nothing.

    Clipping once equals clipping after every object, for nothing is negative.

    >>> one = np.full((1, 1, 1), 200, np.uint8)
    >>> place(one, np.array([[0, 0]]), np.array([[[0, 1], [0, 1]]]), (1, 3)).tolist()
    [[[0, 255, 0]]]
    """
    canvases = np.empty((len(which), *canvas_size), np.uint8)
    height, width = items.shape[1:]
    items = np.concatenate([items, np.zeros_like(items[:1])])  # number -1 is the last one
    for start in range(0, len(which), CHUNK):
        part = slice(start, start + CHUNK)
        total = np.zeros((len(which[part]), *canvas_size), np.uint16)
        image = np.arange(len(total))[:, None, None]
        for slot in range(which.shape[1]):
            row, column = corners[part, slot, 0], corners[part, slot, 1]
            rows = (row[:, None] + np.arange(height))[:, :, None]
            columns = (column[:, None] + np.arange(width))[:, None, :]
            total[image, rows, columns] += items[which[part, slot]]
        canvases[part] = np.minimum(total, 255)
    return canvases


def boxes_at(
    corners: Int64[np.ndarray, "B G 2"], which: Int64[np.ndarray, "B G"], item_size: tuple[int, int]
) -> Float32[np.ndarray, "B G 4"]:
    """Boxes x0, y0, x1, y1 of items with these top-left corners (row, column); zeros where there is none (-1)."""
    height, width = item_size
    row, column = corners[..., 0], corners[..., 1]
    boxes = np.stack([column, row, column + width, row + height], axis=-1).astype(np.float32)
    return boxes * (which >= 0)[..., None].astype(np.float32)


def leave_out(rng: np.random.Generator, which: Int64[np.ndarray, "B G"], min_objects: int) -> Int64[np.ndarray, "B G"]:
    """The first k items of each image, k uniform from `min_objects` to all of them, then -1."""
    num_images, most = which.shape
    if min_objects == most:
        return which
    count = rng.integers(min_objects, most + 1, (num_images, 1))
    return np.where(np.arange(most) < count, which, -1)
