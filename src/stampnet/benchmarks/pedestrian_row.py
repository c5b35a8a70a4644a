"""The seventh row of the paper's Table 1: one pedestrian beside a wall, on crops that are like the paper's.

The paper's images are not public. Crops are simulated as its images are known to be, see `CropRecipe`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import torch
from jaxtyping import UInt8
from rich.console import Console
from scipy import ndimage
from sklearn.cluster import KMeans

from stampnet.benchmarks.baselines import components, crops
from stampnet.benchmarks.pedestrian_scores import (
    LOOKED_AT,
    Honest,
    honest_scores,
    name_people,
    oracle_scores,
    people_in,
)
from stampnet.benchmarks.realism import Located, pedestrian_network
from stampnet.benchmarks.record import Measured
from stampnet.data.data_home import data_home
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.detection import Detections
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.predictor import Decoding, StampNet
from stampnet.report.page import Table
from stampnet.report.tables import published_scores
from stampnet.training.config import Hardware, MatchingTrainingConfig
from stampnet.training.defaults import distillation_for
from stampnet.training.distillation import taught_network
from stampnet.training.fit import fit
from stampnet.training.pixels import to_pixels
from stampnet.training.presets import PEDESTRIAN_MARGIN, preset

ROW = "pedestrians-3"
NUM_TRAIN, NUM_TEST = 8901, 2226
"""As many as the paper had."""
NUM_NAMED = 1000
"""Training crops among which a few objects of each stamp are looked at."""
NUM_OTHERS = 300
"""Crops of each other kind."""
DENSITIES = (1.0, 2.0, 3.0)
MORE_SLOTS = 8
"""For crowds: slots, filled at once, for stamps that were learned with three."""
TAUGHT_EPOCHS = 3
MM_PER_PX = 13.6
STATIC = 0.9
"""A pixel that is not black in this share of the images of a camera shows what stands still."""
WALL_ROWS = 0.8
"""The baseline's rule: a column with so many bright rows is a wall."""
VISIBLE_BINS = (0.0, 0.5, 0.8, 0.95, 1.01)
NUM_CLUSTERED = 3000
"""Crops from which the baseline learns."""
NUMBERS = (
    *("CorLoc, oracle", "IoU, oracle", "CorLoc, 28 px", "IoU, 28 px", "purity, oracle", "cm, oracle"),
    *("CorLoc", "IoU", "purity", "false alarms"),
)
HEADER = ("crops", "method", *NUMBERS, "seconds")
LESS_IS_BETTER = ("cm, oracle", "false alarms")

Find = Callable[[Pictures], list[Detections]]


@dataclass(frozen=True)
class Result:
    """What one method says of crops."""

    oracle: Located | None
    """None where nobody is in the crops."""
    honest: Honest
    seconds: float = 0.0
    """Of fitting."""

    def numbers(self) -> tuple[float, ...]:
        """In the order of NUMBERS."""
        one, honest = self.oracle, self.honest
        paper = (np.nan,) * 6
        if one is not None:
            off = one.median_px * MM_PER_PX / 10
            paper = (one.corloc, one.iou, one.released_corloc, one.released_iou, one.purity, off)
        return (*paper, honest.corloc, honest.iou, honest.purity, honest.false_alarms)


@dataclass(frozen=True)
class Method:
    """What finds objects, and which of its stamps are people."""

    find: Find
    is_person: np.ndarray
    seconds: float = 0.0

    def on(self, pictures: Pictures) -> Result:
        """Its scores on labelled crops."""
        found, people = self.find(pictures), people_in(pictures)
        shown = any(map(len, people))
        return Result(
            oracle_scores(found, people) if shown else None, honest_scores(found, people, self.is_person), self.seconds
        )


def named_method(find: Find, train: Pictures, num_stamps: int, seconds: float = 0.0) -> Method:
    """Names stamps on the first training crops."""
    shown = first(train, NUM_NAMED)
    return Method(find, name_people(find(shown), people_in(shown), num_stamps), seconds)


def first(pictures: Pictures, number: int) -> Pictures:
    """The first crops, or all if there are fewer."""
    return some(pictures, range(min(number, len(pictures.images))))


def some(pictures: Pictures, which: Sequence[int]) -> Pictures:
    """Crops with these numbers, which rise; they are numbered anew."""
    numbers = np.array(which, np.int64)
    kept = np.isin(pictures.labels["image"], numbers)
    labels = {name: column[kept] for name, column in pictures.labels.items()}
    return replace(
        pictures,
        depth_mm=pictures.depth_mm[numbers],
        images=pictures.images[numbers],
        masks=pictures.masks[numbers],
        labels={**labels, "image": np.searchsorted(numbers, labels["image"])},
        columns={name: column[numbers] for name, column in pictures.columns.items()},
    )


def with_margin(images: UInt8[np.ndarray, "B H W"], margin: int) -> UInt8[np.ndarray, "B H2 W2"]:
    """Black pixels around, so that stamps find people whom the border cuts."""
    return np.pad(images, ((0, 0), (margin, margin), (margin, margin)))


