"""The paper's Table 2: classes found without labels beside networks that were given them."""

from stampnet.benchmarks import classes, reproduce
from stampnet.benchmarks.record import Measured
from stampnet.report.page import Table
from stampnet.report.tables import published_scores

SUPERVISED = {"RAM": 0.927, "DRAW": 0.966, "RNN-SPN": 0.985, "DCN": 0.986}
"""Accuracies on CT-MNIST, M = 1, of networks that were given the labels (the paper's Table 2)."""


def reproduce_table_2(*, num_seeds: int = 5, num_images: int = 10_000, umap: bool = False) -> Measured:
    """Purity without labels on CT-MNIST, M = 1, beside the accuracy of networks that were given them."""
    name = "ct-mnist-1"
    rows = [(method, "labels", f"{accuracy:.4f}") for method, accuracy in SUPERVISED.items()]
    paper = published_scores(name)
    assert paper is not None
    rows.append(("StampNet, the paper", "no", f"{paper.purity:.4f}"))
    for method, cells in reproduce.summaries(name, num_seeds, num_images, clusterings={}):
        values = dict(zip(reproduce.HEADER[2:], cells, strict=True))
        rows.append((f"{method}, 40 clusters", "no", values["purity"]))
    for method, number, *numbers in classes.summaries(name, num_seeds, num_images, umap):
        values = dict(zip(classes.HEADER[3:], numbers, strict=True))
        rows.append((f"{method}, {number} clusters", "no", values["purity"]))
    return Measured(
        Table("The paper's Table 2, with matching", ("method", "labels", "accuracy or purity"), tuple(rows)),
        (f"{num_images} test images; purity; matching with {num_seeds} seeds.",),
    )
