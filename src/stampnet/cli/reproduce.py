"""`stampnet reproduce`: the paper's tables again, on this machine."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stampnet.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stampnet.benchmarks.record import Measured


class What(StrEnum):
    table1 = "table1"
    table2 = "table2"
    figure2 = "figure2"
    hard = "hard"
    classes = "classes"
    pedestrians = "pedestrians"


def reproduce(
    what: Annotated[
        What,
        typer.Argument(
            help="table1: the six synthetic rows, and pedestrians in short. "
            "table2: purity beside supervised accuracies. figure2: stamps and what they explain. "
            "hard: rows where thresholds break. classes: stamps that bend, alone and grouped into classes. "
            "pedestrians: the seventh row, on simulated crops.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("benchmarks/results"),
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each row; median and worst are shown.")] = 5,
    num_images: Annotated[int, typer.Option(min=1, max=10_000, help="Test images of each row.")] = 10_000,
    row: Annotated[
        list[str] | None,
        typer.Option(
            help="Of classes, these rows only: t-mnist-1, ct-mnist-1-grey, ..., those of hard too.", show_default=False
        ),
    ] = None,
    umap: Annotated[
        bool, typer.Option(help="Also a baseline of UMAP and a Gaussian mixture; needs stampnet[baselines].")
    ] = False,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="Of pedestrians, the folder of a run that was fitted on such crops, for a row more.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Fit by matching, score, and print our rows beside the paper's, the authors' weights and a simple baseline.

    Example: stampnet reproduce table1
    """
    from stampnet.benchmarks import reproduce as tables
    from stampnet.benchmarks.record import record
    from stampnet.training.run_folder import environment

    if run and what is not What.pedestrians:
        raise InputError(f"only pedestrians have rows for runs, got --run with {what.value}; leave it out")
    if what is What.figure2:
        print(f"written: {tables.figure_2(out)}")
        return
    made_on = environment()
    if what is What.classes:
        from stampnet.benchmarks.classes import ROWS, classes_table

        known = (*ROWS, *tables.HARD)
        if strange := set(row or ()) - set(known):
            raise InputError(f"there is no row {min(strange)!r}; choose from {'; '.join(known)}")
        measured = classes_table(row or ROWS, num_seeds=seeds, num_images=num_images, umap=umap)
        path = record(re.sub("[^a-z0-9-]+", "-", "-".join(["classes", *(row or ())])), measured, out, made_on)
    elif row:
        raise InputError(f"only classes can be made row by row, got --row with {what.value}; leave it out")
    elif what is What.pedestrians:
        from stampnet.benchmarks.pedestrian_row import NUM_TEST, reproduce_pedestrians

        if umap:
            raise InputError("pedestrians have no baseline of UMAP; leave --umap out")
        measured = reproduce_pedestrians(num_seeds=seeds, num_test=min(num_images, NUM_TEST), runs=run or ())
        path = record("table1-pedestrians", measured, out, made_on)
    else:
        path = record(what.value, _table(what)(num_seeds=seeds, num_images=num_images, umap=umap), out, made_on)
    print(path.read_text(encoding="utf-8"))
    print(f"written: {path}")


def _table(what: What) -> "Callable[..., Measured]":
    from stampnet.benchmarks import reproduce as tables
    from stampnet.benchmarks.table2 import reproduce_table_2

    return {
        What.table1: tables.reproduce_table_1,
        What.table2: reproduce_table_2,
        What.hard: tables.reproduce_hard,
    }[what]
