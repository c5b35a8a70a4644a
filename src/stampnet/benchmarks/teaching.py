"""How far the paper's network gets in five minutes with matching as its teacher, and without."""

import time
from dataclasses import replace

import torch

from stampnet.benchmarks.record import Measured
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.evaluation import evaluate
from stampnet.matching.matcher import StampMatcher
from stampnet.predictor import StampNet, to_pixels
from stampnet.report.page import Table
from stampnet.report.tables import published_scores
from stampnet.training.config import Hardware
from stampnet.training.distillation import taught_network
from stampnet.training.fit import fit
from stampnet.training.presets import distillation_for, matching_for, preset, training_for

ROWS = ("t-mnist-1", "t-mnist-2")
NUM_TRAIN, EPOCHS = 80_000, 1
"""Five minutes on two cores."""
NUM_TEST = 10_000


def teaching_table(
    rows: tuple[str, ...] = ROWS, num_train: int = NUM_TRAIN, epochs: int = EPOCHS, num_test: int = NUM_TEST
) -> Measured:
    """Matching, the network that it teaches, and one that learns as long by itself, beside the paper."""
    lines: list[tuple[str, ...]] = []
    for name in rows:
        paper = published_scores(name)
        if paper is not None:
            lines.append((name, "paper", f"{paper.corloc:.4f}", f"{paper.iou:.4f}", f"{paper.purity:.4f}", "", ""))
        chosen = preset(name)
        assert chosen.recipe is not None
        pixels = to_pixels(make_scenes(replace(chosen.recipe, num_images=num_train)).images, 255.0)
        test = make_scenes(replace(chosen.recipe, num_images=num_test, split="test"))
        start = time.perf_counter()
        sizes = chosen.model.num_stamps, chosen.model.max_shapes
        teacher = fit(pixels, chosen.model, matching_for(num_train, *sizes)).model
        assert isinstance(teacher, StampMatcher)
        lines.append((name, "matching", *_scored(StampNet.from_model(teacher), test, time.perf_counter() - start)))
        network = taught_network(teacher.config)
        fast = Hardware(precision="bf16-mixed")
        for method, student in (("network, taught by matching", teacher), ("network, by itself", None)):
            training = distillation_for(len(pixels), epochs=epochs)
            if student is None:
                training = replace(training_for(len(pixels), epochs=epochs), keep="last")
            start = time.perf_counter()
            fitted = fit(pixels, network, training, fast, teacher=student)
            seconds = time.perf_counter() - start
            lines.append((name, method, *_scored(StampNet.from_model(fitted.model), test, seconds)))
    header = ("row", "method", "CorLoc", "IoU (union)", "purity", "seconds of fitting", "images/s in detection")
    return Measured(
        Table("The paper's network, taught by matching", header, tuple(lines)),
        (
            (
                f"{num_test} test images of test digits, most likely choices, seed 0, {torch.get_num_threads()} "
                f"threads. Both networks see {num_train} images in {epochs} pass(es), bfloat16 in the encoder; the "
                "paper's saw 8192 images 1000 (M = 1) or 800 (M = 2) times."
            ),
        ),
    )


def _scored(model: StampNet, test: Scenes, seconds: float) -> tuple[str, ...]:
    start = time.perf_counter()
    result = evaluate(model, test)[0]
    speed = len(test) / (time.perf_counter() - start)
    paper = result.scores.paper
    return (f"{paper.corloc:.4f}", f"{paper.iou:.4f}", f"{paper.purity:.4f}", f"{seconds:.0f}", f"{speed:.0f}")
