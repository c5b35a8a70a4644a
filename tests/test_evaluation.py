"""The paper's numbers from the authors' weights, on fewer images than the benchmark's 10,000."""

import pytest

from stampnet.benchmarks.parity import RUNS, authors_model
from stampnet.data.official_streams import official_test_scenes
from stampnet.errors import InputError
from stampnet.evaluation import evaluate, scenes_named
from stampnet.model.network import NetworkConfig
from stampnet.report.tables import published_scores

FIRST_IMAGE_ERROR = {"simple-shapes-2": 1.8790, "t-mnist-2": 91.4478, "ct-mnist-1": 164.9237, "ct-mnist-2": 234.0300}
NUM_IMAGES = 1000


@pytest.mark.usefixtures("mnist_is_here", "authors_weights")
@pytest.mark.parametrize("row", RUNS)
def test_the_authors_weights_reach_the_papers_row(row: str) -> None:
    """Within four standard errors of a share of 1000 images, besides the tolerance of the full benchmark."""
    model, scenes = authors_model(row), official_test_scenes(row)
    (first,) = evaluate(model, scenes[:1])
    assert first.squared_error == pytest.approx(FIRST_IMAGE_ERROR[row], abs=2e-3)
    most_likely, sampled = evaluate(model, scenes[:NUM_IMAGES], num_samples=1)
    published = published_scores(row)
    assert published is not None
    ours = sampled.scores.paper
    objects = NUM_IMAGES * scenes.classes.shape[1]
    for value, paper, tolerance in (
        (ours.corloc, published.corloc, 0.003),
        (ours.iou, published.iou, 0.003),
        (ours.purity, published.purity, 0.012),
    ):
        assert value == pytest.approx(paper, abs=tolerance + 4 * (paper * (1 - paper) / objects) ** 0.5)
    assert most_likely.squared_error < sampled.squared_error


NETWORK = NetworkConfig(image_size=(50, 60), stamp_size=(28, 28), num_stamps=3, max_shapes=2)


def test_a_kind_of_data_is_made_to_the_networks_measure() -> None:
    scenes = scenes_named("simple-shapes", NETWORK, num_images=7)
    assert scenes.images.shape == (7, 50, 60)
    assert scenes.classes.shape == (7, 2)


def test_unknown_data_are_refused_with_what_there_is() -> None:
    with pytest.raises(InputError, match="neither a folder nor a known data set; name a folder, one of simple-shapes"):
        scenes_named("mnist", NETWORK, num_images=1)
