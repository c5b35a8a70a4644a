"""How far the paper's network gets in five minutes with matching as its teacher, and without."""

import time
from dataclasses import replace

import torch

from stampnet.benchmarks.record import Measured
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.evaluation import evaluate
from stampnet.matching.matcher import MatchingConfig, StampMatcher, num_finders
from stampnet.model.network import NetworkConfig
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.report.tables import published_scores
from stampnet.training.config import Hardware, MatchingTrainingConfig, TrainingConfig
from stampnet.training.defaults import distillation_for, matching_for, training_for
from stampnet.training.distillation import taught_network
from stampnet.training.fit import fit
from stampnet.training.fitted import Model
from stampnet.training.pixels import Pixels, to_pixels
from stampnet.training.presets import preset

ROWS = ("t-mnist-1", "t-mnist-2")
NUM_TRAIN, EPOCHS = 80_000, 1
"""Five minutes on two cores."""
NUM_TEST = 10_000
BENDING_ROWS, BENDING_STAMPS = ("t-mnist-1",), 300
NUM_TRAIN_BENDING, EPOCHS_BENDING = 20_000, 3
"""A few minutes more: to bend stamps takes matching several times as long as to place them."""


def teaching_table(
    rows: tuple[str, ...] = ROWS,
    num_train: int = NUM_TRAIN,
    epochs: int = EPOCHS,
    num_test: int = NUM_TEST,
    *,
    bending_rows: tuple[str, ...] = BENDING_ROWS,
    bending_stamps: int = BENDING_STAMPS,
    num_train_bending: int = NUM_TRAIN_BENDING,
    epochs_bending: int = EPOCHS_BENDING,
) -> Measured:
    """Matching, the network that it teaches, and one that learns as long by itself, beside the paper.

    Then, for `bending_rows`, matching with stamps that bend, and the network that it teaches to bend them.
    """
    lines: list[tuple[str, ...]] = []
    for name in rows:
        paper = published_scores(name)
        if paper is not None:
            scores = (f"{paper.corloc:.4f}", f"{paper.iou:.4f}", f"{paper.purity:.4f}")
            lines.append((name, "paper", *scores, "", "", ""))
        model = preset(name).model
        pixels, test = _images(name, num_train, num_test)
        teacher, line = _timed(pixels, test, model, matching_for(num_train, model.num_stamps, model.max_shapes))
        lines.append((name, "matching", *line))
        assert isinstance(teacher, StampMatcher)
        network = taught_network(teacher.config)
        _, line = _timed(pixels, test, network, distillation_for(num_train, epochs=epochs), teacher)
        lines.append((name, "network, taught by matching", *line))
        _, line = _timed(pixels, test, network, replace(training_for(num_train, epochs=epochs), keep="last"))
        lines.append((name, "network, by itself", *line))
    for name in bending_rows:
        model = replace(preset(name).model, deform="smooth", num_stamps=bending_stamps)
        pixels, test = _images(name, num_train_bending, num_test)
        passes = matching_for(num_train_bending, num_finders(bending_stamps, model.deform), model.max_shapes)
        teacher, line = _timed(pixels, test, model, passes)
        lines.append((name, f"matching, {bending_stamps} stamps that bend", *line))
        assert isinstance(teacher, StampMatcher)
        training = distillation_for(num_train_bending, epochs=epochs_bending)
        _, line = _timed(pixels, test, taught_network(teacher.config), training, teacher)
        lines.append((name, "network, taught to bend them", *line))
    header = (
        *("row", "method", "CorLoc", "IoU (union)", "purity"),
        *("squared error", "seconds of fitting", "images/s in detection"),
    )
    return Measured(
        Table("The paper's network, taught by matching", header, tuple(lines)),
        (
            (
                f"{num_test} test images of test digits, most likely choices, seed 0, {torch.get_num_threads()} "
                f"threads. Both networks see {num_train} images in {epochs} pass(es), {num_train_bending} in "
                f"{epochs_bending} where stamps bend, bfloat16 in the encoder; the paper's saw 8192 images 1000 "
                "(M = 1) or 800 (M = 2) times. Squared errors are summed over the pixels of an image."
            ),
        ),
    )


def _images(name: str, num_train: int, num_test: int) -> tuple[Pixels, Scenes]:
    """Images to learn from, and scenes of test digits and shapes."""
    recipe = preset(name).recipe
    assert recipe is not None
    pixels = to_pixels(make_scenes(replace(recipe, num_images=num_train)).images, 255.0)
    return pixels, make_scenes(replace(recipe, num_images=num_test, split="test"))


def _timed(
    pixels: Pixels,
    test: Scenes,
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    teacher: StampMatcher | None = None,
) -> tuple[Model, tuple[str, ...]]:
    """A fitted model, and its line of the table from CorLoc on."""
    hardware = Hardware(precision="bf16-mixed") if isinstance(model, NetworkConfig) else Hardware()
    start = time.perf_counter()
    fitted = fit(pixels, model, training, hardware, teacher=teacher).model
    seconds = time.perf_counter() - start
    estimator = StampNet.from_model(fitted)
    start = time.perf_counter()
    estimator.detect(test.images)
    speed = len(test) / (time.perf_counter() - start)
    result = evaluate(estimator, test)[0]
    paper = result.scores.paper
    scores = (f"{paper.corloc:.4f}", f"{paper.iou:.4f}", f"{paper.purity:.4f}", f"{result.squared_error:.2f}")
    return fitted, (*scores, f"{seconds:.0f}", f"{speed:.0f}")
