"""Facts about purity and its relatives."""

import numpy as np

from stampnet.metrics.clustering import accuracy, ari, contingency, nmi, purity

STAMPS = np.array([0, 0, 0, 1, 1, 2])
CLASSES = np.array([0, 0, 1, 1, 1, 0])


def test_purity_lets_two_stamps_share_a_class_and_accuracy_does_not() -> None:
    table = contingency(STAMPS, CLASSES, 3, 2)
    assert table.tolist() == [[2, 1], [0, 2], [1, 0]]
    assert purity(table, 6) == 5 / 6
    assert accuracy(table, 6) == 4 / 6


def test_objects_without_a_stamp_lower_purity() -> None:
    assert purity(contingency(STAMPS, CLASSES, 3, 2), 10) == 0.5


def test_names_of_stamps_do_not_matter() -> None:
    renamed = np.array([2, 2, 2, 0, 0, 1])
    assert nmi(STAMPS, CLASSES) == nmi(renamed, CLASSES)
    assert ari(STAMPS, CLASSES) == ari(renamed, CLASSES)


def test_one_stamp_for_everything_tells_nothing() -> None:
    assert nmi(np.zeros(6, np.int64), CLASSES) == 0
    assert ari(np.zeros(6, np.int64), CLASSES) == 0
