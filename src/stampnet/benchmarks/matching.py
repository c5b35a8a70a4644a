"""How fast matching searches and fits, how near that is to what the machine can do, and how often it is exact."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from stampnet.benchmarks.record import Measured
from stampnet.data.recipe import Kind, SceneRecipe, make_scenes
from stampnet.matching.coarse_to_fine import best_placement
from stampnet.matching.filters import filters
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.notation import Images, Stamps
from stampnet.predictor import BATCH_SIZE
from stampnet.report.page import Table
from stampnet.training.defaults import matching_for
from stampnet.training.fit import fit
from stampnet.training.pixels import to_images, to_pixels

THREADS = (1, 2)
NUM_TRAIN, NUM_TEST, REPEATS = 8_000, 1_000, 3
EQUAL, NEARLY = 1e-4, 0.02
"""Parts of the largest gain by which a placement may fall short and still count as equally good, or nearly."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Data and sizes that are timed."""

    kind: Kind = "t-mnist"
    canvas: int = 84
    num_stamps: int = 40
    max_shapes: int = 1


CASES = (
    Case(),
    Case(max_shapes=2),
    Case(kind="simple-shapes", max_shapes=2),
    Case(max_shapes=4),
    Case(num_stamps=10),
    Case(num_stamps=160),
    Case(canvas=42),
    Case(canvas=168),
)
"""The paper's sizes, then more objects, fewer and more stamps, smaller and larger images."""


def largest_gain(images: Images, stamps: Stamps, contrast: tuple[float, float]) -> Float[Tensor, " B"]:
    """The largest gain of each image, over every stamp at every place at full size: what the search must not miss."""
    full = filters(stamps)[0]
    product = F.conv2d(images, full.kernel)
    energy = full.energy[:, None, None]
    factor = (product / energy).clamp(*contrast)
    return (factor * (2 * product - factor * energy)).flatten(1).amax(dim=1)


def agreement(matcher: StampMatcher, images: Images) -> tuple[float, float]:
    """On which part of the images the coarse-to-fine search is as good as trying everything, and on which nearly."""
    stamps, contrast = matcher.stamp.stamps.detach(), matcher.config.search.contrast
    ratios = []
    for batch in matcher.foreground(images).split(BATCH_SIZE):
        _, gain = best_placement(batch, None, filters(stamps), contrast)
        ratios.append(gain / largest_gain(batch, stamps, contrast))
    ratio = torch.cat(ratios)
    return float((ratio >= 1 - EQUAL).float().mean()), float((ratio >= 1 - NEARLY).float().mean())


def matching_table(cases: tuple[Case, ...] = CASES, num_train: int = NUM_TRAIN, num_test: int = NUM_TEST) -> Measured:
    """Every case, with one and with two threads."""
    rows: list[tuple[str, ...]] = []
    peaks = []
    for threads in THREADS:
        with _threads(threads):
            peaks.append(matrix_rate())
    for case in cases:
        matcher, fit_speed = _fitted(case, num_train)
        images = _images(case, num_test, "test")
        with FlopCounterMode(display=False) as counter:
            matcher.explain(images)
        operations = counter.get_total_flops() / len(images)
        seconds = []
        for threads in THREADS:
            with _threads(threads):
                seconds.append(_seconds(partial(_explain_all, matcher, images)))
        speeds = [len(images) / one for one in seconds]
        equal, nearly = agreement(matcher, images)
        rows.append(
            (
                f"{case.kind}, {case.canvas} x {case.canvas}",
                str(case.num_stamps),
                str(case.max_shapes),
                *(f"{speed:.0f}" for speed in speeds),
                f"{fit_speed:.0f}",
                f"{operations / 1e6:.1f}",
                *(f"{speed * operations / peak:.0%}" for speed, peak in zip(speeds, peaks, strict=True)),
                f"{equal:.1%}",
                f"{nearly:.1%}",
            )
        )
    header = (
        "images",
        "N",
        "M",
        *(f"search, images/s, {threads} threads" for threads in THREADS),
        f"fit, images/s, {THREADS[-1]} threads",
        "MFLOP an image",
        *(f"of peak, {threads} threads" for threads in THREADS),
        "as good as exhaustive",
        "within 2 %",
    )
    rates = ", ".join(f"{peak / 1e9:.0f} GFLOP/s with {threads}" for threads, peak in zip(THREADS, peaks, strict=True))
    return Measured(
        Table("The speed of matching", header, tuple(rows)),
        (
            (
                f"28 x 28 stamps, fitted to {num_train} images with seed 0; search on {num_test} test images, median "
                f"of {REPEATS} after a warm-up. Peak is the measured rate of float32 matrix products of 2048 x 2048: "
                f"{rates} threads. Operations are those of the convolutions alone. The last columns compare the first "
                "slot of the coarse-to-fine search with trying every stamp at every place."
            ),
        ),
    )


def matrix_rate(size: int = 2048) -> float:
    """Floating-point operations a second of float32 matrix products, with the threads that are set."""
    first, second = torch.rand(2, size, size)
    return 2 * size**3 / _seconds(lambda: first @ second)


def _explain_all(matcher: StampMatcher, images: Images) -> None:
    for batch in images.split(BATCH_SIZE):
        matcher.explain(batch)


def _fitted(case: Case, num_train: int) -> tuple[StampMatcher, float]:
    """A fitted matcher, and the images a second of fitting."""
    config = MatchingConfig(
        image_size=(case.canvas, case.canvas),
        stamp_size=(28, 28),
        num_stamps=case.num_stamps,
        max_shapes=case.max_shapes,
        background="constant",
    )
    pixels = _pixels(case, num_train, "train")
    training = matching_for(num_train, case.num_stamps, case.max_shapes, epochs=2)
    with _threads(THREADS[-1]):
        fitted = fit(pixels, config, training)
    assert isinstance(fitted.model, StampMatcher)
    return fitted.model, float(fitted.history[-1]["images_per_second"] or 0)


def _pixels(case: Case, number: int, split: str) -> Tensor:
    recipe = SceneRecipe(
        kind=case.kind,
        num_images=number,
        num_shapes=case.max_shapes,
        canvas_size=(case.canvas, case.canvas),
        split=split,  # type: ignore[arg-type]
    )
    return to_pixels(make_scenes(recipe).images, 255.0)


def _images(case: Case, number: int, split: str) -> Images:
    return to_images(_pixels(case, number, split))


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _seconds(run: Callable[[], object]) -> float:
    """Median seconds of a few runs, after one that warms up."""
    times = []
    for repeat in range(REPEATS + 1):
        start = time.perf_counter()
        run()
        if repeat > 0:
            times.append(time.perf_counter() - start)
    return statistics.median(times)
