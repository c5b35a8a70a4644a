"""A few settings to scenes: the data sets of the paper by name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stampnet.data.digits import translated_digits
from stampnet.data.scenes import Scenes
from stampnet.data.simple_shapes import Split, simple_shapes
from stampnet.errors import InputError

Kind = Literal["simple-shapes", "t-mnist", "ct-mnist", "ct-mnist-binary"]
PAPER_CANVAS: dict[str, tuple[int, int]] = {
    "simple-shapes": (84, 84),
    "t-mnist": (84, 84),
    "ct-mnist": (100, 100),
    "ct-mnist-binary": (100, 100),
}
"""Height and width of the paper's images, by kind."""


@dataclass(frozen=True, kw_only=True)
class SceneRecipe:
    """What to generate. The same recipe gives the same scenes."""

    kind: Kind
    """Simple Shapes; Translated MNIST; Cluttered Translated MNIST, grey as a reader of the paper would make it, or
    binary as the authors' code made it."""
    num_images: int
    """How many images."""
    num_shapes: int = 1
    """Objects in each image (M)."""
    canvas_size: tuple[int, int]
    """Height and width of an image in pixels."""
    num_clutter: int = 8
    """Small digits that disturb; of the cluttered kinds only."""
    split: Split = "train"
    """No image or digit is in both splits."""
    seed: int = 0
    """Of classes and places; splits of one seed use unrelated random streams."""

    def __post_init__(self) -> None:
        if self.kind not in PAPER_CANVAS:
            raise InputError(f"there is no data set {self.kind!r}; there are {', '.join(PAPER_CANVAS)}")
        for name, least in (("num_images", 1), ("num_shapes", 1), ("num_clutter", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if self.split not in ("train", "test"):
            raise InputError(f"split must be 'train' or 'test', got {self.split!r}")


def make_scenes(recipe: SceneRecipe, data_dir: Path | None = None) -> Scenes:
    """Generates the scenes of a recipe; digits are looked for in `data_dir`, see `data_home`.

    Raises InputError where MNIST is needed and cannot be had, or an object does not fit on the canvas.
    """
    if recipe.kind == "simple-shapes":
        return simple_shapes(recipe.num_images, recipe.num_shapes, recipe.canvas_size, recipe.seed, recipe.split)
    return translated_digits(
        recipe.num_images,
        recipe.num_shapes,
        recipe.canvas_size,
        recipe.seed,
        recipe.split,
        num_clutter=recipe.num_clutter if recipe.kind.startswith("ct-") else 0,
        binary=recipe.kind == "ct-mnist-binary",
        data_dir=data_dir,
    )
