"""Stamps and classes of the same objects to how well the one tells the other."""

import numpy as np
from jaxtyping import Int64
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

Pairs = Int64[np.ndarray, " Q"]


def contingency(stamps: Pairs, classes: Pairs, num_stamps: int, num_classes: int) -> Int64[np.ndarray, "N K"]:
    """How often each stamp meets each class.

    >>> contingency(np.array([0, 0, 1]), np.array([0, 1, 1]), 2, 2).tolist()
    [[1, 1], [0, 1]]
    """
    table = np.zeros((num_stamps, num_classes), np.int64)
    np.add.at(table, (stamps, classes), 1)
    return table


def purity(table: Int64[np.ndarray, "N K"], num_objects: int) -> float:
    """Share of objects whose class is the most frequent class of their stamp; nan where there are no objects.

    It grows with the number of stamps: always state that beside it.

    >>> purity(np.array([[3, 1], [0, 4]]), 8)
    0.875
    """
    return float(table.max(axis=1).sum() / num_objects) if num_objects else float("nan")


def accuracy(table: Int64[np.ndarray, "N K"], num_objects: int) -> float:
    """Share of objects that the best one-to-one naming of stamps by classes gets right (ACC).

    >>> accuracy(np.array([[1, 4], [2, 3]]), 10)
    0.6
    """
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / num_objects) if num_objects else float("nan")


def nmi(stamps: Pairs, classes: Pairs) -> float:
    """Normalised mutual information (arithmetic mean), from 0 to 1.

    >>> nmi(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1]))
    1.0
    """
    return float(normalized_mutual_info_score(classes, stamps)) if len(stamps) else float("nan")


def ari(stamps: Pairs, classes: Pairs) -> float:
    """Adjusted Rand index: 0 by chance, 1 for the same partition.

    >>> ari(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1]))
    1.0
    """
    return float(adjusted_rand_score(classes, stamps)) if len(stamps) else float("nan")
