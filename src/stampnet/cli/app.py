"""The command `stampnet`: one verb each, errors in one sentence, torch loaded only by the verb that needs it."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from stampnet.cli.benchmark import benchmark
from stampnet.cli.detect import detect
from stampnet.cli.evaluate import evaluate
from stampnet.cli.fit import fit
from stampnet.cli.generate import generate
from stampnet.cli.import_weights import import_weights
from stampnet.cli.name import name
from stampnet.cli.report import report
from stampnet.cli.reproduce import reproduce
from stampnet.cli.serve import serve
from stampnet.cli.track import track
from stampnet.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def say_version(is_asked: bool) -> bool:
    """Prints the version and ends the command, if it is asked for."""
    if is_asked:
        print(f"stampnet {version('stampnet')}")
        raise typer.Exit
    return is_asked


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=say_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    """Find recurring shapes in unlabelled images: what they look like, where they are, which is which."""


for command in (fit, detect, track, evaluate, name, serve, report, import_weights, reproduce, benchmark):
    app.command()(command)
app.add_typer(generate, name="generate")


def main() -> None:
    """Runs the command line: exit code 2 for input that cannot be used, 130 for Ctrl-C."""
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    try:
        app()
    except InputError as error:
        console.print(f"stampnet: {error}")
        sys.exit(2)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        console.print(f"stampnet: {error.strerror or error}{where}; check the path, its permissions and the disk")
        sys.exit(2)
    except KeyboardInterrupt:
        console.print("stampnet: interrupted")
        sys.exit(130)
