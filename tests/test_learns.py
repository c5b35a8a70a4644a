"""The network learns: from blank stamps to located shapes, in well under a minute."""

from dataclasses import replace

import pytest

from stampnet.data.recipe import make_scenes
from stampnet.evaluation import evaluate
from stampnet.predictor import StampNet
from stampnet.training.annealing import Annealing
from stampnet.training.fit import fit
from stampnet.training.pixels import to_pixels
from stampnet.training.presets import preset


@pytest.mark.timeout(240)
def test_simple_shapes_are_found_and_told_apart() -> None:
    """A quarter of the steps of the small preset, on less room, with fewer channels; the preset itself is measured by a
    benchmark."""
    small = preset("simple-shapes-small")
    assert small.recipe is not None
    recipe = replace(small.recipe, canvas_size=(36, 36), num_images=6400 + 256)
    annealing = Annealing.over(500, initial=2.0, reached_at=0.9)
    training = replace(small.training, num_validation=256, epochs=5, annealing=annealing)
    network = replace(small.model, image_size=(36, 36), block_channels=(8, 16, 32, 32, 32))
    fitted = fit(to_pixels(make_scenes(recipe).images, 255.0), network, training)
    test = make_scenes(replace(recipe, num_images=500, split="test"))
    (result,) = evaluate(StampNet.from_model(fitted.model), test)
    assert result.scores.paper.corloc >= 0.95
    assert result.scores.paper.purity >= 0.6  # five classes: chance is .2
    blank = float((test.images / 255.0 > 0).sum(axis=(1, 2)).mean())
    assert result.squared_error < 0.5 * blank
