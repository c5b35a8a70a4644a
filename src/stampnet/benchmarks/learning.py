"""The small presets, fitted and scored here and now: does the network learn on two cores, and how surely?"""

import tempfile
import time
from pathlib import Path
from statistics import median

import torch

from stampnet.benchmarks.record import Measured
from stampnet.data.recipe import make_scenes
from stampnet.evaluation import Evaluation, evaluate
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.run import configure, fit_run, held_out_recipe

PRESETS = ("simple-shapes-small", "t-mnist-small")
SEEDS = (0, 1, 2)
NUM_IMAGES = 10_000


def learning_table() -> Measured:
    """Each small preset with each seed, and the median and the worst of them."""
    rows: list[tuple[str, ...]] = []
    for name in PRESETS:
        results, seconds = [], []
        for seed in SEEDS:
            setup = configure([], name, seed=seed)
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                fit_run(setup, Path(folder) / "run")
                seconds.append(time.perf_counter() - start)
                model = StampNet.load(Path(folder) / "run")
            (result,) = evaluate(model, make_scenes(held_out_recipe(setup.config, NUM_IMAGES)))
            results.append(result)
            rows.append((name, str(seed), *map("{:.4f}".format, _numbers(result)), f"{seconds[-1]:.0f}"))
        columns = list(zip(*map(_numbers, results), strict=True))
        rows.append((name, "median", *(f"{median(column):.4f}" for column in columns), f"{median(seconds):.0f}"))
        rows.append((name, "worst", *(f"{min(column):.4f}" for column in columns), f"{max(seconds):.0f}"))
    header = ("preset", "seed", "CorLoc", "IoU (union)", "purity", "IoU (matched)", "NMI", "seconds")
    return Measured(
        Table("The small presets on this machine", header, tuple(rows)),
        (
            (
                f"{NUM_IMAGES} test images, most likely choices; CorLoc, union IoU and purity as the paper defines "
                f"them; seconds from generating the images to the finished report, {torch.get_num_threads()} threads. "
                "Simple Shapes: N = 10, M = 1, canvas 48 x 48, 12,800 training images. T-MNIST: N = 40, M = 1, canvas "
                "56 x 56, 25,600 training images of MNIST's training digits, scored on its test digits."
            ),
        ),
    )


def _numbers(result: Evaluation) -> tuple[float, ...]:
    paper, refined = result.scores.paper, result.scores.refined
    return paper.corloc, paper.iou, paper.purity, refined.matched_iou, refined.nmi
