"""Names to whole settings: one preset for each row of the paper's Table 1, and small ones for a laptop.

Each row comes twice. "as-run" is what the authors' configuration files say: 8192 images in a fixed order, 128 steps an
epoch, the temperature falling with every step, binary clutter. "as-published" is what the paper's text says: all
images, the temperature falling with every epoch; what the text leaves out is taken from the code.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from stampnet.data.recipe import PAPER_CANVAS, Kind, SceneRecipe
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig
from stampnet.matching.sought import AS_CAMERAS_GIVE
from stampnet.model.network import NetworkConfig
from stampnet.training.annealing import Annealing
from stampnet.training.config import MatchingTrainingConfig, TrainingConfig
from stampnet.training.defaults import matching_for

AUTHORS_EPOCH = 128
"""Steps that the authors call an epoch."""
AUTHORS_TRAIN = AUTHORS_EPOCH * 64
"""Images that the authors' code trains on."""
AUTHORS_VALIDATION = 100 * 64
"""Images that the authors' code validates on."""
PEDESTRIAN_EPOCHS = 2
PEDESTRIAN_MARGIN = 20
"""Black pixels around crops of pedestrians, half a stamp, so that stamps reach people whom the border cuts."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Data, model and training of one experiment."""

    summary: str
    """One line for people."""
    recipe: SceneRecipe | None
    """The training images; None where they cannot be generated and must be given."""
    model: NetworkConfig | MatchingConfig
    training: TrainingConfig | MatchingTrainingConfig


def _as_run(recipe: SceneRecipe, num_stamps: int, epochs: int, rate: float) -> Preset:
    size = PAPER_CANVAS[recipe.kind]
    return Preset(
        summary=f"{recipe.kind}, M = {recipe.num_shapes}, as the authors ran it",
        recipe=replace(recipe, num_images=AUTHORS_TRAIN + AUTHORS_VALIDATION, canvas_size=size),
        model=NetworkConfig(image_size=size, stamp_size=(28, 28), num_stamps=num_stamps, max_shapes=recipe.num_shapes),
        training=TrainingConfig(
            epochs=epochs,
            annealing=Annealing(rate=rate, steps_per_epoch=AUTHORS_EPOCH),
            num_train=AUTHORS_TRAIN,
            num_validation=AUTHORS_VALIDATION,
            shuffle=False,
            keep="last",
        ),
    )


def _recipe(kind: Kind, num_shapes: int) -> SceneRecipe:
    return SceneRecipe(kind=kind, num_images=1, num_shapes=num_shapes, canvas_size=PAPER_CANVAS[kind])


def simple_shapes_2_as_run() -> Preset:
    return _as_run(_recipe("simple-shapes", 2), num_stamps=10, epochs=800, rate=0.01)


def simple_shapes_1_as_run() -> Preset:
    """No file of the authors is known for this row: M = 2 with one slot."""
    return _as_run(_recipe("simple-shapes", 1), num_stamps=10, epochs=800, rate=0.01)


def t_mnist_1_as_run() -> Preset:
    return _as_run(_recipe("t-mnist", 1), num_stamps=40, epochs=1000, rate=0.005)


def t_mnist_2_as_run() -> Preset:
    return _as_run(_recipe("t-mnist", 2), num_stamps=40, epochs=800, rate=0.005)


def ct_mnist_1_as_run() -> Preset:
    return _as_run(_recipe("ct-mnist-binary", 1), num_stamps=40, epochs=1000, rate=0.01)


def ct_mnist_2_as_run() -> Preset:
    return _as_run(_recipe("ct-mnist-binary", 2), num_stamps=40, epochs=1000, rate=0.005)


def pedestrians_3_as_run() -> Preset:
    """The authors' images are not public: give your own overhead depth maps of 80 x 80 pixels."""
    like = ct_mnist_1_as_run()
    network = replace(like.model, image_size=(80, 80), stamp_size=(40, 40), max_shapes=3)
    return replace(like, summary="pedestrians, M = 3, as the authors ran it", recipe=None, model=network)


def _as_published(run: Preset) -> Preset:
    """All images, the temperature falling once an epoch at rate 0.01; the number of epochs is the code's."""
    recipe = run.recipe
    assert isinstance(run.training, TrainingConfig)
    if recipe is not None:
        # The paper does not say that its cluttered images were made binary.
        kind: Kind = "ct-mnist" if recipe.kind == "ct-mnist-binary" else recipe.kind
        num_images = 50_000 if recipe.kind == "simple-shapes" else 60_000
        recipe = replace(recipe, kind=kind, num_images=num_images)
    steps = recipe.num_images // run.training.batch_size if recipe else AUTHORS_EPOCH
    return replace(
        run,
        summary=run.summary.replace("as the authors ran it", "as the paper states it"),
        recipe=recipe,
        training=replace(
            run.training,
            annealing=Annealing(rate=0.01, steps_per_epoch=steps, update="epoch"),
            num_train=None,
            num_validation=0,
            shuffle=True,
        ),
    )


