"""`stampnet evaluate`: a run folder and images with known answers to scores."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stampnet.cli.options import DataDir, Seed
from stampnet.errors import InputError


def evaluate(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    data: Annotated[
        str | None,
        typer.Option(
            help="A folder with annotations, annotations as COCO JSON, a kind (simple-shapes, t-mnist, ct-mnist, "
            "ct-mnist-binary), or an exact test set of the authors (official:t-mnist-2). [default: the "
            "images of the run, if there are annotations beside them, else test images like them]"
        ),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(help="The images of COCO JSON: a folder, file or pattern. [default: those beside it]"),
    ] = None,
    num_images: Annotated[int, typer.Option(min=1, help="Test images to generate.")] = 10_000,
    samples: Annotated[int, typer.Option(min=0, help="Evaluations with noise, as the paper did; 0 for none.")] = 1,
    seed: Seed = 0,
    data_dir: DataDir = None,
) -> None:
    """Score a run: CorLoc, IoU and purity as the paper defines them, and beside them finer measures.

    Labels are used here only. Example: stampnet evaluate runs/t-mnist --data t-mnist --num-images 2000
    """
    from stampnet.pedestrians.site_folder import has_site
    from stampnet.run import evaluate_run

    if has_site(run):
        raise InputError(
            f"{run} finds people in depth frames, which are scored by a page: stampnet track {run} FRAMES --out "
            "tracks.csv --report page.html --truth heads.csv"
        )
    table = evaluate_run(
        run, data, num_images=num_images, num_samples=samples, seed=seed, data_dir=data_dir, images=images
    )
    rich = Table(title=table.title, title_justify="left")
    for name in table.header:
        rich.add_column(name, justify="left" if name == table.header[0] else "right")
    for row in table.rows:
        rich.add_row(*row)
    Console().print(rich)
