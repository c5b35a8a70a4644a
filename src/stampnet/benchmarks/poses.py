"""How well stamps that turn and scale tell the angle and size of objects, on data that know them."""

from dataclasses import replace

import numpy as np
import torch

from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.timing import timed
from stampnet.data import digits, simple_shapes
from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.metrics.assignment import box_iou, hungarian_by_iou
from stampnet.metrics.pose import angle_errors_deg, scale_errors
from stampnet.predictor import StampNet
from stampnet.report.page import Table

CANVAS = (96, 96)
MAX_ANGLE, SCALE_RANGE = 180.0, (0.7, 1.4)
CASES = (("simple-shapes", 1, 10), ("simple-shapes", 2, 10), ("t-mnist", 1, 20))
"""Kind, objects in an image, stamps."""
SYMMETRY = {"simple-shapes": simple_shapes.SYMMETRY, "t-mnist": digits.SYMMETRY}
LOCATED = 0.5
EPOCHS = 4
"""Few: in these poses there are 80 times as many stamps to seek as in one."""
HEADER = (
    "images",
    "N",
    "angles and scales",
    "CorLoc",
    "IoU (matched)",
    "purity",
    "angle error, median",
    "90 %",
    "scale error, median",
    "90 %",
    "fit seconds",
    "images/s",
)


def poses_table(*, num_images: int = 2000, num_test: int = 2000, num_seeds: int = 3, epochs: int = EPOCHS) -> Measured:
    """Any angle and a factor of two in size: stamps of one form for all, and stamps that turn and scale."""
    rows: list[tuple[str, ...]] = []
    for kind, num_shapes, num_stamps in CASES:
        recipe = SceneRecipe(
            kind=kind,  # type: ignore[arg-type]
            num_images=num_images,
            num_shapes=num_shapes,
            canvas_size=CANVAS,
            max_angle=MAX_ANGLE,
            scale_range=SCALE_RANGE,
        )
        test = make_scenes(replace(recipe, num_images=num_test, split="test"))
        for searched in (False, True):
            numbers = []
            for seed in range(num_seeds):
                model = StampNet(
                    num_stamps,
                    num_shapes,
                    28,
                    deform="affine",
                    max_angle=MAX_ANGLE if searched else 0.0,
                    scale_range=SCALE_RANGE if searched else (1.0, 1.0),
                    epochs=epochs,
                    random_state=seed,
                )
                numbers.append(_numbers(model, make_scenes(replace(recipe, seed=seed)), test, SYMMETRY[kind]))
            cells = np.median(np.array(numbers), axis=0).tolist()
            rows.append(
                (
                    f"{kind}, M = {num_shapes}",
                    str(num_stamps),
                    "searched" if searched else "left to bending",
                    *(f"{cell:.4f}" for cell in cells[:3]),
                    *(f"{cell:.2f}" for cell in cells[3:7]),
                    *(f"{cell:.0f}" for cell in cells[7:]),
                )
            )
    return Measured(
        Table("Objects at any angle, a factor of two in size", HEADER, tuple(rows)),
        (
            (
                f"{num_test} test images of {CANVAS[0]} x {CANVAS[1]} pixels, scales {SCALE_RANGE[0]} to "
                f"{SCALE_RANGE[1]}, {num_images} to learn from in {epochs} passes, medians of {num_seeds} seeds, "
                f"{torch.get_num_threads()} threads. Angle errors in degrees, modulo the symmetry of the class, scale "
                "errors in doublings, of located objects; a stamp stands at an angle and a size of its own, which are "
                "taken off. 'equal' and 'rotated equal' are one shape at any angle, and so are 6 and 9, "
                "which bounds purity."
            ),
        ),
    )


def _numbers(model: StampNet, train: Scenes, test: Scenes, symmetry: dict[str, int]) -> list[float]:
    found, scores, fit_seconds, speed = timed(model, train, test)
    errors = pose_errors(test, found, symmetry)
    return [
        scores.paper.corloc,
        scores.refined.matched_iou,
        scores.paper.purity,
        *(np.quantile(one, share) if len(one) else np.nan for one in errors for share in (0.5, 0.9)),
        fit_seconds,
        speed,
    ]


def pose_errors(test: Scenes, found: list[Detections], symmetry: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Angle errors in degrees and scale errors in doublings of all located objects."""
    assert test.angles_deg is not None
    assert test.scales is not None
    columns: list[tuple[float, ...]] = []
    for image, one in enumerate(found):
        if len(one) == 0:
            continue
        assert one.angle_deg is not None
        assert one.scale is not None
        iou = box_iou(test.boxes_xyxy[image][None], one.boxes_xyxy[None])
        present = np.ones((1, len(one)), bool)
        (match,) = hungarian_by_iou(iou, test.classes[image][None] >= 0, present)
        for k, j in enumerate(match):
            if j >= 0 and iou[0, k, j] >= LOCATED:
                true = (test.angles_deg[image, k], test.scales[image, k])
                columns.append((one.angle_deg[j], one.scale[j], *true, one.stamp[j], test.classes[image, k]))
    found_deg, found_scale, true_deg, true_scale, stamp, kind = np.array(columns).reshape(-1, 6).T
    group = np.stack([stamp, kind], axis=1).astype(np.int64)
    orders = np.array([symmetry[test.class_names[k]] for k in group[:, 1]])
    return angle_errors_deg(found_deg, true_deg, group, orders), scale_errors(found_scale, true_scale, group)
