"""What settings of bending and grouping are worth: how well two fits agree, a matter without labels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import mean

from rich.console import Console
from sklearn.metrics import adjusted_rand_score

from stampnet.benchmarks.classes import bending_stamps, row_with
from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.reproduce import Experiment
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.matching.alignment import AlignmentConfig
from stampnet.matching.classes import GroupingConfig, Rivalry, classes_of, rivalry
from stampnet.matching.matcher import StampMatcher
from stampnet.metrics.evaluation import score
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.training.grouping import images_to_group
from stampnet.training.pixels import to_pixels

ROW, NUM_CLASSES = "ct-mnist-1", 10
BENDING = {
    "affine": [AlignmentConfig(affine=value) for value in (0.0025, 0.005, 0.01)],
    "smooth": [AlignmentConfig(smooth=value) for value in (0.0075, 0.015, 0.03)],
    "tone": [AlignmentConfig(tone=value) for value in (0.01, 0.02, 0.04)],
    "slope": [AlignmentConfig(slope=value) for value in (0.0, 1.0, 3.0, 10.0)],
    "most_added": [AlignmentConfig(most_added=value) for value in (0.25, 0.4, math.inf)],
}
"""Each but the usual one costs a fit for each seed."""
GROUPING = {
    "credit": [GroupingConfig(credit=value) for value in (0.1, 0.2, 0.4)],
    "rare": [GroupingConfig(rare=value) for value in (0.05, 0.2, 0.4)],
    "shared": [GroupingConfig(shared=value) for value in (0.001, 0.003, 0.01)],
    "steps": [GroupingConfig(steps=value) for value in (0, 4, 8, 16)],
}
SEEDS = (0, 1)
HEADER = ("setting", "value", "agreement of two fits", "ACC, mean of both")


def settings_table(*, num_objects: int = 10_000, num_stamps: int = 300, num_test: int = 5000) -> Measured:
    """Each setting at its value, below and above it, the others as they are."""
    row = row_with(ROW, num_objects)
    test = make_scenes(replace(row.recipe, num_images=num_test, seed=1_000_003))
    return Measured(
        Table("Settings of bending and grouping", HEADER, tuple(_lines(row, test, num_stamps))),
        (
            (
                f"{ROW}, {num_objects} objects to learn from, {num_stamps} stamps in {NUM_CLASSES} classes. Agreement: "
                f"the adjusted Rand index of the classes that fits with seeds 0 and 1 give the objects of {num_test} "
                "other training images; it needs no labels. ACC is told for scoring only. A star marks the value in "
                "use."
            ),
        ),
    )


@dataclass(frozen=True)
class _Run:
    """What one fit knows of the test images."""

    seed: int
    matcher: StampMatcher
    rivalry: Rivalry
    found: list[Detections]

    def classes(self, config: GroupingConfig) -> list[Detections]:
        """The detections with classes in place of stamps."""
        class_of_stamp = classes_of(self.matcher, self.rivalry, NUM_CLASSES, self.seed, config)
        return [replace(one, stamp=class_of_stamp[one.stamp]) for one in self.found]


def _lines(row: Experiment, test: Scenes, num_stamps: int) -> Iterator[tuple[str, ...]]:
    usual = [_run(row, test, num_stamps, seed, AlignmentConfig()) for seed in SEEDS]
    for name, alignments in BENDING.items():
        for config in alignments:
            is_usual = config == AlignmentConfig()
            runs = usual if is_usual else [_run(row, test, num_stamps, seed, config) for seed in SEEDS]
            found = [run.classes(GroupingConfig()) for run in runs]
            yield _line(name, f"{getattr(config, name):g}{' *' * is_usual}", test, found)
    for name, groupings in GROUPING.items():
        for grouping in groupings:
            is_usual = grouping == GroupingConfig()
            found = [run.classes(grouping) for run in usual]
            yield _line(name, f"{getattr(grouping, name):g}{' *' * is_usual}", test, found)


def _run(row: Experiment, test: Scenes, num_stamps: int, seed: int, alignment: AlignmentConfig) -> _Run:
    pixels = to_pixels(make_scenes(replace(row.recipe, seed=seed)).images, 255.0)
    fitted = bending_stamps(row, pixels, seed, num_stamps, alignment)
    rivals = rivalry(fitted, images_to_group(pixels))
    return _Run(seed, fitted, rivals, StampNet.from_model(fitted).detect(test.images))


def _line(name: str, value: str, test: Scenes, found: list[list[Detections]]) -> tuple[str, ...]:
    # One object an image; where a fit has found none, it has a class of its own.
    first, second = ([int(one.stamp[0]) if len(one) else -1 for one in each] for each in found)
    accuracies = [score(test, each, NUM_CLASSES).refined.accuracy for each in found]
    line = (
        name,
        value,
        f"{adjusted_rand_score(first, second):.4f}",
        f"{mean(one or 0.0 for one in accuracies):.4f}",
    )
    Console(stderr=True, highlight=False).print(" ".join(line))
    return line
