"""Images of any size to tiles of one size, as a model sees them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch.nn import functional as F

from stampnet.data.preparation import Field, Preparation, Prepared, look, prepare
from stampnet.data.tiles import Tile, Tiling, part_of, tiles
from stampnet.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How images become what a model sees. It is part of a run."""

    preparation: Preparation
    tiling: Tiling
    """In pixels of the images."""
    seen: tuple[int, int]
    """Rows and columns of a tile as the model sees it: as many as in the image, or fewer."""
    max_objects: int | None = None
    """In an image at most; those of the best scores are kept."""

    def __post_init__(self) -> None:
        if any(seen > size or seen < 1 for seen, size in zip(self.seen, self.tiling.size, strict=True)):
            raise InputError(f"tiles of {self.tiling.size} pixels cannot be seen as {self.seen}: give as many or fewer")

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the image in a row and in a column of what the model sees."""
        return self.tiling.size[0] / self.seen[0], self.tiling.size[1] / self.seen[1]


SeenTile = UInt8[np.ndarray, "h w C"]


def tiles_of(
    image: np.ndarray, layout: Layout, static: Field | None = None, which: Collection[int] | None = None
) -> Iterator[tuple[Tile, SeenTile]]:
    """The tiles of an image (H, W) or (H, W, 3), row by row, as the model sees them; or `which` of them, by number.

    Beyond the border of the image there is nothing, as on its background. `static` is the background that all images
    share, where there is one. Of an image on disk (np.memmap) only the tile
    in turn is read.
    """
    known, size = look(image, layout.preparation, static), (image.shape[0], image.shape[1])
    for number, tile in enumerate(tiles(size, layout.tiling)):
        if which is not None and number not in which:
            continue
        rows, columns = part_of(size, tile, layout.tiling.size)
        shown = prepare(image, known, layout.preparation, np.array(rows), np.array(columns))
        # Not mirrored beyond the border: objects near it would be seen twice, side by side.
        whole = np.full((*layout.tiling.size, shown.shape[2]), layout.preparation.nothing, np.float32)
        top, left = rows.start - tile.top, columns.start - tile.left
        whole[top : top + len(rows), left : left + len(columns)] = shown
        yield tile, (resized(whole, layout.seen) * 255).round().astype(np.uint8)


def resized(values: Prepared, size: tuple[int, int]) -> Float32[np.ndarray, "_ _ C"]:
    """Averaged over the pixels that each new one covers, so that nothing is skipped."""
    if values.shape[:2] == size:
        return values
    image = torch.from_numpy(values).permute(2, 0, 1)[None]
    small = F.interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
    return small[0].permute(1, 2, 0).contiguous().numpy()
