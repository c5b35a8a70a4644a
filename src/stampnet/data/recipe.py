"""A few settings to scenes: the data sets of the paper by name."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from stampnet.data.digits import translated_digits
from stampnet.data.pose import PoseRange
from stampnet.data.scenes import Scenes
from stampnet.data.simple_shapes import SPLITS, Split, simple_shapes
from stampnet.data.spoil import spoil
from stampnet.errors import InputError

Kind = Literal["simple-shapes", "t-mnist", "ct-mnist", "ct-mnist-binary"]
PAPER_CANVAS: dict[str, tuple[int, int]] = {
    "simple-shapes": (84, 84),
    "t-mnist": (84, 84),
    "ct-mnist": (100, 100),
    "ct-mnist-binary": (100, 100),
}
"""Height and width of the paper's images, by kind."""

SCALES = (0.1, 10.0)
"""Objects that are scaled by less or more are no more to be recognised."""


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
    min_shapes: int | None = None
    """Least objects in an image, whose number is then uniform between it and `num_shapes`; None: always all."""
    canvas_size: tuple[int, int]
    """Height and width of an image in pixels."""
    max_angle: float = 0.0
    """Degrees; each object is turned by an angle drawn uniformly from -max_angle to max_angle; 180 is any angle."""
    scale_range: tuple[float, float] = (1.0, 1.0)
    """Smallest and largest factor of an object's size, which is drawn log-uniformly."""
    num_clutter: int = 8
    """Small digits that disturb; of the cluttered kinds only."""
    unevenness: float = 0.0
    """Largest value of a smooth background, other for each image, as part of the full scale."""
    noise: float = 0.0
    """Standard deviation of Gaussian noise on every pixel, as part of the full scale."""
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
        if self.min_shapes is not None and not 0 <= self.min_shapes <= self.num_shapes:
            raise InputError(f"min_shapes must be from 0 to num_shapes, {self.num_shapes}, got {self.min_shapes}")
        if not 0 <= self.max_angle <= 180:
            raise InputError(f"max_angle must be from 0 to 180 degrees, got {self.max_angle}")
        if len(self.scale_range) != 2 or not SCALES[0] <= self.scale_range[0] <= self.scale_range[1] <= SCALES[1]:
            raise InputError(
                f"scale_range must be two factors from {SCALES[0]:g} to {SCALES[1]:g}, the smaller first, "
                f"got {self.scale_range}"
            )
        for name in ("unevenness", "noise"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must be from 0 to 1, got {getattr(self, name)}")
        if self.split not in ("train", "test"):
            raise InputError(f"split must be 'train' or 'test', got {self.split!r}")


def make_scenes(recipe: SceneRecipe, data_dir: Path | None = None) -> Scenes:
    """Generates the scenes of a recipe; digits are looked for in `data_dir`, see `data_home`.

    Raises InputError where MNIST is needed and cannot be had, or an object does not fit on the canvas.
    """
    scenes = _clean_scenes(recipe, data_dir)
    if not (recipe.unevenness or recipe.noise):
        return scenes
    rng = np.random.default_rng([recipe.seed, SPLITS[recipe.split], 1])
    return replace(scenes, images=spoil(scenes.images, recipe.unevenness, recipe.noise, rng))


def _clean_scenes(recipe: SceneRecipe, data_dir: Path | None) -> Scenes:
    low, high = recipe.scale_range
    poses = PoseRange(recipe.max_angle, (low, high))
    if recipe.kind == "simple-shapes":
        return simple_shapes(
            recipe.num_images,
            recipe.num_shapes,
            recipe.canvas_size,
            recipe.seed,
            recipe.split,
            recipe.min_shapes,
            poses,
        )
    return translated_digits(
        recipe.num_images,
        recipe.num_shapes,
        recipe.canvas_size,
        recipe.seed,
        recipe.split,
        min_shapes=recipe.min_shapes,
        num_clutter=recipe.num_clutter if recipe.kind.startswith("ct-") else 0,
        binary=recipe.kind == "ct-mnist-binary",
        poses=poses,
        data_dir=data_dir,
    )
