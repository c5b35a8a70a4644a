"""The authors' weights on the authors' test sets, beside the numbers that they published."""

from pathlib import Path
from statistics import mean

from stampnet.benchmarks.record import Measured
from stampnet.data.data_home import data_home
from stampnet.data.official_streams import official_test_scenes
from stampnet.errors import InputError
from stampnet.evaluation import Evaluation, evaluate
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.report.tables import published_scores
from stampnet.training.keras_weights import import_weights

RUNS = {
    "simple-shapes-2": "simple_shapes_2",
    "t-mnist-2": "t_mnist_2",
    "ct-mnist-1": "ct_mnist_1",
    "ct-mnist-2": "ct_mnist_2",
}
"""Row of Table 1 to the name of the released files."""
NUM_SAMPLES = 5


def authors_model(row: str, weights: Path | None = None) -> StampNet:
    """The released network of a row; `weights` is the folder of the files, else `official_weights` in the data home.

    Raises InputError where the files are not there.
    """
    folder = weights or data_home() / "official_weights"
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {folder}: put the .hdf5 and .json files of the authors' runs there, or name their "
            "folder with --weights"
        )
    return StampNet.from_model(import_weights(folder / f"{RUNS[row]}.hdf5", folder / f"{RUNS[row]}.json"))


def parity_table(weights: Path | None = None, num_images: int = 10_000) -> Measured:
    """Every row with weights: published, sampled as the authors evaluated, and the most likely choices."""
    rows: list[tuple[str, ...]] = []
    for row in RUNS:
        results = evaluate(authors_model(row, weights), official_test_scenes(row)[:num_images], num_samples=NUM_SAMPLES)
        paper = published_scores(row)
        if paper is not None:
            rows.append((row, "paper", f"{paper.corloc:.4f}", f"{paper.iou:.4f}", f"{paper.purity:.4f}", "", "", ""))
        rows.append((row, f"sampled, mean of {NUM_SAMPLES}", *_numbers(results[1:])))
        rows.append((row, "most likely", *_numbers(results[:1])))
    header = ("row", "choices", "CorLoc", "IoU (union)", "purity", "IoU (matched)", "NMI", "squared error")
    return Measured(
        Table("The authors' weights on the authors' test sets", header, tuple(rows)),
        (
            (
                f"{num_images} test images a row, generated from the authors' random streams; CorLoc, union IoU and "
                f"purity by the authors' definitions; sampling seeds 0 to {NUM_SAMPLES - 1}."
            ),
        ),
    )


def _numbers(results: list[Evaluation]) -> tuple[str, ...]:
    scores = [result.scores for result in results]
    rates = (
        mean(s.paper.corloc for s in scores),
        mean(s.paper.iou for s in scores),
        mean(s.paper.purity for s in scores),
        mean(s.refined.matched_iou for s in scores),
        mean(s.refined.nmi for s in scores),
    )
    return (*(f"{rate:.4f}" for rate in rates), f"{mean(result.squared_error for result in results):.2f}")
