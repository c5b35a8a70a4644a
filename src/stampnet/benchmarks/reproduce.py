"""The paper's tables again, by matching: our rows beside the paper's, the authors' weights, and a simple baseline."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import torch
from rich.console import Console

from stampnet.benchmarks.baselines import Cluster, baseline, k_means, umap_mixture
from stampnet.benchmarks.parity import RUNS, authors_model
from stampnet.benchmarks.pedestrian_row import in_table_1
from stampnet.benchmarks.record import Measured
from stampnet.data.data_home import data_home
from stampnet.data.official_streams import OFFICIAL_TEST_SETS, official_test_scenes
from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.data.scenes import Scenes
from stampnet.evaluation import FRAMES, evaluate
from stampnet.metrics.evaluation import Scores, score
from stampnet.model.config import ModelConfig
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.report.tables import published_scores
from stampnet.training.config import MatchingTrainingConfig
from stampnet.training.defaults import matching_for
from stampnet.training.fit import fit
from stampnet.training.pixels import to_pixels
from stampnet.training.presets import preset

TABLE_1 = ("simple-shapes-1", "simple-shapes-2", "t-mnist-1", "t-mnist-2", "ct-mnist-1", "ct-mnist-2")
HARD: dict[str, tuple[str, dict[str, float]]] = {
    "t-mnist-5": ("t-mnist-2", {"num_shapes": 5}),
    "simple-shapes-4": ("simple-shapes-2", {"num_shapes": 4}),
    "t-mnist-2, noise .3, uneven light": ("t-mnist-2", {"noise": 0.3, "unevenness": 0.4}),
    "ct-mnist-2, 16 pieces of clutter": ("ct-mnist-2", {"num_clutter": 16}),
    "t-mnist, 0 to 4 digits": ("t-mnist-2", {"min_shapes": 0, "num_shapes": 4}),
}
"""Rows where thresholds break: the preset that each starts from, and what is harder."""
ABOUT_PEDESTRIANS = (
    "The paper's pedestrians are not public: matching learns from as many simulated crops as the paper had, and is "
    "scored on as many. Nearest slot: the paper's rule, by which the label chooses among the stamps of an image; slot "
    "by class: the best-scored stamp of those that a few labelled training crops name people. IoU is that of one box "
    "of 40 pixels. `stampnet reproduce pedestrians` tells more."
)
IMAGES_AT_MOST = 8_000
"""Training images that a baseline learns from."""
HEADER = ("row", "method", "CorLoc", "IoU (union)", "IoU (matched)", "purity", "count", "F1", "seconds")


@dataclass(frozen=True)
class Experiment:
    """Data, model and training of one row; `seed` gives another run of the same."""

    name: str
    recipe: SceneRecipe
    model: ModelConfig
    training: MatchingTrainingConfig

    @property
    def least_shapes(self) -> int:
        """How many objects are known to be in every image."""
        return self.recipe.num_shapes if self.recipe.min_shapes is None else self.recipe.min_shapes


@dataclass(frozen=True)
class Result:
    """What one run of a method gave."""

    method: str
    scores: Scores
    seconds: float
    """Of fitting; of baselines, of what they do with the test images too."""

    def numbers(self) -> tuple[float, ...]:
        """In the order of the header, without the seconds."""
        paper, refined = self.scores.paper, self.scores.refined
        return (
            paper.corloc,
            paper.iou,
            refined.matched_iou,
            paper.purity,
            refined.count_accuracy,
            refined.f1,
        )


def experiment(name: str) -> Experiment:
    """The row of Table 1 or the hard row of that name."""
    base, harder = HARD.get(name, (name, {}))
    chosen = preset(base)
    assert chosen.recipe is not None
    recipe = replace(chosen.recipe, **harder)  # type: ignore[arg-type]
    model = replace(chosen.model, max_shapes=recipe.num_shapes)
    return Experiment(name, recipe, model, matching_for(recipe.num_images, model.num_stamps, recipe.num_shapes))


def reproduce_table_1(*, num_seeds: int = 5, num_images: int = 10_000, umap: bool = False) -> Measured:
    """The six synthetic rows of Table 1, and pedestrians on simulated crops."""
    measured = _measured("The paper's Table 1, by matching", TABLE_1, num_seeds, num_images, umap)
    table = replace(measured.table, rows=(*measured.table.rows, *in_table_1(num_seeds)))
    return replace(measured, table=table, notes=(*measured.notes, ABOUT_PEDESTRIANS))


def reproduce_hard(*, num_seeds: int = 5, num_images: int = 10_000, umap: bool = False) -> Measured:
    """Rows where thresholds break and a decomposition must earn its place."""
    return _measured("Where thresholds break", tuple(HARD), num_seeds, num_images, umap)


def _measured(title: str, names: tuple[str, ...], num_seeds: int, num_images: int, umap: bool) -> Measured:
    rows: list[tuple[str, ...]] = []
    for name in names:
        paper = published_scores(name)
        if paper is not None:
            numbers = (f"{paper.corloc:.4f}", f"{paper.iou:.4f}", "", f"{paper.purity:.4f}", "", "", "")
            rows.append((name, "paper", *numbers))
        lines = summaries(name, num_seeds, num_images, clusterings_of_crops(umap))
        rows += [(name, method, *cells) for method, cells in lines]
    return Measured(
        Table(title, HEADER, tuple(rows)),
        (
            (
                f"{num_images} test images of test digits and shapes, the authors' own where their random streams are "
                f"known; matching with seeds 0 to {num_seeds - 1}, median and worst of each column; seconds of fitting "
                f"on {torch.get_num_threads()} threads. Boxes are centred on what a stamp explains; 'frames' are the "
                "boxes that the stamps cover. CorLoc, union IoU and purity as the paper defines them; count: images "
                "with the right number of objects; the baseline is a threshold, connected components "
                f"(parted into as many as there must be) and k-means{' or UMAP and a mixture' if umap else ''}. "
                f"{about_baselines()}"
            ),
        ),
    )


def about_baselines() -> str:
    """What a reader must know to compare baselines with matching."""
    return (
        f"Baselines learn from the first {IMAGES_AT_MOST} images with one seed, and their seconds include finding and "
        "clustering the objects of the test images, which those of matching do not."
    )


def clusterings_of_crops(umap: bool) -> dict[str, Cluster]:
    """By name, the ways in which the baselines cluster components."""
    return {"k-means": k_means} | ({"UMAP, mixture": umap_mixture} if umap else {})


def summaries(
    name: str, num_seeds: int, num_images: int, clusterings: Mapping[str, Cluster]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Method and cells of each line of a row; `clusterings` are those of the baselines."""
    console = Console(stderr=True, highlight=False)
    row = experiment(name)
    test = scenes_to_score(row, num_images)
    methods: list[Callable[[], Result]] = []
    if name in RUNS and (data_home() / "official_weights").is_dir():
        methods.append(partial(_authors, name, test))
    methods += [partial(_baseline, f"components, {kind}", clusterings[kind], row, test) for kind in clusterings]
    for method in methods:
        result = method()
        console.print(f"{name}: {result.method}: {_cells(result.numbers(), result.seconds)}")
        yield result.method, _cells(result.numbers(), result.seconds)
    ours: list[list[Result]] = []
    for seed in range(num_seeds):
        ours.append(_matching(row, test, seed))
        console.print(f"{name}: seed {seed}: {_cells(ours[-1][0].numbers(), ours[-1][0].seconds)}")
    for results in zip(*ours, strict=True):
        columns = list(zip(*(result.numbers() for result in results), strict=True))
        seconds = [result.seconds for result in results]
        yield f"{results[0].method}, median", _cells(tuple(map(median, columns)), median(seconds))
        yield f"{results[0].method}, worst", _cells(tuple(map(min, columns)), max(seconds))


