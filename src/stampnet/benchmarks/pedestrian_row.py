"""The seventh row of the paper's Table 1: one pedestrian beside a wall, on crops that are like the paper's.

The paper's images are not public. Crops are simulated as its images are known to be, see `CropRecipe`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import torch
from rich.console import Console

from stampnet.benchmarks.pedestrian_methods import (
    MM_PER_PX,
    NUM_NAMED,
    NUMBERS,
    ROW,
    Method,
    Result,
    by_components,
    first,
    fitted,
    mixed,
    of_model,
    some,
    with_slots,
    without_static,
)
from stampnet.benchmarks.pedestrian_scores import COUNTED, LOOKED_AT, people_in
from stampnet.benchmarks.realism import pedestrian_network
from stampnet.benchmarks.record import Measured
from stampnet.data.data_home import data_home
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.processes import workers_for
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.report.tables import published_scores
from stampnet.training.presets import PEDESTRIAN_MARGIN

NUM_TRAIN, NUM_TEST = 8901, 2226
"""As many as the paper had."""
NUM_OTHERS = 300
"""Crops of each other kind."""
NUM_CLUSTERED = 3000
"""Crops from which the baseline learns."""
DENSITIES = (1.0, 2.0, 3.0)
MORE_SLOTS = 8
"""For crowds: slots, filled at once."""
NUM_CROWDS = 3000
"""Crops of crowds that stamps are learned from, as many of each density."""
VISIBLE_BINS = (0.0, 0.5, 0.8, 0.95, 1.01)
HEADER = ("crops", "method", *NUMBERS, "seconds")
LESS_IS_BETTER = ("cm, oracle", "false alarms")


def reproduce_pedestrians(
    *,
    num_seeds: int = 3,
    num_train: int = NUM_TRAIN,
    num_test: int = NUM_TEST,
    runs: Sequence[Path] = (),
) -> Measured:
    """The seventh row, on simulated crops: what the paper's rules say, and what is left without their oracle.

    `runs` are folders of models that were fitted on such crops, with or without a margin.
    """
    console = Console(stderr=True, highlight=False)
    lines: list[tuple[str, ...]] = [_paper()]

    def add(kind: str, method: str, numbers: Sequence[float], seconds: float = 0.0) -> None:
        lines.append((kind, method, *_cells(numbers), f"{seconds:.0f}" if seconds else ""))
        console.print(" ".join(lines[-1]))

    test = _crops(num_test, "test")
    train = _crops(num_train, "train")
    for method, made in _others(train, runs):
        add("single", method, made.on(test).numbers(), made.seconds)
    ours, model = _seeds(train, test, num_seeds)
    for which, numbers, seconds in summaries(ours):
        add("single", f"matching, {which}", numbers, seconds)
    bare = without_static(train)
    removed = of_model(*fitted(bare.images, 0), bare).on(without_static(test))
    add("single", "matching, walls removed", removed.numbers(), removed.seconds)
    for kind, method, result in _strata(model, train, test, min(NUM_OTHERS, num_test), min(NUM_CROWDS, num_train)):
        add(kind, method, result.numbers(), result.seconds)
    return Measured(
        Table("The paper's seventh row, pedestrians, on simulated crops", HEADER, tuple(lines)),
        _about(num_seeds, num_train, num_test),
    )


def _crops(number: int, split: str) -> Pictures:
    """Of single people, as the paper's."""
    return make_crops(CropRecipe(num_images=number, mode="single", split=split, num_workers=workers_for(number)))


def _paper() -> tuple[str, ...]:
    paper = published_scores(ROW)
    assert paper is not None
    row = [""] * len(HEADER)
    row[:2] = ["the paper's", "paper"]
    for name, value in (("CorLoc, oracle", paper.corloc), ("IoU, oracle", paper.iou), ("purity, oracle", paper.purity)):
        row[HEADER.index(name)] = f"{value:.4f}"
    return tuple(row)


def _cells(numbers: Sequence[float]) -> tuple[str, ...]:
    return tuple("" if np.isnan(number) else f"{number:.4f}" for number in numbers)


def _others(train: Pictures, runs: Sequence[Path]) -> Iterator[tuple[str, Method]]:
    """What is not fitted here, or without stamps."""
    few = first(train, NUM_CLUSTERED)
    yield "components, k-means", by_components(few, is_wall_known=False)
    yield "components but for walls, k-means", by_components(few, is_wall_known=True)
    if (data_home() / "official_weights").is_dir():
        authors = StampNet.from_model(pedestrian_network())
        yield "authors' weights", of_model(authors, 0.0, train)
        yield "authors' weights, sampled", of_model(authors, 0.0, train, decoding="sampled")
    for run in runs:
        yield f"run {run.name}", of_model(StampNet.load(run), 0.0, train)


def _seeds(train: Pictures, test: Pictures, num_seeds: int) -> tuple[list[Result], StampNet]:
    """Matching by several seeds, and the model of the first."""
    models = [fitted(train.images, seed) for seed in range(num_seeds)]
    return [of_model(model, seconds, train).on(test) for model, seconds in models], models[0][0]


