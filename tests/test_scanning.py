"""Facts about scanning: images of any size, one after the other, with few tiles in memory."""

from collections.abc import Iterator

import numpy as np

from stampnet.data.layout import Layout
from stampnet.data.preparation import Preparation
from stampnet.data.tiles import Tiling
from stampnet.detection import Detections
from stampnet.scanning import AT_ONCE, scan

LAYOUT = Layout(
    preparation=Preparation(background="constant", largest=255.0), tiling=Tiling((24, 24), (5, 5)), seen=(24, 24)
)


def dots(tiles: np.ndarray) -> list[Detections]:
    """A finder of dots: a box of 5 x 5 pixels around each."""
    found = []
    for tile in tiles[..., 0]:
        rows, columns = np.nonzero(tile > 128)
        boxes = np.stack([columns - 2, rows - 2, columns + 3, rows + 3], axis=1).astype(np.float32)
        stamp = np.zeros(len(boxes), np.int64)
        found.append(Detections(boxes, stamp, stamp, np.ones(len(boxes), np.float32)))
    return found


def test_every_dot_is_found_once_wherever_it_lies() -> None:
    rng = np.random.default_rng(0)
    images = []
    for size in [(9, 9), (24, 100), (61, 47), (200, 31)]:
        image = np.zeros(size, np.uint8)
        image[4::7, 4::7] = 255 * (rng.random(image[4::7, 4::7].shape) < 0.5)
        image[0, 0] = 255
        images.append(image)
    for image, found in zip(images, scan(images, LAYOUT, None, dots), strict=True):
        rows, columns = np.nonzero(image)
        expected = np.stack([columns - 2, rows - 2, columns + 3, rows + 3], axis=1)
        limits = [image.shape[1], image.shape[0]] * 2
        expected = np.minimum(expected.clip(0), limits)
        assert sorted(map(tuple, found.boxes_xyxy.tolist())) == sorted(map(tuple, expected.tolist()))


def test_images_are_asked_for_when_they_are_needed() -> None:
    asked = []

    def images() -> Iterator[np.ndarray]:
        for number in range(3 * AT_ONCE):
            asked.append(number)
            yield np.zeros((9, 9), np.uint8)

    scanned = scan(images(), LAYOUT, None, dots)
    assert len(next(scanned)) == 0
    assert len(asked) <= 2 * AT_ONCE
    assert sum(1 for _ in scanned) == 3 * AT_ONCE - 1