def _cells(numbers: tuple[float, ...], seconds: float) -> tuple[str, ...]:
    return (*(f"{number:.4f}" for number in numbers), f"{seconds:.0f}" if seconds else "")


def scenes_to_score(row: Experiment, num_images: int) -> Scenes:
    if row.name in OFFICIAL_TEST_SETS:
        return official_test_scenes(row.name)[:num_images]
    return make_scenes(replace(row.recipe, num_images=num_images, split="test"))


def _matching(row: Experiment, test: Scenes, seed: int) -> list[Result]:
    """The boxes around what is explained, and the frames of the stamps."""
    images = make_scenes(replace(row.recipe, seed=seed)).images
    start = time.perf_counter()
    fitted = fit(to_pixels(images, 255.0), row.model, replace(row.training, seed=seed))  # type: ignore[arg-type]
    seconds = time.perf_counter() - start
    results = evaluate(StampNet.from_model(fitted.model), test)
    names = {"most-likely": "matching", FRAMES: "matching, frames"}
    return [Result(names[result.decoding], result.scores, seconds) for result in results]


def _authors(name: str, test: Scenes) -> Result:
    (result,) = evaluate(authors_model(name), test)
    return Result("authors' weights", result.scores, 0.0)


def _baseline(method: str, cluster: Cluster, row: Experiment, test: Scenes) -> Result:
    """Sees the images of seed 0."""
    images = make_scenes(row.recipe).images[:IMAGES_AT_MOST]
    most = row.model.max_shapes
    start = time.perf_counter()
    detections = baseline(
        images,
        test,
        cluster,
        most=most,
        least=row.least_shapes,
        size=row.model.stamp_size,
        number=row.model.num_stamps,
    )
    return Result(method, score(test, detections, row.model.num_stamps), time.perf_counter() - start)


def figure_2(folder: Path, name: str = "t-mnist-2") -> Path:
    """The stamps that matching learns, and what they explain of test images: a picture in `folder`."""
    from stampnet.report.figures import Gallery, draw_overview, save_png

    row = experiment(name)
    fitted = fit(to_pixels(make_scenes(row.recipe).images, 255.0), row.model, row.training)  # type: ignore[arg-type]
    model = StampNet.from_model(fitted.model)
    test = scenes_to_score(row, 1000)
    found = model.detect(test.images)
    usage = torch.bincount(torch.cat([torch.from_numpy(one.stamp) for one in found]), minlength=len(model.stamps_))
    shown = test.images[:8]
    picture = draw_overview(
        Gallery(model.stamps_, model.class_of_stamp_, model.class_names_, usage.numpy()),
        shown,
        found[:8],
        model.reconstruct(shown),
        test.boxes_xyxy[:8],
    )
    path = folder / f"figure2-{name}.png"
    save_png(picture, path)
    return path
