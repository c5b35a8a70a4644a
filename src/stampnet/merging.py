"""Objects found in the tiles of an image to the objects of the image."""

from collections.abc import Sequence

import numpy as np

from stampnet.data.layout import Layout
from stampnet.data.tiles import Tile, kept
from stampnet.detection import Detections


def merged(
    found: Sequence[Detections], tiles: Sequence[Tile], layout: Layout, image_size: tuple[int, int]
) -> Detections:
    """The objects of an image (height, width), each once, with boxes in its pixels and within it.

    An object belongs to the tile in whose core the middle of its box lies. What lies beyond the border of the image by
    more than half is none.
    """
    down, across = layout.scale
    factor = np.array([across, down, across, down], np.float32)
    corners = [np.array([tile.left, tile.top] * 2, np.float32) for tile in tiles]
    boxes = np.concatenate([one.boxes_xyxy * factor + corner for one, corner in zip(found, corners, strict=True)])
    tile_of = np.repeat(np.arange(len(tiles)), [len(one) for one in found])
    score = np.concatenate([one.score for one in found])
    centres = np.stack([boxes[:, 1] + boxes[:, 3], boxes[:, 0] + boxes[:, 2]], axis=1) / 2
    cores = np.array([tile.core for tile in tiles], np.float64)
    chosen = kept(centres / layout.scale, score, tile_of, cores / (layout.scale * 2))
    height, width = image_size
    limits = np.array([width, height, width, height], np.float32)
    inside = boxes.clip(0, limits)
    chosen &= (inside[:, 2:] > inside[:, :2]).all(axis=1)
    rounding = np.array([down, across]) / 2  # stamps lie on whole pixels as the model sees them
    chosen &= ((centres >= -rounding) & (centres <= image_size + rounding)).all(axis=1)
    if layout.max_objects is not None:
        best = np.argsort(-np.where(chosen, score, -np.inf), kind="stable")[: layout.max_objects]
        chosen &= np.isin(np.arange(len(chosen)), best)

    def whole(values: list[np.ndarray | None]) -> np.ndarray | None:
        known = [value for value in values if value is not None]
        return np.concatenate(known)[chosen] if len(known) == len(values) else None

    tight = [
        None if one.tight_xyxy is None else (one.tight_xyxy * factor + corner).clip(0, limits)
        for one, corner in zip(found, corners, strict=True)
    ]
    return Detections(
        inside[chosen],
        np.concatenate([one.stamp for one in found])[chosen],
        np.concatenate([one.class_id for one in found])[chosen],
        score[chosen],
        whole(tight),
        whole([one.angle_deg for one in found]),
        whole([one.scale for one in found]),
    )