def without_static(pictures: Pictures) -> Pictures:
    """What stands still before each camera made black: no label is needed, only which camera took which image."""
    images = pictures.images.copy()
    for site in np.unique(pictures.columns["site"]):
        which = pictures.columns["site"] == site
        stands = np.pad((images[which] > 0).mean(axis=0) >= STATIC, 2, mode="edge")
        stands = ndimage.binary_opening(stands, np.ones((3, 3)))  # speckle makes no wall
        stands = ndimage.binary_dilation(stands, np.ones((3, 3)))[2:-2, 2:-2]
        images[which] = np.where(stands, 0, images[which])
    return replace(pictures, images=images)


def finder(model: StampNet, decoding: Decoding = "most-likely") -> Find:
    """What a fitted model finds, in pixels of the crops; a model of larger images sees crops with a margin."""

    def find(pictures: Pictures) -> list[Detections]:
        height = pictures.images.shape[1]
        margin = (model.model_.config.image_size[0] - height) // 2
        found = model.detect(with_margin(pictures.images, margin), decoding=decoding)
        return [replace(one, boxes_xyxy=one.boxes_xyxy - margin) for one in found]

    return find


def of_model(model: StampNet, seconds: float, train: Pictures, decoding: Decoding = "most-likely") -> Method:
    """A model that was fitted in so many seconds; its stamps are named on training crops."""
    return named_method(finder(model, decoding), train, len(model.stamps_), seconds)


def fitted(pictures: Pictures, seed: int, margin: int = PEDESTRIAN_MARGIN) -> tuple[StampNet, float]:
    """The preset fitted on crops with a margin, and the seconds."""
    row = preset(ROW)
    height, width = pictures.images.shape[1:]
    assert isinstance(row.model, MatchingConfig)
    assert isinstance(row.training, MatchingTrainingConfig)
    model = replace(row.model, image_size=(height + 2 * margin, width + 2 * margin))
    start = time.perf_counter()
    images = to_pixels(with_margin(pictures.images, margin), 255.0)
    done = fit(images, model, replace(row.training, seed=seed))
    return StampNet.from_model(done.model), time.perf_counter() - start


