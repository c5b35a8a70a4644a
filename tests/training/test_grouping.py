"""Facts about fits that end in classes, and about images that lie sorted."""

import numpy as np
import pytest
import torch

from stampnet.matching.classes import classified
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.training import grouping
from stampnet.training.defaults import matching_for
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted
from stampnet.training.grouping import doubt, grouped

SIZE = {"image_size": (24, 24), "stamp_size": (14, 14), "max_shapes": 1}


def bars(number: int) -> torch.Tensor:
    """Noisy images with an upright bar (the first half) or a level one (the second), in bytes."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 40, (number, 1, 24, 24), np.uint8)
    for k in range(number):
        corner = chance.integers(2, 11)
        along, across = slice(corner, corner + 10), slice(corner, corner + 3)
        images[(k, 0, along, across) if k < number // 2 else (k, 0, across, along)] += 130
    return torch.from_numpy(images)


def test_stamps_of_images_that_lie_at_the_end_are_kept() -> None:
    upright, level = bars(4800).split(2400)
    images = torch.cat([upright, level[:240]])  # the first 2000 show one kind only
    model = MatchingConfig(**SIZE, num_stamps=8)
    fitted = fit(images, model, matching_for(len(images), 8, 1, epochs=1, prune=True)).model
    assert isinstance(fitted, StampMatcher)
    state = fitted.explain(level[:100] / 255.0)
    left = (fitted.reconstruction(state, level[:100] / 255.0) - level[:100] / 255.0).square().sum()
    # Noise is a quarter; an upright stamp leaves nearly two thirds.
    assert float(left) < 0.4 * float((level[:100] / 255.0).square().sum())


def test_ctrl_c_leaves_the_stamps_without_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = StampMatcher(MatchingConfig(**SIZE, num_stamps=2))

    def interrupt(*_: object) -> StampMatcher:
        raise KeyboardInterrupt

    monkeypatch.setattr(grouping, "classified", interrupt)
    fitted = grouped(Fitted(matcher, [], False, True, None), bars(20), 2, seed=0)
    assert fitted.interrupted
    assert fitted.model is matcher
    assert matcher.config.num_classes is None
    # A run that was ended before is not kept waiting.
    monkeypatch.setattr(grouping, "classified", classified)
    assert grouped(fitted, bars(20), 2, seed=0).model is matcher


def test_more_classes_than_pruning_leaves_stamps_are_as_many_as_stamps_in_use() -> None:
    model = MatchingConfig(**SIZE, num_stamps=8, num_classes=8)
    fitted = fit(bars(200), model, matching_for(200, 8, 1, epochs=5, prune=True)).model
    assert isinstance(fitted, StampMatcher)
    assert 2 <= len(fitted.stamp.stamps) < 8
    classes = fitted.class_of_stamp.unique().tolist()
    assert 2 <= len(classes) <= len(fitted.stamp.stamps)
    assert classes == list(range(len(classes)))
    assert fitted.config.num_classes == len(classes)


@pytest.mark.parametrize(("num_classes", "num_stamps", "is_sure"), [(19, 20, False), (50, 200, False), (10, 200, True)])
def test_classes_counted_among_few_stamps_of_each_are_called_a_guess(
    num_classes: int, num_stamps: int, is_sure: bool
) -> None:
    assert (doubt(num_classes, num_stamps) is None) == is_sure
