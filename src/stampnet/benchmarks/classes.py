"""How pure stamps that bend are, alone and grouped into classes, beside clusterings of crops on the same images."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Literal

import numpy as np
import torch
from rich.console import Console

from stampnet.benchmarks.baselines import baseline, crops, k_means
from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.reproduce import (
    IMAGES_AT_MOST,
    Experiment,
    about_baselines,
    clusterings_of_crops,
    experiment,
    scenes_to_score,
)
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.matching.alignment import AlignmentConfig
from stampnet.matching.classes import classes_of, rivalry
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.metrics.evaluation import Scores, score
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.training.defaults import AUTO, matching_for
from stampnet.training.fit import fit
from stampnet.training.grouping import images_to_group
from stampnet.training.pixels import Pixels, to_pixels

ROWS = ("t-mnist-1", "t-mnist-2", "ct-mnist-1", "ct-mnist-1-grey", "ct-mnist-2")
FEW, MANY = 40, 1000
"""Stamps: as many as in the paper, and many to be grouped."""
GROUPS = (40, 10)
NUM_OBJECTS = 30_000
"""In the images that the many stamps are learned from."""
HEADER = ("row", "method", "clusters", "CorLoc", "IoU (union)", "IoU (matched)", "purity", "ACC", "seconds")


@dataclass(frozen=True)
class Result:
    """What one run of a method gave."""

    method: str
    scores: Scores
    seconds: float
    """Of learning; where stamps are grouped, of both; of baselines, of what they do with the test images too."""

    def numbers(self) -> tuple[float, ...]:
        """In the order of the header, without the seconds; ACC is nan unless there are as many clusters as classes."""
        paper, refined = self.scores.paper, self.scores.refined
        accuracy = float("nan") if refined.accuracy is None else refined.accuracy
        return (paper.corloc, paper.iou, refined.matched_iou, paper.purity, accuracy)


def classes_table(
    rows: Sequence[str] = ROWS, *, num_seeds: int = 5, num_images: int = 10_000, umap: bool = False
) -> Measured:
    """Every method on every row: baselines once, ours with several seeds."""
    lines = [(name, *line) for name in rows for line in summaries(name, num_seeds, num_images, umap)]
    return Measured(
        Table("Purity of stamps that bend, and of the classes that they are grouped into", HEADER, tuple(lines)),
        (
            (
                f"{num_images} test images; matching learns from {NUM_OBJECTS} objects, with seeds 0 to "
                f"{num_seeds - 1}, median and worst of each column; seconds of learning on {torch.get_num_threads()} "
                f"threads, of grouping too where stamps are grouped. {about_baselines()} "
                "Labels serve for scoring only. CorLoc, union IoU and purity as the paper defines them; ACC: the best "
                "one-to-one naming of ten clusters. 'true crops' are told where the objects are."
            ),
        ),
    )


def summaries(name: str, num_seeds: int, num_images: int, umap: bool) -> Iterator[tuple[str, ...]]:
    """Method, number of clusters and cells of each line of a row."""
    console = Console(stderr=True, highlight=False)
    row = row_with(name, NUM_OBJECTS)
    test = scenes_to_score(row, num_images)
    for result in _baselines(row, test, umap):
        console.print(f"{name}: {result.method}, {result.scores.num_stamps}: {_cells([result])}")
        yield (result.method, str(result.scores.num_stamps), *_cells([result]))
    ours: list[list[Result]] = []
    for seed in range(num_seeds):
        ours.append([*bending(row, test, seed, FEW, ()), *bending(row, test, seed, MANY, GROUPS)])
        for result in ours[-1]:
            console.print(f"{name}: seed {seed}: {result.method}, {result.scores.num_stamps}: {_cells([result])}")
    for results in zip(*ours, strict=True):
        method, numbers = results[0].method, sorted({result.scores.num_stamps for result in results})
        number = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        yield (f"{method}, median", number, *_cells(results))
        yield (f"{method}, worst", number, *_cells(results, worst=True))


def _cells(results: Sequence[Result], *, worst: bool = False) -> tuple[str, ...]:
    columns = zip(*(result.numbers() for result in results), strict=True)
    # Accuracies are known where all runs have as many classes as there are.
    numbers = [np.nan if np.isnan(column).any() else min(column) if worst else median(column) for column in columns]
    seconds = [result.seconds for result in results]
    return (
        *("" if np.isnan(number) else f"{number:.4f}" for number in numbers),
        f"{max(seconds) if worst else median(seconds):.0f}",
    )


def row_with(name: str, num_objects: int) -> Experiment:
    """The row with so many objects to learn from; the cluttered rows have binary clutter unless named grey."""
    row = experiment(name.removesuffix("-grey"))
    kind = row.recipe.kind.removesuffix("-binary") if name.endswith("-grey") else row.recipe.kind
    objects = (row.least_shapes + row.recipe.num_shapes) / 2
    recipe = replace(row.recipe, kind=kind, num_images=int(num_objects / objects))  # type: ignore[arg-type]
    return replace(row, name=name, recipe=recipe)


def bending_stamps(
    row: Experiment, pixels: Pixels, seed: int, num_stamps: int, alignment: AlignmentConfig
) -> StampMatcher:
    """So many stamps that bend, learned from the images."""
    assert isinstance(row.model, MatchingConfig)
    model = replace(row.model, num_stamps=num_stamps, deform="smooth", alignment=alignment)
    training = matching_for(len(pixels), model.num_locators, model.max_shapes, seed=seed)
    fitted = fit(pixels, model, training).model
    assert isinstance(fitted, StampMatcher)
    return fitted


def bending(row: Experiment, test: Scenes, seed: int, num_stamps: int, groups: Sequence[int]) -> list[Result]:
    """Stamps that bend, so many groups of them, and as many as are counted."""
    pixels = to_pixels(make_scenes(replace(row.recipe, seed=seed)).images, 255.0)
    start = time.perf_counter()
    fitted = bending_stamps(row, pixels, seed, num_stamps, AlignmentConfig())
    learned = time.perf_counter() - start
    found = StampNet.from_model(fitted).detect(test.images)
    results = [Result(f"{num_stamps} stamps that bend", score(test, found, num_stamps), learned)]
    if not groups:
        return results
    start = time.perf_counter()
    rivals = rivalry(fitted, images_to_group(pixels))
    learned += time.perf_counter() - start
    asked: list[int | Literal["auto"]] = [*groups, AUTO]
    for number in asked:
        start = time.perf_counter()
        class_of_stamp = classes_of(fitted, rivals, number, seed)
        seconds = learned + time.perf_counter() - start
        grouped = [replace(one, stamp=class_of_stamp[one.stamp]) for one in found]
        method = f"{num_stamps} stamps, {'grouped' if number != AUTO else 'classes counted'}"
        results.append(Result(method, score(test, grouped, int(class_of_stamp.max()) + 1), seconds))
    return results


def _baselines(row: Experiment, test: Scenes, umap: bool) -> Iterator[Result]:
    train = make_scenes(row.recipe)[:IMAGES_AT_MOST]
    most, size = row.model.max_shapes, row.model.stamp_size
    run = partial(baseline, train.images, test, most=most, least=row.least_shapes, size=size)
    for number in GROUPS:
        start = time.perf_counter()
        found = _true_crops(train, test, size, number)
        yield Result("true crops, k-means", score(test, found, number), time.perf_counter() - start)
        for name, cluster in clusterings_of_crops(umap).items():
            start = time.perf_counter()
            found = run(cluster, number=number)
            yield Result(f"components, {name}", score(test, found, number), time.perf_counter() - start)


def _true_crops(train: Scenes, test: Scenes, size: tuple[int, int], number: int) -> list[Detections]:
    """k-means of the crops at the true boxes."""
    places = [
        [boxes[classes >= 0] for boxes, classes in zip(scenes.boxes_xyxy, scenes.classes, strict=True)]
        for scenes in (train, test)
    ]
    corners = [[boxes[:, 1::-1].astype(int) for boxes in each] for each in places]
    learned, seen = (crops(scenes.images, each, size) for scenes, each in zip((train, test), corners, strict=True))
    labels = k_means(learned, seen, number, 0).astype(np.int64)
    split = np.split(labels, np.cumsum([len(boxes) for boxes in places[1]])[:-1])
    ones = [np.ones(len(each), np.float32) for each in split]
    boxes = [each.astype(np.float32) for each in places[1]]
    return [Detections(b, k, k.copy(), one) for b, k, one in zip(boxes, split, ones, strict=True)]
