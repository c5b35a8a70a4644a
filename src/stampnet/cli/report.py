"""`stampnet report`: a run folder to a picture and a page."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    images: Annotated[
        str | None, typer.Option(help="Show these images instead of the samples that the run keeps.")
    ] = None,
) -> None:
    """Draw the stamps and sample images with boxes and reconstructions: stamps.png and report.html.

    Example: stampnet report runs/photos
    """
    from stampnet.run import report_with

    picture, page = report_with(run, images)
    print(f"picture: {picture}\npage:    {page}")
