"""Images of any number and size to as many of their tiles as are learned from."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Int64, UInt8

from stampnet.data.layout import Layout, SeenTile, tiles_of
from stampnet.data.preparation import Field
from stampnet.data.tiles import tiles
from stampnet.errors import InputError
from stampnet.progress import tracked

BYTES_AT_MOST = 2**29
"""Of all tiles together: they lie in memory."""

Read = Callable[[int], np.ndarray | None]
"""The image of that number; None where it cannot be used."""


def tile_sample(
    sizes: Sequence[tuple[int, int]],
    read: Read,
    layout: Layout,
    static: Field | None = None,
    *,
    bytes_at_most: int = BYTES_AT_MOST,
    seed: int = 0,
    show_progress: bool = False,
) -> UInt8[np.ndarray, "T h w C"]:
    """Tiles of images of these heights and widths: all, or so many that chance has drawn. Each image is read once, and
    none of which no tile is needed.

    Raises InputError where no image can be used.
    """
    numbers = _numbers(sizes, layout)
    most = num_tiles(sizes, layout, bytes_at_most)
    drawn = np.sort(np.random.default_rng(seed).permutation(int(numbers.sum()))[:most])
    image_of = np.searchsorted(numbers.cumsum(), drawn, side="right")
    wanted: dict[int, set[int]] = defaultdict(set)
    for image, tile in zip(image_of.tolist(), (drawn - (numbers.cumsum() - numbers)[image_of]).tolist(), strict=True):
        wanted[image].add(tile)
    found: list[SeenTile] = []
    for number, which in tracked(wanted.items(), "cutting into tiles", show=show_progress):
        image = read(number)
        if image is not None:
            found += [seen for _, seen in tiles_of(image, layout, static, which)]
    if not found:
        raise InputError("none of the images can be used; see the reasons above")
    return np.stack(found)


def num_tiles(sizes: Sequence[tuple[int, int]], layout: Layout, bytes_at_most: int = BYTES_AT_MOST) -> int:
    """How many tiles such a sample has where all images can be used."""
    channels = 3 if layout.preparation.colour else 1
    most = max(1, bytes_at_most // (layout.seen[0] * layout.seen[1] * channels))
    return min(most, int(_numbers(sizes, layout).sum()))


def _numbers(sizes: Sequence[tuple[int, int]], layout: Layout) -> Int64[np.ndarray, " B"]:
    """How many tiles each image has."""
    return np.array([len(tiles(size, layout.tiling)) for size in sizes])
