"""Purity against seconds: what more images and more stamps buy."""

import torch
from matplotlib.figure import Figure

from stampnet.benchmarks.classes import GROUPS, bending, row_with
from stampnet.benchmarks.record import Measured
from stampnet.benchmarks.reproduce import scenes_to_score
from stampnet.report.page import Table

BUDGETS = ((2000, 100), (5000, 250), (10_000, 500), (20_000, 1000), (30_000, 1000), (60_000, 2000))
"""Objects to learn from, and stamps."""
ROW = "t-mnist-1"
HEADER = ("objects", "stamps", "seconds", "purity of stamps", "purity, 40 groups", "ACC, 10 classes")


def curve_table(*, num_images: int = 10_000, seed: int = 0) -> Measured:
    """Fits of growing cost on one row, each scored on the same images."""
    rows = []
    test = scenes_to_score(row_with(ROW, 1), num_images)
    for num_objects, num_stamps in BUDGETS:
        stamps, forty, ten, _ = bending(row_with(ROW, num_objects), test, seed, num_stamps, GROUPS)
        scores = (stamps.scores.paper.purity, forty.scores.paper.purity, ten.scores.refined.accuracy)
        cells = ("" if one is None else f"{one:.4f}" for one in scores)  # no accuracy where classes are fewer than ten
        rows.append((str(num_objects), str(num_stamps), f"{ten.seconds:.0f}", *cells))
    table = Table("Purity against seconds: stamps that bend, and groups of them", HEADER, tuple(rows))
    return Measured(
        table,
        (
            (
                f"{ROW}, {num_images} test images, seed {seed}; seconds of learning and grouping on "
                f"{torch.get_num_threads()} threads. Labels serve for scoring only."
            ),
        ),
        draw_curve(table),
    )


def draw_curve(table: Table) -> Figure:
    """The columns of purity over that of seconds."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    seconds, *purities = ([float(row[k] or "nan") for row in table.rows] for k in range(2, len(HEADER)))
    for name, purity, marker in zip(HEADER[3:], purities, "os^", strict=True):
        axes.plot(seconds, purity, marker=marker, label=name)
    axes.set(
        xscale="log",
        xlabel=f"seconds of learning and grouping, {torch.get_num_threads()} threads",
        ylabel="purity or accuracy",
    )
    axes.set_title(f"{ROW}: more images and more stamps")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    return figure
