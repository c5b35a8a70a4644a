"""Real images without labels: what stampnet finds with the settings that it chooses, beside a baseline of ten lines."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image
from rich.console import Console
from scipy import ndimage

from stampnet.benchmarks.baselines import k_means, otsu
from stampnet.benchmarks.real_sets import RealSet, real_sets
from stampnet.benchmarks.record import Measured
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable
from stampnet.metrics.annotated import AnnotatedScores, annotated_scores, located_by
from stampnet.naming import IGNORED, in_classes
from stampnet.predictor import StampNet
from stampnet.report.figures import colour_of, new_figure, outlined, show
from stampnet.report.page import Table

SETTINGS: Mapping[str, Mapping[str, Any]] = {"hand-drawn shapes": {"deform": "affine", "num_stamps": 100}}
"""What is not left to be found; all else is auto."""
AUTO_ALL = {"num_stamps": "auto", "max_shapes": "auto", "stamp_size": "auto"}
CROP = 20
"""Pixels along a side of the crops that k-means sees."""
BASELINE = "Otsu, components, k-means"
SHOWN, PICTURE_HEIGHT = 240, 3.9
"""Pixels along a side of the part of an image that is drawn, at most, and inches of a row of pictures."""
HEADER = (
    *("set", "method", "clusters", "objects", "F1 at IoU .5", "count error", "AP", "purity", "NMI"),
    *("seconds of fitting", "images/s in detection"),
)


def real_images_table(names: Sequence[str] | None = None, *, seed: int = 0) -> Measured:
    """Every set, or those of some names: the baseline, and stampnet with as many clusters as it has found stamps.

    Raises InputError where there is no such set.
    """
    sets = real_sets()
    if unknown := set(names or sets) - set(sets):
        raise InputError(f"there are no sets called {', '.join(sorted(unknown))}; take some of {', '.join(sets)}")
    looks = [_look(sets[name](), seed) for name in names or sets]
    lines = [line for look in looks for line in look.lines]
    return Measured(
        Table("Real images", HEADER, tuple(lines)),
        (
            (
                "Half of the images of each set are learned from, the others scored (of blood cells every fourth; of "
                "the printed sheets the upper and the lower part). All settings are found from the images, but for "
                f"{'; '.join(f'{name}: {dict(given)}' for name, given in SETTINGS.items())}. The baseline: Otsu's "
                "threshold, connected components, k-means of crops with as many clusters as there are stamps. Of the "
                "game, stamps are named by what they find most often in the images learned from, as a person would, "
                "and those of wall and floor ignored; its baseline is told by the distance from the median colour. "
                "Count error: objects too many or too few in an image, the mean. Purity and NMI: of located objects. "
                f"Labels serve for scoring only. Seed {seed}, {torch.get_num_threads()} threads."
            ),
        ),
        draw_looks(looks),
    )


class Look(NamedTuple):
    """What was found in a set."""

    name: str
    lines: tuple[tuple[str, ...], tuple[str, ...]]
    """Of the table: the baseline, stampnet."""
    image: np.ndarray
    """The first that was scored."""
    found: Mapping[str, Detections]
    """In it, in truth and by either method."""


def draw_looks(looks: Sequence[Look]) -> Figure:
    """The middle of the first scored image of each set, with the true boxes and those of both methods."""
    figure = new_figure(PICTURE_HEIGHT * len(looks))
    grid = figure.subplots(len(looks), 3, squeeze=False)
    for row, look in zip(grid, looks, strict=True):
        for axes, (title, found) in zip(row, look.found.items(), strict=True):
            show(axes, look.image)
            (top, bottom), (left, right) = (_middle(size) for size in look.image.shape[:2])
            axes.set(xlim=(left - 0.5, right - 0.5), ylim=(bottom - 0.5, top - 0.5))
            for box in found.boxes_xyxy.tolist():
                axes.add_patch(outlined(*box, color=colour_of(0), linewidth=1.2))
            axes.set_title(f"{look.name}: {title}", fontsize=9)
    return figure


def _middle(size: int) -> tuple[int, int]:
    """First and end of the pixels that are drawn."""
    return max(0, (size - SHOWN) // 2), min(size, (size + SHOWN) // 2)


def _look(real: RealSet, seed: int) -> Look:
    start = time.perf_counter()
    settings = {**AUTO_ALL, **SETTINGS.get(real.name, {})}
    model = StampNet(**settings, random_state=seed).fit(list(real.learn))
    learned = time.perf_counter()
    found = model.detect(list(real.test))
    speed = len(real.test) / (time.perf_counter() - learned)
    if real.ignored:
        _name(model, real)
        found = [in_classes(one, model.class_of_stamp_) for one in found]
    truth = _without(real.truth, real.ignored)
    ours = annotated_scores(truth, _table(real, found, model.class_names_))
    line = _line(real, "stampnet", len(model.stamps_), ours, learned - start, speed)
    console = Console(stderr=True, highlight=False)
    console.print(" ".join(line))
    start = time.perf_counter()
    number = len(model.stamps_)
    clusters = tuple(f"cluster {k}" for k in range(number))
    by_components = _baseline(real, number, seed)
    theirs = annotated_scores(truth, _table(real, by_components, clusters))
    seconds = time.perf_counter() - start
    other = _line(real, BASELINE, number, theirs, seconds, float("nan"))
    console.print(" ".join(other))
    shown = {"truth": truth.detections[0], "stampnet": found[0], BASELINE: by_components[0]}
    return Look(real.name, (other, line), real.test[0], shown)


def _name(model: StampNet, real: RealSet) -> None:
    """What a person does who looks at the stamps: each gets the name of the class that it finds most often in the
    images that were learned from, or "ignore" where that is scenery or nothing."""
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for true, one in zip(real.learn_truth.detections, model.detect(list(real.learn)), strict=True):
        objects, places = located_by(true, one)
        kind = np.full(len(one), -1)
        kind[places] = true.class_id[objects]
        for stamp, number in zip(one.class_id.tolist(), kind.tolist(), strict=True):
            votes[stamp][real.learn_truth.class_names[number] if number >= 0 else IGNORED] += 1
    names = {stamp: counts.most_common(1)[0][0] for stamp, counts in votes.items()}
    model.name({stamp: IGNORED if name in real.ignored else name for stamp, name in names.items()})


def _without(truth: DetectionTable, ignored: Collection[str]) -> DetectionTable:
    """The truth without the objects of some classes."""
    left_out = [k for k, name in enumerate(truth.class_names) if name in ignored]
    detections = []
    for one in truth.detections:
        kept = ~np.isin(one.class_id, left_out)
        detections.append(Detections(one.boxes_xyxy[kept], one.stamp[kept], one.class_id[kept], one.score[kept]))
    return replace(truth, detections=tuple(detections))


def _table(real: RealSet, found: Sequence[Detections], names: tuple[str, ...]) -> DetectionTable:
    return DetectionTable(real.truth.image_names, real.truth.image_sizes_hw, tuple(found), names)


def _line(
    real: RealSet, method: str, number: int, scores: AnnotatedScores, seconds: float, speed: float
) -> tuple[str, ...]:
    classes = len(real.truth.class_names) > 1
    return (
        real.name,
        method,
        str(number),
        str(scores.num_objects),
        f"{scores.f1:.4f}",
        f"{scores.count_error:.2f}",
        f"{scores.ap:.4f}",
        f"{scores.purity:.4f}" if classes else "",
        f"{scores.nmi:.4f}" if classes else "",
        f"{seconds:.0f}",
        "" if np.isnan(speed) else f"{speed:.1f}",
    )


def _baseline(real: RealSet, number: int, seed: int) -> list[Detections]:
    learned = [crops for _, crops in (_components(image, real) for image in real.learn)]
    seen = [_components(image, real) for image in real.test]
    train = np.concatenate(learned)
    test = np.concatenate([crops for _, crops in seen])
    labels = k_means(train, test, min(number, len(train)), seed).astype(np.int64)
    split = np.split(labels, np.cumsum([len(boxes) for boxes, _ in seen])[:-1])
    return [
        Detections(boxes, kinds, kinds, np.ones(len(boxes), np.float32))
        for (boxes, _), kinds in zip(seen, split, strict=True)
    ]


def _components(image: np.ndarray, real: RealSet) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of the components above Otsu's threshold, and what they hold, all of one size."""
    ink = real.ink(image)
    labels, _ = ndimage.label(ink > otsu(ink), np.ones((3, 3)))
    areas = np.bincount(labels.ravel())[1:]
    boxes, crops = [], []
    for area, (rows, columns) in zip(areas, ndimage.find_objects(labels), strict=True):
        if area >= real.least_pixels:
            boxes.append((columns.start, rows.start, columns.stop, rows.stop))
            crop = Image.fromarray(ink[rows, columns]).resize((CROP, CROP), Image.Resampling.BOX)
            crops.append(np.asarray(crop, np.float32).ravel() / 255)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(crops, np.float32).reshape(-1, CROP * CROP)
