"""Facts about the passes in which stamps that bend are learned."""

from dataclasses import replace

import pytest
import torch

from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.update import Misfit, nothing_known
from stampnet.model.deformation import Deform
from stampnet.predictor import StampNet
from stampnet.training.bending_passes import STIFFNESS, BendingPasses
from stampnet.training.defaults import matching_for
from stampnet.training.fit import fit
from stampnet.training.pixels import to_pixels

CONFIG = MatchingConfig(image_size=(40, 40), stamp_size=(20, 20), num_stamps=4, max_shapes=1, deform="affine")


def squares(number: int) -> torch.Tensor:
    """Images with a square of 8 or of 12 pixels, in bytes."""
    images = torch.zeros(number, 1, 40, 40, dtype=torch.uint8)
    for k in range(number):
        side, corner = (8, 12)[k % 2], 5 + k % 7
        images[k, 0, corner : corner + side, corner : corner + side] = 255
    return images


def passes(num_stamps: int = 4) -> BendingPasses:
    return BendingPasses(StampMatcher(replace(CONFIG, num_stamps=num_stamps)), squares(20), seed=0)


def test_stamps_are_the_means_of_their_windows_within_the_limits() -> None:
    bending = passes()
    stamps = bending.matcher.stamp.stamps.detach()
    with torch.no_grad():
        before = stamps[3].clone()
        evidence, misfit = nothing_known(stamps, 3)
        sums = torch.stack([torch.full((1, 20, 20), value) for value in (2.0, 9.0, -3.0, 5.0)])
        evidence = evidence._replace(windows=sums, placements=torch.tensor([4.0, 3.0, 3.0, 0.0]))
        bending.end(len(STIFFNESS) - 1, evidence, misfit)
    assert [float(stamp.mean()) for stamp in stamps[:3]] == pytest.approx([0.5, 1.0, 0.0])
    assert torch.equal(stamps[3], before)  # nothing is known of it, and it is too late to begin again


def test_a_stamp_takes_the_mean_form_of_its_objects() -> None:
    bending = passes(num_stamps=1)
    matcher = bending.matcher
    images = squares(20).float() / 255
    with torch.no_grad():
        matcher.locators.zero_()
        matcher.locators[0, 0, 5:15, 5:15] = 1.0
        matcher.stamp.stamps.zero_()
        matcher.stamp.stamps[0, 0, 3:17, 3:17] = 1.0  # larger than all squares
        size = []
        for _ in range(3):
            bending.begin(4)
            bending.add(bending.explain(images, torch.arange(20), 4), 4)
            bending.end(4, bending.evidence, bending.misfit.worst(0))
            size.append(float(matcher.stamp.stamps[0].sum()) ** 0.5)
        bending.begin(4)
        bending.add(bending.explain(images, torch.arange(20), 4), 4)
    assert 9 < size[-1] < 11  # of the squares 8 and 12
    mean = bending.evidence.bends[0] / bending.evidence.placements[0]
    assert float(mean.square().sum().sqrt()) < 0.3  # pixels


def test_a_rare_stamp_begins_again_while_there_is_time() -> None:
    bending = passes()
    worst = torch.zeros(3, 1, 20, 20)
    worst[:, :, 7:14, 7:14] = torch.tensor([0.3, 0.6, 0.9])[:, None, None, None]
    with torch.no_grad():
        evidence, _ = nothing_known(bending.matcher.stamp.stamps, 3)
        sums = torch.full((4, 1, 20, 20), 5.0)
        evidence = evidence._replace(windows=sums, placements=torch.tensor([10.0, 10.0, 10.0, 1.0]))
        bending.end(0, evidence, Misfit(worst, torch.tensor([0.3, 0.2, 0.1])))
    assert any(torch.equal(bending.matcher.stamp.stamps[3], window) for window in worst)


def test_the_worst_explained_objects_of_a_pass_are_remembered() -> None:
    bending = passes()
    matcher = bending.matcher
    images = squares(20).float() / 255
    with torch.no_grad():
        matcher.stamp.stamps.zero_()
        matcher.locators.zero_()
        matcher.locators[0, 0, 6:14, 6:14] = 1.0
        matcher.stamp.stamps[:] = matcher.locators[0]
        bending.begin(1)
        bending.add(bending.explain(images, torch.arange(20), 1), 1)
    assert float(bending.evidence.placements.sum()) == 20
    assert len(bending.misfit.windows) == 12
    # The squares of 12 pixels are explained worse by a stamp of 8.
    assert (bending.misfit.left[:10] > bending.misfit.left[10:].max()).all()


