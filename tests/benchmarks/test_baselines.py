"""Facts about the simple baseline: it is a fair one."""

import numpy as np
import pytest

from stampnet.benchmarks.baselines import baseline, components, crops, k_means, otsu
from stampnet.data.scenes import Scenes
from stampnet.metrics.evaluation import score


def canvases(number: int, seed: int) -> Scenes:
    """A bright bar and a bright square on each, apart from each other."""
    rng = np.random.default_rng(seed)
    images = np.zeros((number, 40, 60), np.uint8)
    boxes = np.zeros((number, 2, 4), np.float32)
    for image, frame in zip(images, boxes, strict=True):
        for k, (height, width) in enumerate([(3, 11), (9, 9)]):
            row, column = rng.integers(0, 27), rng.integers(0, 16) + 30 * k
            top, left = row + 6 - height // 2, column + 6 - width // 2
            image[top : top + height, left : left + width] = 200
            frame[k] = column, row, column + 13, row + 13
    return Scenes(images, boxes, np.tile(np.arange(2), (number, 1)), ("bar", "square"))


def test_it_finds_and_tells_apart_what_is_easy() -> None:
    test = canvases(100, seed=1)
    found = baseline(canvases(100, seed=0).images, test, k_means, most=2, size=(13, 13), number=2)
    scores = score(test, found, 2)
    assert scores.paper.corloc == 1
    assert scores.paper.purity == 1
    assert scores.refined.matched_iou > 0.95


def test_the_threshold_parts_two_kinds_of_pixels() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(60, 10, 5000), rng.normal(180, 10, 500)]).astype(np.uint8)
    assert 80 <= otsu(values) <= 160
    assert otsu(np.array([7, 7, 7, 200], np.uint8)) == 7


def test_specks_are_no_objects_and_frames_stay_inside() -> None:
    images = canvases(20, seed=0).images
    images[0] = 0
    images[0, 39, 59] = 255  # a speck alone in its image
    places = components(images, 2, (13, 13))
    assert len(places[0]) == 0
    assert [len(place) for place in places[1:]] == [2] * 19
    stacked = np.concatenate(places)
    assert stacked.min() >= 0
    assert (stacked.max(axis=0) <= [27, 47]).all()
    assert crops(images, places, (13, 13)).shape == (38, 169)


@pytest.mark.parametrize("most", [1, 2])
def test_at_most_so_many_objects_are_named(most: int) -> None:
    places = components(canvases(20, seed=1).images, most, (13, 13))
    assert [len(place) for place in places] == [most] * 20
