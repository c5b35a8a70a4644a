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
    from stampnet.naming import IGNORED, check_names
    from stampnet.predictor import StampNet
    from stampnet.report.run_report import report_run
    from stampnet.training.run_folder import NAMES, load_names, save_names

    # Without the names that the run has: they may be of another fit, and this is how they are mended.
    classes = StampNet.load_unnamed(run).numbered_classes_
    given = dict(map(_pair, names or ()))
    check_names({number: word for number, word in given.items() if word}, len(classes))
    kept = {number: word for number, word in (load_names(run) | given).items() if word}
    check_names(kept, len(classes), run / NAMES)
    if given:
        save_names(kept, run)
    table = Table("class", "name")
    for number, before in enumerate(classes):
        called = kept.get(number, "")
        table.add_row(before, "left out" if called == IGNORED else called)
    Console().print(table)
    if given:
        try:
            report_run(run)
        except Exception as error:  # whatever it is, names are not lost by it
            raise InputError(
                f"the names are saved, but the report was not made ({error}); make it with stampnet report {run}"
            ) from error


def _pair(text: str) -> tuple[int, str]:
    """A number and a name: "3=triangle"."""
    number, equals, word = text.partition("=")
    if not equals or not number.strip().isdecimal():
        raise InputError(f"a name is given as NUMBER=NAME, such as 3=triangle, got {text!r}")
    return int(number), word.strip()