def summaries(results: Sequence[Result]) -> Iterator[tuple[str, list[float], float]]:
    """The median and the worst of each number, and the seconds."""
    columns = list(zip(*(result.numbers() for result in results), strict=True))
    seconds = [result.seconds for result in results]
    yield "median", [median(column) for column in columns], median(seconds)
    ends = [max if name in LESS_IS_BETTER else min for name in NUMBERS]
    yield "worst", [end(column) for end, column in zip(ends, columns, strict=True)], max(seconds)


def in_table_1(num_seeds: int, num_train: int = NUM_TRAIN, num_test: int = NUM_TEST) -> Iterator[tuple[str, ...]]:
    """Lines of Table 1: by the paper's rules, where a label chooses the slot, and where the stamp's class does."""
    paper = published_scores(ROW)
    assert paper is not None
    yield ROW, "paper", f"{paper.corloc:.4f}", f"{paper.iou:.4f}", "", f"{paper.purity:.4f}", "", "", ""
    test = _crops(num_test, "test")
    train = _crops(num_train, "train")
    results, _ = _seeds(train, test, num_seeds)
    for which, numbers, seconds in summaries(results):
        number = dict(zip(NUMBERS, (f"{one:.4f}" for one in numbers), strict=True))
        for slot, ending in (("nearest slot", ", oracle"), ("slot by class", "")):
            located, iou, pure = (number[f"{name}{ending}"] for name in ("CorLoc", "IoU", "purity"))
            yield ROW, f"matching, simulated, {slot}, {which}", located, iou, iou, pure, "", "", f"{seconds:.0f}"


def _strata(
    model: StampNet, train: Pictures, test: Pictures, number: int, num_crowds: int
) -> Iterator[tuple[str, str, Result]]:
    """Where people are cut or hidden, and where they are many, or none."""
    three = of_model(model, 0.0, train)
    for low, high in pairwise(VISIBLE_BINS):
        which = [image for image, here in enumerate(people_in(test)) if len(here) and low <= here.visible[0] < high]
        if which:
            yield (
                f"single, {low:.0%} to {min(high, 1):.0%} visible: {len(which)}",
                "matching",
                three.on(some(test, which)),
            )
    each = num_crowds // len(DENSITIES)
    crowds = [
        make_crops(CropRecipe(num_images=each, mode="crowd", density=density, seed=seed, num_workers=workers_for(each)))
        for seed, density in enumerate(DENSITIES)
    ]
    ways = {
        "matching": three,
        f"matching, M = {MORE_SLOTS}": of_model(with_slots(model, MORE_SLOTS), 0.0, train),
        f"matching, M = {MORE_SLOTS}, learned from crowds": _of_crowds(crowds),
    }
    others: list[tuple[str, CropRecipe]] = [
        (mode, CropRecipe(num_images=number, mode=mode, split="test")) for mode in ("empty", "group")
    ]
    for density in DENSITIES:
        recipe = CropRecipe(num_images=number, mode="crowd", density=density, split="test")
        others.append((f"crowd, {density:g} / m2", recipe))
    for kind, recipe in others:
        crops = make_crops(recipe)
        for name, way in ways.items():
            yield kind, name, way.on(crops)


def _of_crowds(crowds: Sequence[Pictures]) -> Method:
    """Stamps of crowds, of all densities alike."""
    together = mixed(crowds)
    model, seconds = fitted(together.images, 0, max_shapes=MORE_SLOTS)
    return of_model(model, seconds, together)


def _about(num_seeds: int, num_train: int, num_test: int) -> tuple[str, ...]:
    others, threads = min(NUM_OTHERS, num_test), torch.get_num_threads()
    return (
        (
            f"{num_train} training and {num_test} test crops of one person each, of other places and people; {others} "
            "of each other kind. The paper's row is that of its own images, which are not public. Matching, "
            f"and runs of such size, see crops with {PEDESTRIAN_MARGIN} black pixels around, so that stamps reach "
            "people whom the border cuts; the authors' weights see crops as they are, where no more than CorLoc .987 "
            f"and IoU .947 can be had. Matching with seeds 0 to {num_seeds - 1}, median and worst of each column, all "
            f"else with one; {threads} threads."
        ),
        (
            "Oracle: the paper's rules, by which the stamp nearest to the label is the pedestrian, in the first "
            "person's box of 40 pixels about the visible body, and with boxes of 28 pixels at the same corners, as the "
            "released code has them; purity of two classes, the nearest stamp and the others; cm: the median distance "
            f"of its middle from that of the visible body, {MM_PER_PX} mm a pixel."
        ),
        (
            f"The columns after it know no oracle: a stamp is a person where most of up to {LOOKED_AT} of its objects "
            f"on the first {NUM_NAMED} training crops overlap one by one half. Of an image with K people the K "
            f"best-scored detections of people are paired with those of whom {COUNTED:.0%} can be seen, whom CorLoc "
            "and IoU count. Purity: the share of all placed stamps, on walls too, whose name is right. False alarms: "
            "detections of people, an image, that overlap nobody by one half. Children who are carried count as parts "
            "of who carries them."
        ),
        (
            "Walls removed: pixels that are bright in nine of ten images of a place are made black, before fitting and "
            f"before searching. M = {MORE_SLOTS}: the same stamps, more slots; learned from crowds: "
            f"{min(NUM_CROWDS, num_train)} crops of all densities alike, in place of single people. Visible: the share "
            "of the body's pixels that its own belongings, others and the border leave."
        ),
    )
