"""Facts about stamps that are grouped into classes."""

import numpy as np
import pytest
import torch

from stampnet.errors import InputError
from stampnet.matching import classes
from stampnet.matching.classes import (
    GroupingConfig,
    Rivalry,
    classes_of,
    classified,
    co_explanation,
    count_classes,
    group,
    rivalry,
)
from stampnet.matching.matcher import MatchingConfig, StampMatcher


def weights_of(classes: list[int], num_objects: int, stray: float = 0.0) -> np.ndarray:
    """Objects whose rivals are three stamps of one class; some have a rival of another one."""
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(np.array(classes) == k) for k in range(max(classes) + 1)]
    stamps, costs = [], []
    for _ in range(num_objects):
        own = members[rng.integers(len(members))]
        rivals = rng.permutation(own)[:3]
        if rng.uniform() < stray:
            rivals[2] = rng.integers(len(classes))
        stamps.append(rivals)
        costs.append(1 + 0.2 * rng.uniform(size=3))
    return co_explanation(Rivalry(torch.tensor(np.array(stamps)), torch.tensor(np.array(costs)).float()), len(classes))


CLASSES = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0]


@pytest.mark.parametrize("stray", [0.0, 0.1])
def test_stamps_that_explain_the_same_objects_go_together(stray: float) -> None:
    weights = weights_of(CLASSES, 600, stray)
    found = group(weights, 3)
    assert len({tuple(pair) for pair in zip(CLASSES, found, strict=True)}) == 3
    assert count_classes(weights) == 3


def test_classes_are_numbered_by_how_much_they_explain() -> None:
    weights = weights_of(CLASSES, 600)
    weights = np.concatenate([weights, weights[weights[:, 2] > 0]])  # the third class twice as often
    found = group(weights, 3)
    assert found[2] == 0


def test_a_rare_stamp_joins_the_class_whose_objects_it_explains() -> None:
    weights = weights_of(CLASSES, 600)
    rare = np.zeros((len(weights), 1))
    first = np.flatnonzero(weights[:, 1] > 0)[0]
    rare[first], weights[first] = 0.6, 0.4 * weights[first]
    found = group(np.concatenate([weights, rare], axis=1), 3)
    assert found[-1] == found[1]


def test_more_classes_than_stamps_in_use_are_refused() -> None:
    with pytest.raises(InputError, match="only 15 stamps are in use, too few for 16 classes"):
        group(weights_of(CLASSES, 600), 16)


def test_rivals_that_cost_more_weigh_less() -> None:
    weights = co_explanation(Rivalry(torch.tensor([[2, 0], [1, 2]]), torch.tensor([[1.0, 1.0], [2.0, 4.0]])), 3)
    assert weights[0].tolist() == [0.5, 0.0, 0.5]
    assert weights[1, 1] == pytest.approx(1 / (1 + np.exp(-5)))
    assert weights.sum(axis=1) == pytest.approx(1)


def test_what_all_stamps_share_is_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share of all with all moves the eigenvalues from the second on, by a hundredth, away from the first."""
    values = np.array([1.0, 0.984, 0.98, 0.975, 0.962, 0.96])
    monkeypatch.setattr(classes, "_spectrum", lambda *_: (values, None, None))
    assert count_classes(np.eye(60)) == 4


def test_stamps_that_share_objects_are_not_each_a_class_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eigenvalues of forty stamps of handwriting."""
    values = np.array([1.0, 0.972, 0.964, 0.955, 0.95, 0.937, 0.883, 0.836, 0.769, 0.701, 0.595, 0.5, 0.425, 0.392])
    monkeypatch.setattr(classes, "_spectrum", lambda *_: (values, None, None))
    assert count_classes(np.eye(14)) == 10


def test_any_number_of_classes_is_counted() -> None:
    apart = np.kron(np.eye(4), np.ones((30, 1)))
    assert count_classes(apart) == 4
    together = np.full((30, 5), 0.2)
    together[np.arange(30), np.arange(30) % 5] += 0.01
    assert count_classes(together / together.sum(axis=1, keepdims=True)) == 1
    assert count_classes(np.zeros((0, 5))) == 1
    assert group(np.zeros((0, 5)), 1).tolist() == [0] * 5


def bars(number: int) -> tuple[StampMatcher, torch.Tensor]:
    """Stamps of an upright bar at two places and a level one at two; images of the first kind, then of the other."""
    matcher = StampMatcher(MatchingConfig(image_size=(24, 24), stamp_size=(14, 14), num_stamps=4, max_shapes=1))
    images = 0.2 * torch.rand(number, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        matcher.stamp.stamps.zero_()
        for shift in (0, 1):
            matcher.stamp.stamps[shift, 0, 2:12, 5 + shift : 8 + shift] = 0.5
            matcher.stamp.stamps[2 + shift, 0, 5 + shift : 8 + shift, 2:12] = 0.5
    for k in range(number):
        one, other = slice(3 + k % 9, 13 + k % 9), slice(3 + k % 8, 6 + k % 8)
        images[(k, 0, one, other) if k < number // 2 else (k, 0, other, one)] += 0.5
    return matcher, images


def test_stamps_that_keep_their_form_and_differ_by_a_shift_are_one_class() -> None:
    matcher, images = bars(80)
    found = classified(matcher, images.split(40), 2, seed=0)
    assert found.config.num_classes == 2
    first, same, second, alike = found.class_of_stamp.tolist()
    assert (first == same, second == alike, first == second) == (True, True, False)
    assert matcher.config.num_classes is None


@pytest.mark.parametrize("unused", [[1], [3], [1, 3]])
def test_stamps_that_explain_no_object_join_those_of_their_form(unused: list[int]) -> None:
    matcher, _ = bars(0)
    weights = np.repeat(np.eye(4)[[0, 2]], 40, axis=0)
    weights[:40, [0, 1]], weights[40:, [2, 3]] = 0.5, 0.5
    weights[:, unused] = 0.0
    stamp = torch.arange(4).expand(80, 4)
    rivals = Rivalry(stamp, torch.where(torch.from_numpy(weights) > 0, 1.0, 1e6))
    first, same, second, alike = classes_of(matcher, rivals, 2, seed=0)
    assert (first == same, second == alike, first == second) == (True, True, False)


def test_a_rare_stamp_whose_objects_no_other_explains_is_in_no_group() -> None:
    weights = np.zeros((101, 3))
    weights[:50, 0], weights[50:100, 1], weights[100, 2] = 1, 1, 1
    assert sorted(group(weights, 2).tolist()) == [-1, 0, 1]


def test_rivals_are_told_until_there_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher, images = bars(80)
    monkeypatch.setattr(classes, "OBJECTS", 50)
    batches = iter(images.split(20))
    assert len(rivalry(matcher, batches).stamp) == 50
    assert len(list(batches)) == 1, "the last one was not asked for"


@pytest.mark.parametrize(("settings", "message"), [({"credit": 0.0}, "credit"), ({"steps": -1}, "steps")])
def test_senseless_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GroupingConfig(**settings)
