"""Facts about which stamps show people."""

import numpy as np

from depth_scenes import CAMERA
from stampnet.pedestrians.points import ground_under
from stampnet.pedestrians.stamps import show_people

GROUND = ground_under((CAMERA,))


def disc(cells: float, value: float = 1.0, across: float = 1.0) -> np.ndarray:
    """A disc of this radius, or the part of it to the left."""
    row, column = np.mgrid[:11, :11] - 5
    return np.where((row**2 + column**2 <= cells**2) & (column <= (across - 0.5) * 11), value, 0).astype(np.float32)


def test_heads_whole_or_cut_are_people() -> None:
    assert show_people(np.stack([disc(2.2), disc(3), disc(3, across=0.5), disc(2.2, 0.7)]), GROUND).all()


def test_a_hand_a_table_and_what_is_low_are_not() -> None:
    table = np.ones((11, 11), np.float32)
    assert not show_people(np.stack([disc(1), table, disc(2.2, 0.4), disc(0, 0)]), GROUND).any()
