"""What it brings, and costs, to let stamps bend: the evidence for the default."""

from dataclasses import replace
from statistics import median
from typing import get_args

import torch

from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.timing import timed
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.model.deformation import Deform
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.training.presets import preset

ROWS = ("simple-shapes-1", "simple-shapes-2", "t-mnist-1", "ct-mnist-2")
HEADER = ("images", "N", "deform", "CorLoc", "IoU (matched)", "purity", "fit seconds", "images/s")


def deform_table(*, num_images: int = 3000, num_test: int = 2000, num_seeds: int = 3) -> Measured:
    """The rows with stamps that keep their form, turn and shear, or bend."""
    rows: list[tuple[str, ...]] = []
    for name in ROWS:
        row = preset(name)
        assert row.recipe is not None
        recipe = replace(row.recipe, num_images=num_images)
        test = make_scenes(replace(recipe, num_images=num_test, split="test"))
        for deform in get_args(Deform):
            numbers = []
            for seed in range(num_seeds):
                model = StampNet(
                    row.model.num_stamps, row.model.max_shapes, row.model.stamp_size, deform=deform, random_state=seed
                )
                numbers.append(_numbers(model, make_scenes(replace(recipe, seed=seed)), test))
            *scores, fit_seconds, speed = (median(column) for column in zip(*numbers, strict=True))
            cells = (*(f"{one:.4f}" for one in scores), f"{fit_seconds:.0f}", f"{speed:.0f}")
            rows.append((name, str(row.model.num_stamps), deform, *cells))
    return Measured(
        Table("Stamps that keep their form, and stamps that do not", HEADER, tuple(rows)),
        (
            (
                f"{num_images} images to learn from, {num_test} test images, medians of {num_seeds} seeds, "
                f"{torch.get_num_threads()} threads."
            ),
        ),
    )


def _numbers(model: StampNet, train: Scenes, test: Scenes) -> tuple[float, ...]:
    _, scores, fit_seconds, speed = timed(model, train, test)
    return (scores.paper.corloc, scores.refined.matched_iou, scores.paper.purity, fit_seconds, speed)
