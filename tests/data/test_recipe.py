"""Facts about recipes of scenes."""

import numpy as np
import pytest

from stampnet.data.recipe import PAPER_CANVAS, SceneRecipe, make_scenes
from stampnet.errors import InputError


@pytest.mark.usefixtures("mnist_is_here")
@pytest.mark.parametrize("kind", PAPER_CANVAS)
def test_a_recipe_gives_its_scenes_again(kind: str) -> None:
    recipe = SceneRecipe(kind=kind, num_images=5, num_shapes=3, canvas_size=(90, 70), seed=8)
    first, again = make_scenes(recipe), make_scenes(recipe)
    assert first.images.shape == (5, 90, 70)
    assert first.classes.shape == (5, 3)
    assert np.array_equal(first.images, again.images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_images": 0}, "num_images must be at least 1, got 0"),
        ({"num_shapes": -2}, "num_shapes must be at least 1, got -2"),
    ],
)
def test_nonsense_is_refused_with_the_value(change: dict[str, object], message: str) -> None:
    good = {"kind": "simple-shapes", "num_images": 1, "canvas_size": (40, 40)}
    with pytest.raises(InputError, match=message):
        SceneRecipe(**{**good, **change})
