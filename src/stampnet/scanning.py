"""Images of any size to detections: laid out in tiles, sought through, put together again."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice

import numpy as np
from jaxtyping import UInt8

from stampnet.data.layout import Layout, SeenTile, tiles_of
from stampnet.data.preparation import Field
from stampnet.data.tiles import Tile
from stampnet.detection import Detections
from stampnet.merging import merged

AT_ONCE = 64
"""Tiles."""

Detect = Callable[[UInt8[np.ndarray, "T h w C"]], list[Detections]]
"""Tiles as the model sees them to the objects in each."""


def scan(images: Iterable[np.ndarray], layout: Layout, static: Field | None, detect: Detect) -> Iterator[Detections]:
    """The objects of each image (H, W) or (H, W, 3), in its pixels, image by image.

    `static` is the background that all images share, where there is one. Tiles of several small images are sought
    through at once; of a large image only some tiles are in memory.
    """
    for (_, size), parts in groupby(_found(images, layout, static, detect), key=lambda part: part[:2]):
        _, _, tiles, found = zip(*parts, strict=True)
        yield merged(found, tiles, layout, size)


def _found(
    images: Iterable[np.ndarray], layout: Layout, static: Field | None, detect: Detect
) -> Iterator[tuple[int, tuple[int, int], Tile, Detections]]:
    """Number and size of an image, one of its tiles, and what is in it."""
    laid_out = _laid_out(images, layout, static)
    while batch := list(islice(laid_out, AT_ONCE)):
        for (number, size, tile, _), found in zip(batch, detect(np.stack([seen for *_, seen in batch])), strict=True):
            yield number, size, tile, found


def _laid_out(
    images: Iterable[np.ndarray], layout: Layout, static: Field | None
) -> Iterator[tuple[int, tuple[int, int], Tile, SeenTile]]:
    for number, image in enumerate(images):
        for tile, seen in tiles_of(image, layout, static):
            yield number, (image.shape[0], image.shape[1]), tile, seen