@pytest.mark.usefixtures("mnist_is_here")
def test_many_stamps_that_bend_fall_into_classes() -> None:
    recipe = SceneRecipe(kind="t-mnist", num_images=1500, num_shapes=1, canvas_size=(56, 56))
    images = make_scenes(recipe).images
    size = {"image_size": (56, 56), "stamp_size": (28, 28), "max_shapes": 1}
    model = MatchingConfig(**size, num_stamps=60, deform="smooth", num_classes=10)
    fitted = fit(to_pixels(images, 255.0), model, matching_for(1500, 40, 1, epochs=3)).model
    assert isinstance(fitted, StampMatcher)
    assert fitted.locators.shape[0] == 40
    test = make_scenes(replace(recipe, num_images=500, split="test"))
    found = StampNet.from_model(fitted).detect(test.images)
    table = torch.zeros(10, 10)
    for one, classes in zip(found, test.classes, strict=True):
        table[int(one.class_id[0]), int(classes[0])] += 1
    assert sorted({int(one.class_id[0]) for one in found}) == list(range(10))
    assert float(table.amax(dim=1).sum()) / 500 > 0.75


def test_many_stamps_begin_as_objects_and_stay_where_there_are_none() -> None:
    model = replace(CONFIG, num_stamps=60)
    for pixels in (squares(300), torch.zeros(300, 1, 40, 40, dtype=torch.uint8)):
        matcher = StampMatcher(model)
        with torch.no_grad():
            matcher.threshold.fill_(1.0)
            matcher.locators.zero_()
            matcher.locators[0, 0, 6:14, 6:14] = 1.0
            before = matcher.stamp.stamps.clone()
            BendingPasses(matcher, pixels, seed=0).begin(0)
        if pixels.any():
            sides = matcher.stamp.stamps.flatten(1).sum(1).sqrt()
            assert ((sides - 8).abs().minimum((sides - 12).abs()) < 0.2).all()
        else:
            assert torch.equal(matcher.stamp.stamps, before)


def test_a_fit_that_finds_nothing_is_not_lost_for_its_classes() -> None:
    model = replace(CONFIG, num_classes=2)
    fitted = fit(torch.zeros(40, 1, 40, 40, dtype=torch.uint8), model, matching_for(40, 4, 1, epochs=1)).model
    assert isinstance(fitted, StampMatcher)
    assert fitted.config.num_classes == 1
    assert not fitted.class_of_stamp.any()


def test_colour_stamps_that_are_not_square_bend_and_are_grouped() -> None:
    images = torch.zeros(60, 3, 40, 44, dtype=torch.uint8)
    for k in range(60):
        side, corner = (8, 14)[k % 2], 4 + k % 9
        images[k, k % 2, corner : corner + side, corner + 2 : corner + 2 + side] = 230
    size = {"image_size": (40, 44), "stamp_size": (18, 24), "num_channels": 3}
    model = MatchingConfig(**size, num_stamps=6, max_shapes=1, deform="smooth", num_classes="auto")
    fitted = fit(images, model, matching_for(60, 6, 1, epochs=3)).model
    assert isinstance(fitted, StampMatcher)
    found = StampNet.from_model(fitted).detect(images.permute(0, 2, 3, 1).numpy())
    classes = [int(one.class_id[0]) for one in found]
    # Small and large squares, each of a colour of its own.
    assert set(classes[::2]).isdisjoint(classes[1::2])


def test_stamps_bend_on_a_background_of_their_own() -> None:
    recipe = SceneRecipe(kind="simple-shapes", num_images=120, num_shapes=1, canvas_size=(48, 48), unevenness=0.3)
    images = to_pixels(make_scenes(recipe).images, 255.0)
    size = {"image_size": (48, 48), "stamp_size": (28, 28), "num_stamps": 6, "max_shapes": 1}
    model = MatchingConfig(**size, background="smooth", deform="smooth")
    fitted = fit(images, model, matching_for(120, 6, 1, epochs=4)).model
    assert isinstance(fitted, StampMatcher)
    assert fitted.is_smooth
    images = images / 255.0
    state = fitted.explain(images)
    assert state.placements.present.all()
    left = (fitted.reconstruction(state, images) - images).square().sum()
    assert float(left) < 0.05 * float(fitted.foreground(images).square().sum())


@pytest.mark.parametrize("deform", ["affine", "smooth"])
def test_tiny_stamps_bend_too(deform: Deform) -> None:
    images = torch.zeros(40, 1, 16, 16, dtype=torch.uint8)
    for k in range(40):
        images[k, 0, 3 + k % 8 : 5 + k % 8, 4 : 6 + k % 2] = 200
    model = MatchingConfig(image_size=(16, 16), stamp_size=(4, 4), num_stamps=2, max_shapes=1, deform=deform)
    fitted = fit(images, model, matching_for(40, 2, 1, epochs=3)).model
    assert isinstance(fitted, StampMatcher)
    state = fitted.explain(images / 255.0)
    assert state.placements.present.all()
    left = (fitted.reconstruction(state, images / 255.0) - images / 255.0).square().sum()
    assert float(left) < 0.1 * float((images / 255.0).square().sum())
