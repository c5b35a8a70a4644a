"""Which objects are missed where two lie close together or upon each other: the paper's weak point."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from stampnet.benchmarks.parity import authors_model
from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.reproduce import experiment
from stampnet.data.data_home import data_home
from stampnet.data.official_streams import official_test_scenes
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.metrics.assignment import box_iou, hungarian_by_iou
from stampnet.metrics.localization import LOCATED, matched_iou
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.training.fit import fit
from stampnet.training.pixels import to_pixels

AXES = {"simple-shapes-2": "y", "t-mnist-2": "x", "ct-mnist-2": "x"}
"""Rows with two objects, and the axis along which the slots of the authors' weights sort them."""
DISTANCES = (0.0, 2.0, 5.0, 10.0, 20.0, np.inf)
"""Pixels between the two objects along that axis."""
OVERLAPS = (0.0, 1e-9, 0.1, 0.25, 0.5, 1.01)
"""Intersection over union of the two true boxes."""


def shares_of_misses(
    scenes: Scenes, detections: Sequence[Detections], axis: str
) -> tuple[list[float], list[float], list[int]]:
    """The share of images with a missed object, by distance along the axis and by overlap, and the number of images of
    each overlap; every image has two objects. A share of no images is nan."""
    truth = scenes.boxes_xyxy
    found = np.zeros((len(detections), 2, 4), np.float32)
    present = np.zeros((len(detections), 2), bool)
    for i, one in enumerate(detections):
        found[i, : len(one)], present[i, : len(one)] = one.boxes_xyxy, True
    everything = np.ones(truth.shape[:2], bool)
    iou = box_iou(truth, found)
    missed = np.any(matched_iou(iou, hungarian_by_iou(iou, everything, present)) < LOCATED, axis=1)
    column = "xy".index(axis)
    distance = np.abs(truth[:, 0, column] - truth[:, 1, column])
    overlap = box_iou(truth[:, :1], truth[:, 1:])[:, 0, 0]
    by_distance, _ = _shares(missed, distance, DISTANCES)
    by_overlap, numbers = _shares(missed, overlap, OVERLAPS)
    return by_distance, by_overlap, numbers


def overlap_table(num_images: int = 10_000) -> Measured:
    """The rows with two objects: the authors' weights and matching, on the authors' test images."""
    rows: list[tuple[str, ...]] = []
    for name, axis in AXES.items():
        scenes = official_test_scenes(name)[:num_images]
        row = experiment(name)
        pixels = to_pixels(make_scenes(row.recipe).images, 255.0)
        models = {"matching": StampNet.from_model(fit(pixels, row.model, row.training).model)}  # type: ignore[arg-type]
        if (data_home() / "official_weights").is_dir():
            models = {"authors' weights": authors_model(name), **models}
        for method, model in models.items():
            by_distance, by_overlap, numbers = shares_of_misses(scenes, model.detect(scenes.images), axis)
            rows.append((name, method, *(f"{share:.2%}" for share in (*by_distance, *by_overlap))))
        rows.append((name, "images", *[""] * len(by_distance), *map(str, numbers)))
    distances = [f"{low:g}-{high:g} px" for low, high in pairwise(DISTANCES[:-1])]
    overlaps = [f"IoU {round(low, 2):g}-{min(high, 1.0):g}" for low, high in pairwise(OVERLAPS[1:])]
    axes = ", ".join(f"{name}: {axis}" for name, axis in AXES.items())
    header = ("row", "method", *distances, f"> {DISTANCES[-2]:g} px", "apart", *overlaps)
    return Measured(
        Table("Misses where two objects are close", header, tuple(rows)),
        (
            (
                f"Share of images with an object whose box is not found at IoU {LOCATED}, {num_images} official test "
                "images; by the distance along the axis that sorts the slots of the authors' weights "
                f"({axes}), and by the overlap of the true boxes."
            ),
        ),
    )


def _shares(missed: np.ndarray, values: np.ndarray, edges: Sequence[float]) -> tuple[list[float], list[int]]:
    groups = np.digitize(values, edges[1:-1])
    numbers = np.bincount(groups, minlength=len(edges) - 1)
    with np.errstate(invalid="ignore"):
        shares = np.bincount(groups, missed, minlength=len(edges) - 1) / numbers
    return shares.tolist(), numbers.tolist()
