"""True and found boxes to pairs: the authors' greedy rule, and the best one-to-one matching."""

import numpy as np
from jaxtyping import Bool, Float, Int64, Real
from scipy.optimize import linear_sum_assignment

Truth = Real[np.ndarray, "B G 4"]
Found = Real[np.ndarray, "B M 4"]
Match = Int64[np.ndarray, "B G"]
"""For each true object the number of its detection, -1 for none."""


def box_iou(truth: Truth, found: Found) -> Float[np.ndarray, "B G M"]:
    """Intersection over union of every true box with every found box of the same image.

    >>> box_iou(np.array([[[0, 0, 2, 2]]]), np.array([[[0, 0, 2, 1], [2, 2, 3, 3]]])).tolist()
    [[[0.5, 0.0]]]
    """
    a, b = truth[:, :, None].astype(float), found[:, None].astype(float)
    sides = (np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])).clip(0)
    intersection = sides.prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def greedy_by_distance(
    truth: Truth, found: Found, in_truth: Bool[np.ndarray, "B G"], in_found: Bool[np.ndarray, "B M"]
) -> Match:
    """The authors' rule: objects in stored order each take the untaken detection whose corner is nearest.

    Distances are `|dy| + |dx|` between top-left corners; of equal ones the detection stored first is taken. Unlike the
    authors' code it is right for more than two objects as well.

    >>> greedy_by_distance(np.array([[[0, 0, 2, 2], [9, 9, 11, 11]]]), np.array([[[8, 9, 10, 11], [1, 0, 3, 2]]]),
    ...                    np.ones((1, 2), bool), np.ones((1, 2), bool)).tolist()
    [[1, 0]]
    """
    distance = np.abs(truth[:, :, None, :2].astype(float) - found[:, None, :, :2]).sum(-1)
    distance[~np.broadcast_to(in_found[:, None], distance.shape)] = np.inf
    match = np.full(truth.shape[:2], -1, np.int64)
    if found.shape[1] == 0:
        return match
    images = np.arange(len(truth))
    for j in range(truth.shape[1]):
        nearest = distance[:, j].argmin(axis=1)
        taken = in_truth[:, j] & np.isfinite(distance[images, j, nearest])
        match[taken, j] = nearest[taken]
        distance[images[taken], :, nearest[taken]] = np.inf
    return match


def hungarian_by_iou(
    iou: Float[np.ndarray, "B G M"], in_truth: Bool[np.ndarray, "B G"], in_found: Bool[np.ndarray, "B M"]
) -> Match:
    """The one-to-one matching with the largest sum of overlaps in each image.

    >>> hungarian_by_iou(np.array([[[0.6, 0.5], [0.5, 0.0]]]), np.ones((1, 2), bool), np.ones((1, 2), bool)).tolist()
    [[1, 0]]
    """
    match = np.full(iou.shape[:2], -1, np.int64)
    for i, (truths, founds) in enumerate(zip(in_truth, in_found, strict=True)):
        objects, detections = np.flatnonzero(truths), np.flatnonzero(founds)
        rows, columns = linear_sum_assignment(iou[i][np.ix_(objects, detections)], maximize=True)
        match[i, objects[rows]] = detections[columns]
    return match