def taught(teacher: StampNet, pictures: Pictures, epochs: int) -> tuple[StampNet, float]:
    """The paper's network, taught what matching finds."""
    matcher = teacher.model_
    assert isinstance(matcher, StampMatcher)
    images = to_pixels(
        with_margin(pictures.images, (matcher.config.image_size[0] - pictures.images.shape[1]) // 2), 255.0
    )
    start = time.perf_counter()
    training = distillation_for(len(images), epochs=epochs)
    hardware = Hardware(precision="bf16-mixed")
    done = fit(images, taught_network(matcher.config), training, hardware, teacher=matcher)
    return StampNet.from_model(done.model), time.perf_counter() - start


def with_slots(model: StampNet, number: int) -> StampNet:
    """The same stamps, more of them in an image."""
    matcher = model.model_
    assert isinstance(matcher, StampMatcher)
    other = StampMatcher(replace(matcher.config, max_shapes=number)).eval()
    other.load_state_dict(matcher.state_dict())
    return StampNet.from_model(other)


def by_components(train: Pictures, *, is_wall_known: bool) -> Method:
    """A threshold, connected components, k-means of what they frame; walls may be told by a rule for columns."""
    row = preset(ROW).model
    size, most = row.stamp_size, row.max_shapes
    margin = PEDESTRIAN_MARGIN

    def framed(pictures: Pictures) -> tuple[np.ndarray, list[np.ndarray]]:
        bright = ndimage.median_filter(pictures.images, (1, 3, 3)) > 0
        if is_wall_known:
            bright &= bright.mean(axis=1, keepdims=True) < WALL_ROWS
        images = with_margin(np.where(bright, np.uint8(255), np.uint8(0)), margin)
        return images, components(images, most, size)

    images, corners = framed(train)
    clusters = KMeans(row.num_stamps, n_init=1, random_state=0).fit(crops(images, corners, size))

    def find(pictures: Pictures) -> list[Detections]:
        images, corners = framed(pictures)
        windows = crops(images, corners, size)
        ends = np.cumsum([len(one) for one in corners])[:-1]
        stamps = np.split(clusters.predict(windows).astype(np.int64), ends)
        score = np.split(windows.mean(axis=1), ends)
        boxes = [np.concatenate([one[:, ::-1], one[:, ::-1] + size[::-1]], axis=1) - margin for one in corners]
        return [Detections(b.astype(np.float32), k, k, s) for b, k, s in zip(boxes, stamps, score, strict=True)]

    return named_method(find, train, row.num_stamps)


def reproduce_pedestrians(
    *,
    num_seeds: int = 3,
    num_train: int = NUM_TRAIN,
    num_test: int = NUM_TEST,
    runs: Sequence[Path] = (),
    taught_epochs: int = TAUGHT_EPOCHS,
) -> Measured:
    """The seventh row, on simulated crops: what the paper's rules say, and what is left without their oracle.

    `runs` are folders of models that were fitted on such crops, with or without a margin.
    """
    console = Console(stderr=True, highlight=False)
    lines: list[tuple[str, ...]] = [_paper()]

    def add(kind: str, method: str, numbers: Sequence[float], seconds: float = 0.0) -> None:
        lines.append((kind, method, *_cells(numbers), f"{seconds:.0f}" if seconds else ""))
        console.print(" ".join(lines[-1]))

    test = make_crops(CropRecipe(num_images=num_test, mode="single", split="test"))
    train = make_crops(CropRecipe(num_images=num_train, mode="single"))
    for method, made in _others(train, runs):
        add("single", method, made.on(test).numbers(), made.seconds)
    ours, model = _seeds(train, test, num_seeds)
    for which, numbers, seconds in summaries(ours):
        add("single", f"matching, {which}", numbers, seconds)
    bare = without_static(train)
    removed = of_model(*fitted(bare, 0), bare).on(without_static(test))
    add("single", "matching, walls removed", removed.numbers(), removed.seconds)
    network, seconds = taught(model, train, taught_epochs)
    add("single", "network, taught by matching", of_model(network, seconds, train).on(test).numbers(), seconds)
    for kind, method, result in _strata(model, train, test, min(NUM_OTHERS, num_test)):
        add(kind, method, result.numbers())
    return Measured(
        Table("The paper's seventh row, pedestrians, on simulated crops", HEADER, tuple(lines)),
        _about(num_seeds, num_train, num_test),
    )


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
    models = [fitted(train, seed) for seed in range(num_seeds)]
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
    test = make_crops(CropRecipe(num_images=num_test, mode="single", split="test"))
    train = make_crops(CropRecipe(num_images=num_train, mode="single"))
    results, _ = _seeds(train, test, num_seeds)
    for which, numbers, seconds in summaries(results):
        number = dict(zip(NUMBERS, (f"{one:.4f}" for one in numbers), strict=True))
        for slot, ending in (("nearest slot", ", oracle"), ("slot by class", "")):
            located, iou, pure = (number[f"{name}{ending}"] for name in ("CorLoc", "IoU", "purity"))
            yield ROW, f"matching, simulated, {slot}, {which}", located, iou, iou, pure, "", "", f"{seconds:.0f}"


def _strata(model: StampNet, train: Pictures, test: Pictures, number: int) -> Iterator[tuple[str, str, Result]]:
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
    many = of_model(with_slots(model, MORE_SLOTS), 0.0, train)
    for mode in ("empty", "group"):
        crops = make_crops(CropRecipe(num_images=number, mode=mode, split="test"))
        yield mode, "matching", three.on(crops)
        yield mode, f"matching, M = {MORE_SLOTS}", many.on(crops)
    for density in DENSITIES:
        crops = make_crops(CropRecipe(num_images=number, mode="crowd", density=density, split="test"))
        yield f"crowd, {density:g} / m2", "matching", three.on(crops)
        yield f"crowd, {density:g} / m2", f"matching, M = {MORE_SLOTS}", many.on(crops)


def _about(num_seeds: int, num_train: int, num_test: int) -> tuple[str, ...]:
    return (
        (
            f"{num_train} training and {num_test} test crops of one person each, of other places and people; "
            f"{min(NUM_OTHERS, num_test)} of each other kind. The paper's row is that of its own images, which are not "
            f"public. Matching and the network that it teaches see crops with {PEDESTRIAN_MARGIN} black pixels around, so "
            "that stamps reach people whom the border cuts; the authors' weights see crops as they are, where no more "
            "than CorLoc .987 and IoU .947 can be had. "
            f"Matching with seeds 0 to {num_seeds - 1}, all else with one, on {torch.get_num_threads()} threads, median and worst of each column."
        ),
        (
            "Oracle: the paper's rules, by which the stamp nearest to the label is the pedestrian, in the first person's "
            "box of 40 pixels about the visible body, and with boxes of 28 pixels at the same corners, as the released "
            "code has them; purity of two classes, the nearest stamp and the others; cm: the median distance of its "
            f"middle from that of the visible body, {MM_PER_PX} mm a pixel."
        ),
        (
            f"The columns after it know no oracle: a stamp is a person where most of up to {LOOKED_AT} of its objects on "
            f"the first {NUM_NAMED} training crops overlap one by one half. Of an image with K people the K best-scored "
            "detections of people are paired with them; CorLoc and IoU count all people. Purity: the share of all placed "
            "stamps, on walls too, whose name is right. False alarms: detections of people, an image, that overlap nobody "
            "by one half."
        ),
        (
            "Walls removed: pixels that are bright in nine of ten images of a place are made black, before fitting and "
            f"before searching. M = {MORE_SLOTS}: the same stamps, more slots. Visible: the share of the body's pixels "
            "that its own belongings, others and the border leave."
        ),
    )
