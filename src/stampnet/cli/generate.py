"""`stampnet generate`: images with known answers to a folder, each kind with its own options."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stampnet.cli.generate_pedestrians import pedestrians
from stampnet.cli.options import DataDir, Seed, size, span

KINDS = {
    "simple-shapes": "The paper's five shapes.",
    "t-mnist": "Translated MNIST.",
    "ct-mnist": "Cluttered Translated MNIST as the paper describes it.",
    "ct-mnist-binary": "Cluttered Translated MNIST as the authors' code made it.",
}


class Split(StrEnum):
    train = "train"
    test = "test"


def _of_kind(kind: str) -> Callable[..., None]:
    def command(
        out: Annotated[Path, typer.Option(help="The folder to make.", show_default=False)],
        num_images: Annotated[int, typer.Option(min=1, help="Images to make.")] = 1000,
        num_shapes: Annotated[int, typer.Option(min=1, help="Objects in each image (M).")] = 1,
        canvas: Annotated[
            str | None, typer.Option(help="Pixels of an image: 84, or 60x90. [default: the paper's, 84 or 100]")
        ] = None,
        min_shapes: Annotated[
            int | None, typer.Option(min=0, help="Objects in an image at least; then their number is random.")
        ] = None,
        max_angle: Annotated[
            float,
            typer.Option(min=0, max=180, metavar="DEGREES", help="Objects turn by up to this; 180: by any angle."),
        ] = 0.0,
        scale_range: Annotated[
            str, typer.Option(metavar="LOW:HIGH", help="Factors of size, evenly on a logarithmic scale: 0.7:1.4.")
        ] = "1:1",
        num_clutter: Annotated[int, typer.Option(min=0, help="Small digits that disturb, ct-mnist only.")] = 8,
        unevenness: Annotated[float, typer.Option(min=0, max=1, help="Largest value of a smooth background.")] = 0.0,
        noise: Annotated[float, typer.Option(min=0, max=1, help="Standard deviation of noise on every pixel.")] = 0.0,
        split: Annotated[Split, typer.Option(help="No image or digit is in both.")] = Split.train,
        seed: Seed = 0,
        data_dir: DataDir = None,
    ) -> None:
        from stampnet.data.recipe import PAPER_CANVAS, SceneRecipe, make_scenes
        from stampnet.data.scene_folder import write_scenes

        recipe = SceneRecipe(
            kind=kind,  # type: ignore[arg-type]
            num_images=num_images,
            num_shapes=num_shapes,
            canvas_size=size(canvas) if canvas else PAPER_CANVAS[kind],
            min_shapes=min_shapes,
            max_angle=max_angle,
            scale_range=span(scale_range),
            num_clutter=num_clutter,
            unevenness=unevenness,
            noise=noise,
            split=split.value,
            seed=seed,
        )
        write_scenes(make_scenes(recipe, data_dir), out)
        print(f"{num_images} images: {out}")

    return command


generate = typer.Typer(
    help="Make a data set with known answers: PNG images, annotations.json (COCO) and scenes.npz.\n\n"
    "Example: stampnet generate t-mnist --num-shapes 2 --num-images 500 --out datasets/t-mnist-2",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for kind, description in KINDS.items():
    generate.command(kind, help=description)(_of_kind(kind))
generate.command("pedestrians")(pedestrians)
