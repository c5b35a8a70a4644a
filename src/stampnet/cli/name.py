"""`stampnet name`: what a person calls the classes of a run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stampnet.errors import InputError


def name(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="NUMBER=NAME for each class that is to have a name; NUMBER=ignore leaves its objects out, NUMBER= "
            "takes a name away. Without any, the names are listed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Name, merge or ignore the classes of a run; every later output uses the names.

    Classes of one name are one. Numbers are those in stamps.png and in report.html.
    Example: stampnet name runs/photos 3=triangle 5=triangle 7=ignore
    """
    from stampnet.naming import IGNORED
    from stampnet.predictor import StampNet
    from stampnet.report.run_report import report_run
    from stampnet.training.run_folder import load_names, save_names

    model = StampNet.load_unnamed(run)
    # Another run may have left names there of classes that this one has not.
    known = {number: word for number, word in load_names(run).items() if number < len(model.numbered_classes_)}
    if names:
        known = {number: word for number, word in (known | dict(map(_pair, names))).items() if word}
        model.name(known)
        save_names(known, run)
        report_run(run)
    table = Table("class", "name")
    for number, before in enumerate(model.numbered_classes_):
        called = known.get(number, "")
        table.add_row(before, "left out" if called == IGNORED else called)
    Console().print(table)


def _pair(text: str) -> tuple[int, str]:
    """A number and a name: "3=triangle"."""
    number, equals, word = text.partition("=")
    if not equals or not number.strip().isdecimal():
        raise InputError(f"a name is given as NUMBER=NAME, such as 3=triangle, got {text!r}")
    return int(number), word.strip()
