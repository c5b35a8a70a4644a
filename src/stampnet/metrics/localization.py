"""Pairs of boxes to how well objects are located."""

import numpy as np
from jaxtyping import Bool, Float, Int64, Real

LOCATED = 0.5
"""The overlap from which an object counts as located."""
CHUNK = 1024  # images whose masks are in memory at once


def matched_iou(iou: Float[np.ndarray, "B G M"], match: Int64[np.ndarray, "B G"]) -> Float[np.ndarray, "B G"]:
    """The overlap of each true object with its detection; 0 where it has none.

    >>> matched_iou(np.array([[[0.2, 0.8]]]), np.array([[1]])).tolist()
    [[0.8]]
    """
    if iou.shape[2] == 0:
        return np.zeros(match.shape)
    taken = np.take_along_axis(iou, match.clip(0)[:, :, None], axis=2)[:, :, 0]
    return np.where(match >= 0, taken, 0.0)


def corloc(overlaps: Float[np.ndarray, " Q"], threshold: float = LOCATED) -> float:
    """Share of true objects that overlap their detection by at least `threshold`; nan where there are none.

    >>> corloc(np.array([0.9, 0.5, 0.1, 0.7]))
    0.75
    """
    return float((overlaps >= threshold).mean()) if len(overlaps) else float("nan")


def images_all_correct(overlaps: Float[np.ndarray, "B G"], in_truth: Bool[np.ndarray, "B G"]) -> float:
    """Share of images in which every true object is located; an image without objects counts.

    >>> images_all_correct(np.array([[0.9, 0.4], [0.9, 0.6]]), np.ones((2, 2), bool))
    0.5
    """
    return float(((overlaps >= LOCATED) | ~in_truth).all(axis=1).mean())


def union_mask_iou(
    truth: Real[np.ndarray, "B G 4"],
    found: Real[np.ndarray, "B M 4"],
    in_truth: Bool[np.ndarray, "B G"],
    in_found: Bool[np.ndarray, "B M"],
    image_size: tuple[int, int],
) -> Float[np.ndarray, " B"]:
    """IoU of the pixels under all true boxes with those under all found boxes: the "IoU" of the paper's Table 1.

    A pixel is under a box if its top-left corner is. Boxes are cut at the border of the image (height, width). Images
    without any box count as 1.

    >>> truth, found = np.array([[[0, 0, 2, 2]]]), np.array([[[-2, 0, 1, 2]]])
    >>> union_mask_iou(truth, found, np.ones((1, 1), bool), np.ones((1, 1), bool), (9, 9)).tolist()
    [0.5]
    """
    values = np.empty(len(truth))
    for start in range(0, len(truth), CHUNK):
        part = slice(start, start + CHUNK)
        true = _mask(truth[part], in_truth[part], image_size)
        seen = _mask(found[part], in_found[part], image_size)
        union = (true | seen).sum(axis=(1, 2))
        intersection = (true & seen).sum(axis=(1, 2))
        values[part] = np.where(union > 0, intersection / union.clip(1), 1.0)
    return values


def _mask(
    boxes: Real[np.ndarray, "B K 4"], present: Bool[np.ndarray, "B K"], image_size: tuple[int, int]
) -> Bool[np.ndarray, "B H W"]:
    """The pixels whose top-left corner lies in some box."""
    height, width = image_size
    mask = np.zeros((len(boxes), height, width), bool)
    rows, columns = np.arange(height), np.arange(width)
    for k in range(boxes.shape[1]):
        x0, y0, x1, y1 = (side[:, None] for side in boxes[:, k].T)
        in_rows = (rows >= y0) & (rows < y1) & present[:, k, None]
        mask |= in_rows[:, :, None] & ((columns >= x0) & (columns < x1))[:, None, :]
    return mask
