"""What settings of bending and grouping are worth: how well two fits agree, a matter without labels."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
import torch
from rich.console import Console
from sklearn.metrics import adjusted_rand_score

from stampnet.benchmarks.classes import bending_stamps, row_with
from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.reproduce import Experiment
from stampnet.data.recipe import make_scenes
from stampnet.matching.alignment import AlignmentConfig
from stampnet.matching.classes import GroupingConfig, Rivalry, classes_of, rivalry
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.windows import objects, occupied
from stampnet.model.tone import smooth
from stampnet.notation import Images, Labels, Windows
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.training.grouping import images_to_group
from stampnet.training.pixels import to_images, to_pixels

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
RESIDUALS = 2000
"""Images whose residuals are looked at."""
HEADER = ("setting", "value", "agreement of two fits")
APART = (1, 2, 3)
SLOPES = (0.0, 1.0, 3.0, 10.0, 20.0)


def settings_table(*, num_objects: int = 10_000, num_stamps: int = 300, num_test: int = 5000) -> Measured:
    """Each setting at its value, below and above it, the others as they are."""
    row = row_with(ROW, num_objects)
    others = make_scenes(replace(row.recipe, num_images=num_test, seed=1_000_003)).images
    usual = [_run(row, others, num_stamps, seed, AlignmentConfig()) for seed in SEEDS]
    return Measured(
        Table("Settings of bending and grouping", HEADER, tuple(_lines(row, others, num_stamps, usual))),
        (
            (
                f"{ROW}, {num_objects} objects to learn from, {num_stamps} stamps in {NUM_CLASSES} classes. Agreement: "
                f"the adjusted Rand index of the classes that fits with seeds 0 and 1 give the objects of {num_test} "
                "other training images. No label is looked at. A star marks the value in use."
            ),
            _about_residuals(usual[0].matcher, to_images(to_pixels(others[:RESIDUALS], 255.0))),
        ),
    )


@dataclass(frozen=True)
class _Run:
    """What one fit knows of images that none has learned from."""

    seed: int
    matcher: StampMatcher
    rivalry: Rivalry
    found: Labels
    """The stamp of the object in each image."""

    def classes(self, config: GroupingConfig) -> Labels:
        """The class of the object in each image."""
        class_of_stamp = classes_of(self.matcher, self.rivalry, NUM_CLASSES, self.seed, config)
        return np.where(self.found >= 0, class_of_stamp[self.found], -1)


def _lines(row: Experiment, others: np.ndarray, num_stamps: int, usual: Sequence[_Run]) -> Iterator[tuple[str, ...]]:
    for name, alignments in BENDING.items():
        for config in alignments:
            is_usual = config == AlignmentConfig()
            runs = usual if is_usual else [_run(row, others, num_stamps, seed, config) for seed in SEEDS]
            found = [run.classes(GroupingConfig()) for run in runs]
            yield _line(name, f"{getattr(config, name):g}{' *' * is_usual}", found)
    for name, groupings in GROUPING.items():
        for grouping in groupings:
            is_usual = grouping == GroupingConfig()
            found = [run.classes(grouping) for run in usual]
            yield _line(name, f"{getattr(grouping, name):g}{' *' * is_usual}", found)


def _run(row: Experiment, others: np.ndarray, num_stamps: int, seed: int, alignment: AlignmentConfig) -> _Run:
    pixels = to_pixels(make_scenes(replace(row.recipe, seed=seed)).images, 255.0)
    fitted = bending_stamps(row, pixels, seed, num_stamps, alignment)
    rivals = rivalry(fitted, images_to_group(pixels))
    # One object an image; where a fit has found none, it has a class of its own.
    found = [int(one.stamp[0]) if len(one) else -1 for one in StampNet.from_model(fitted).detect(others)]
    return _Run(seed, fitted, rivals, np.array(found))


def _line(name: str, value: str, found: Sequence[Labels]) -> tuple[str, ...]:
    first, second = found
    line = (name, value, f"{adjusted_rand_score(first, second):.4f}")
    Console(stderr=True, highlight=False).print(" ".join(line))
    return line


def _about_residuals(matcher: StampMatcher, images: Images) -> str:
    """What bending leaves of objects: how neighbouring pixels correlate, and which weight of slopes that speaks for.

    The blur of windows correlates pixels by itself, so the same is told of white noise.
    """
    state = matcher.explain(images)
    which = occupied(state, 0)
    windows = objects(state, 0, which, matcher.config.stamp_size, matcher.limits)
    left = smooth(windows - state.printed[which, 0])
    noise = blurred_noise(left)
    return (
        f"Residuals of the smoothed windows of {len(left)} objects correlate at {', '.join(map(str, APART))} pixels by "
        f"{_correlations(left)}. Their log-likelihood as a Gaussian field in which squared slopes count so much beside "
        f"squares, in nats an object more than with 0: {_nats(left)}. By the blur alone: "
        f"white noise, smoothed in the same way, correlates by {_correlations(noise)}, its log-likelihood is "
        f"{_nats(noise)}."
    )


def blurred_noise(left: Windows) -> Windows:
    """As many windows of white noise, smoothed as windows are before they are compared with stamps."""
    return smooth(torch.randn(left.shape, generator=torch.Generator().manual_seed(0)))


def _correlations(left: Windows) -> str:
    return ", ".join(f"{correlation_apart(left, distance):.2f}" for distance in APART)


def _nats(left: Windows) -> str:
    return ", ".join(f"{slope:g}: {nats:.0f}" for slope, nats in zip(SLOPES, likelihoods(left, SLOPES), strict=True))


def correlation_apart(left: Windows, distance: int) -> float:
    """The correlation of pixels so far apart in a row or column."""
    along = [(left[..., distance:, :], left[..., :-distance, :]), (left[..., distance:], left[..., :-distance])]
    products = sum(float((a * b).sum()) for a, b in along)
    squares = sum(float((a.square() + b.square()).sum()) / 2 for a, b in along)
    return products / squares


def likelihoods(left: Windows, slopes: Sequence[float]) -> list[float]:
    """The log-likelihood of residuals as a Gaussian field with precision (1 + slope x Laplacian) / variance, in nats a
    window more than with the first slope; the variance is the most likely one.

    The discrete cosine transform diagonalises the Laplacian of a window with reflecting borders.
    """
    waves = scipy.fft.dctn(left.double().numpy(), axes=(2, 3), norm="ortho")
    along = [2 - 2 * np.cos(np.pi * np.arange(size) / size) for size in left.shape[2:]]
    laplacian = along[0][:, None] + along[1]
    found = []
    for slope in slopes:
        precision = 1 + slope * laplacian
        variance = (precision * waves**2).mean()
        size = waves[0].size
        found.append(0.5 * left.shape[1] * np.log(precision).sum() - 0.5 * size * np.log(variance))
    return [value - found[0] for value in found]
