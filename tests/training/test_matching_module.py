"""Facts about fitting by matching: empty slots, idle stamps, uneven light."""

from dataclasses import replace

import pytest
import torch

from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.evaluation import evaluate
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.update import Evidence, Misfit
from stampnet.metrics.evaluation import Scores
from stampnet.predictor import StampNet
from stampnet.training.defaults import matching_for
from stampnet.training.fit import fit
from stampnet.training.matching_module import RARE, MatchingTraining
from stampnet.training.pixels import to_pixels

RECIPE = SceneRecipe(kind="simple-shapes", num_images=600, num_shapes=2, canvas_size=(72, 72))
MODEL = MatchingConfig(image_size=(72, 72), stamp_size=(28, 28), num_stamps=8, max_shapes=2)


def fitted(recipe: SceneRecipe) -> tuple[StampMatcher, Scores]:
    pixels = to_pixels(make_scenes(recipe).images, 255.0)
    model = fit(pixels, MODEL, matching_for(len(pixels), 8, 2, epochs=4, batch_size=16)).model
    assert isinstance(model, StampMatcher)
    test = make_scenes(replace(recipe, num_images=200, split="test"))
    return model, evaluate(StampNet.from_model(model), test)[0].scores


def test_where_objects_are_fewer_than_slots_the_threshold_leaves_slots_empty() -> None:
    model, scores = fitted(replace(RECIPE, min_shapes=0))
    assert float(model.threshold) > 0
    assert scores.refined.count_accuracy > 0.95
    assert scores.refined.f1 > 0.95


def test_where_every_slot_holds_an_object_nothing_is_dropped() -> None:
    model, scores = fitted(RECIPE)
    assert float(model.threshold) == 0
    assert model.config.background == "constant"
    assert scores.paper.corloc > 0.98


def test_uneven_light_is_seen_through() -> None:
    model, scores = fitted(replace(RECIPE, unevenness=0.4, noise=0.1))
    assert model.config.background == "smooth"
    assert scores.paper.corloc > 0.95


def test_noise_that_is_clipped_at_black_is_no_object() -> None:
    model, scores = fitted(replace(RECIPE, min_shapes=0, noise=0.1))
    assert model.config.background == "constant"
    assert 0.02 < float(model.background) < 0.06
    assert scores.refined.f1 > 0.95


def test_a_stamp_that_is_hardly_used_begins_again_as_what_is_explained_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    config = MatchingConfig(image_size=(20, 20), stamp_size=(9, 9), num_stamps=3, max_shapes=1)
    module = MatchingTraining(StampMatcher(config), num_steps=100)
    monkeypatch.setattr(module, "_of_all", lambda numbers: numbers)  # one process
    module.share = torch.tensor([0.6, 0.39, RARE / 3 - 0.01])
    windows = torch.zeros(4, 1, 9, 9)
    windows[2, :, 3:6, 2:7] = 0.5
    before = module.window_sum.clone()
    with torch.no_grad():
        module._restart(Misfit(windows, torch.tensor([0.1, 0.2, 0.9, 0.3])))
        module._refresh()
    torch.testing.assert_close(module.model.stamp.stamps[2], windows[2])
    assert torch.equal(module.window_sum[:2], before[:2])
    assert float(module.share[2]) > RARE / 3


@pytest.mark.parametrize(("num_steps", "idle"), [(100, True), (10_000, False)])
def test_a_run_of_few_steps_forgets_its_beginning_so_that_stamps_nobody_needs_are_noticed(
    num_steps: int, idle: bool
) -> None:
    module = MatchingTraining(StampMatcher(replace(MODEL, num_stamps=40)), num_steps=num_steps)
    placements = torch.zeros(40)
    placements[:2] = 20.0  # two stamps take all of the few objects
    none = torch.zeros(40)
    with torch.no_grad():
        for _ in range(40):
            module._learn(Evidence(torch.zeros_like(module.window_sum), placements, torch.zeros(40, 2, 0), none))
            module.steps += 1
    assert bool((module.share[2:] < RARE / 40).all()) == idle
