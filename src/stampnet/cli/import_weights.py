"""`stampnet import-weights`: the authors' released Keras files to a run folder."""

from pathlib import Path
from typing import Annotated

import typer


def import_weights(
    weights: Annotated[Path, typer.Argument(help="The .hdf5 file.", show_default=False)],
    config: Annotated[Path, typer.Option(help="The .json file of the same run.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The run folder to make.", show_default=False)],
) -> None:
    """Turn the weights that the paper's authors released into a run.

    Example: stampnet import-weights ct_mnist_1.hdf5 --config ct_mnist_1.json --out runs/ct_mnist_1
    """
    from stampnet.run import import_run

    import_run(weights, config, out)
    print(f"imported: {out}; its stamps are in {out / 'stamps.png'}")