def simple_shapes_small() -> Preset:
    """Three minutes on two cores: Simple Shapes on a smaller canvas."""
    return _small(
        SceneRecipe(kind="simple-shapes", num_images=12_800 + 1_024, canvas_size=(48, 48)), num_stamps=10, epochs=20
    )


def t_mnist_small() -> Preset:
    """A few minutes on two cores: handwritten digits on a smaller canvas."""
    return _small(
        SceneRecipe(kind="t-mnist", num_images=25_600 + 1_024, canvas_size=(56, 56)), num_stamps=40, epochs=10
    )


def _small(recipe: SceneRecipe, num_stamps: int, epochs: int) -> Preset:
    num_validation = 1_024
    num_steps = (recipe.num_images - num_validation) // 64 * epochs
    return Preset(
        summary=f"{recipe.kind}, M = 1, on a canvas of {recipe.canvas_size[0]} pixels, for two cores",
        recipe=recipe,
        model=NetworkConfig(
            image_size=recipe.canvas_size,
            stamp_size=(28, 28),
            num_stamps=num_stamps,
            max_shapes=1,
            # Many images and few passes do not overfit, and drawing the noise of dropout is a quarter of a CPU step.
            dropout=0.0,
        ),
        training=TrainingConfig(
            epochs=epochs,
            # A slow fall matters more than a long floor: stamps part while choices are still soft.
            annealing=Annealing.over(num_steps, reached_at=0.9),
            num_validation=num_validation,
        ),
    )


def _matched(kind: Kind, num_shapes: int, num_stamps: int, num_images: int) -> Preset:
    """A row by matching, on the paper's canvas."""
    size = PAPER_CANVAS[kind]
    return Preset(
        summary=f"{kind}, M = {num_shapes}, by matching, in seconds",
        recipe=SceneRecipe(kind=kind, num_images=num_images, num_shapes=num_shapes, canvas_size=size),
        model=MatchingConfig(image_size=size, stamp_size=(28, 28), num_stamps=num_stamps, max_shapes=num_shapes),
        training=matching_for(num_images, num_stamps, num_shapes),
    )


def pedestrians_3() -> Preset:
    """Overhead depth maps of 80 x 80 pixels, with half a stamp of black around: give your own or generated ones."""
    side, num_stamps, num_shapes, num_images = 80 + 2 * PEDESTRIAN_MARGIN, 40, 3, 8901
    return Preset(
        summary="pedestrians, M = 3, by matching, on depth maps of 80 pixels with 20 black ones around",
        recipe=None,
        model=MatchingConfig(
            image_size=(side, side),
            stamp_size=(40, 40),
            num_stamps=num_stamps,
            max_shapes=num_shapes,
            background="constant",
            # Else stamps that hold a part of a body and a part of a wall persist, and slots that are left over show
            # people where a wall is not met closely.
            search=AS_CAMERAS_GIVE,
        ),
        training=matching_for(num_images, num_stamps, num_shapes, epochs=PEDESTRIAN_EPOCHS),
    )


_MATCHED: dict[str, Callable[[], Preset]] = {
    "simple-shapes-1": lambda: _matched("simple-shapes", 1, 10, 8_000),
    "simple-shapes-2": lambda: _matched("simple-shapes", 2, 10, 8_000),
    "t-mnist-1": lambda: _matched("t-mnist", 1, 40, 20_000),
    "t-mnist-2": lambda: _matched("t-mnist", 2, 40, 20_000),
    "ct-mnist-1": lambda: _matched("ct-mnist-binary", 1, 40, 20_000),
    "ct-mnist-2": lambda: _matched("ct-mnist-binary", 2, 40, 20_000),
    "pedestrians-3": pedestrians_3,
}
"""The rows by matching; clutter is binary, as the authors ran it."""

_ROWS: dict[str, Callable[[], Preset]] = {
    "simple-shapes-1": simple_shapes_1_as_run,
    "simple-shapes-2": simple_shapes_2_as_run,
    "t-mnist-1": t_mnist_1_as_run,
    "t-mnist-2": t_mnist_2_as_run,
    "ct-mnist-1": ct_mnist_1_as_run,
    "ct-mnist-2": ct_mnist_2_as_run,
    "pedestrians-3": pedestrians_3_as_run,
}

PRESETS: dict[str, Callable[[], Preset]] = {
    **_MATCHED,
    "simple-shapes-small": simple_shapes_small,
    "t-mnist-small": t_mnist_small,
    **{f"{row}-as-run": make for row, make in _ROWS.items()},
    **{f"{row}-as-published": lambda make=make: _as_published(make()) for row, make in _ROWS.items()},  # type: ignore[misc]
}
"""Every preset by name."""


def preset(name: str) -> Preset:
    """The preset of that name.

    Raises InputError with the known names where there is none.
    """
    if name not in PRESETS:
        raise InputError(f"there is no preset {name!r}; the presets are {', '.join(PRESETS)}")
    return PRESETS[name]()
