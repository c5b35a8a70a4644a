"""Facts about recipes of scenes."""

from dataclasses import replace

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
        ({"max_angle": -1.0}, "max_angle must be from 0 to 180 degrees, got -1.0"),
        ({"max_angle": float("nan")}, "max_angle must be from 0 to 180 degrees, got nan"),
        ({"scale_range": (1.4, 0.7)}, r"from 0\.1 to 10, the smaller first, got \(1\.4, 0\.7\)"),
        ({"scale_range": (0.0, 1.0)}, r"scale_range must be two factors from 0\.1 .* got \(0\.0, 1\.0\)"),
    ],
)
def test_nonsense_is_refused_with_the_value(change: dict[str, object], message: str) -> None:
    good = {"kind": "simple-shapes", "num_images": 1, "canvas_size": (40, 40)}
    with pytest.raises(InputError, match=message):
        SceneRecipe(**{**good, **change})


@pytest.mark.parametrize("kind", ["simple-shapes", "t-mnist", "ct-mnist"])
@pytest.mark.usefixtures("mnist_is_here")
def test_a_random_number_of_objects_is_drawn_evenly_and_absent_ones_leave_no_trace(kind: str) -> None:
    recipe = SceneRecipe(kind=kind, num_images=500, num_shapes=4, min_shapes=0, canvas_size=(84, 84), num_clutter=0)
    scenes = make_scenes(recipe)
    number = (scenes.classes >= 0).sum(axis=1)
    assert set(np.bincount(number) > 60) == {True}
    assert not scenes.images[number == 0].any()
    assert not scenes.boxes_xyxy[scenes.classes < 0].any()
    assert (scenes.boxes_xyxy[scenes.classes >= 0][:, 2] >= 28).all()


def test_senseless_disturbances_are_refused() -> None:
    for change, message in (
        ({"min_shapes": 3}, "min_shapes must be from 0 to num_shapes, 2, got 3"),
        ({"noise": 2.0}, "noise must be from 0 to 1, got 2.0"),
    ):
        with pytest.raises(InputError, match=message):
            SceneRecipe(kind="t-mnist", num_images=1, num_shapes=2, canvas_size=(84, 84), **change)


def test_spoilt_scenes_have_the_objects_of_clean_ones() -> None:
    clean = SceneRecipe(kind="simple-shapes", num_images=5, canvas_size=(60, 60))
    ours, theirs = make_scenes(clean), make_scenes(replace(clean, noise=0.2, unevenness=0.3))
    assert np.array_equal(ours.boxes_xyxy, theirs.boxes_xyxy)
    assert not np.array_equal(ours.images, theirs.images)


@pytest.mark.usefixtures("mnist_is_here")
@pytest.mark.parametrize("kind", PAPER_CANVAS)
def test_objects_turn_and_scale_within_their_ranges_and_the_same_again(kind: str) -> None:
    recipe = SceneRecipe(
        kind=kind,
        num_images=60,
        num_shapes=3,
        min_shapes=1,
        canvas_size=(90, 80),
        max_angle=30.0,
        scale_range=(0.5, 1.5),
    )
    scenes, again = make_scenes(recipe), make_scenes(recipe)
    present = scenes.classes >= 0
    angles, scales = scenes.angles_deg[present], scenes.scales[present]
    assert np.array_equal(scenes.images, again.images)
    assert abs(angles).max() <= 30
    assert np.ptp(angles) > 50
    assert (scales.min() < 0.6, scales.max() > 1.35) == (True, True)
    assert np.isnan(scenes.angles_deg[~present]).all()
    assert np.isnan(scenes.scales[~present]).all()
    sides = scenes.boxes_xyxy[present][:, 2:] - scenes.boxes_xyxy[present][:, :2]
    assert np.array_equal(sides, np.rint(28 * scales)[:, None].repeat(2, axis=1))


def test_scenes_that_were_not_turned_say_so_and_slices_keep_it() -> None:
    recipe = SceneRecipe(kind="simple-shapes", num_images=30, num_shapes=2, min_shapes=1, canvas_size=(60, 60))
    some = make_scenes(recipe)[3:20]
    expected = np.where(some.classes >= 0, 0, np.nan)
    assert np.array_equal(some.angles_deg, expected, equal_nan=True)
    assert np.array_equal(some.scales, expected + 1, equal_nan=True)


def test_turned_train_and_test_images_differ() -> None:
    recipe = SceneRecipe(kind="simple-shapes", num_images=200, canvas_size=(32, 32), scale_range=(0.3, 0.3))
    train, test = make_scenes(recipe), make_scenes(replace(recipe, split="test"))
    assert not {image.tobytes() for image in train.images} & {image.tobytes() for image in test.images}


def test_scenes_refuse_angles_of_another_shape() -> None:
    scenes = make_scenes(SceneRecipe(kind="simple-shapes", num_images=2, canvas_size=(40, 40)))
    # Under pytest the types would refuse it first.
    object.__setattr__(scenes, "angles_deg", np.zeros((2, 3), np.float32))
    with pytest.raises(InputError, match=r"angles_deg must have the shape of classes, \(2, 1\), got \(2, 3\)"):
        scenes.__post_init__()
