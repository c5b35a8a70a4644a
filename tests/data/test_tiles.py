"""Cores part an image, tiles hold what belongs to them, and objects on seams count once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampnet.data.grid import Grid
from stampnet.data.tiles import SLACK, Tiling, kept, part_of, tiles
from stampnet.errors import InputError

TILING = Tiling((64, 48), (10, 8))


@given(st.integers(1, 300), st.integers(1, 300))
def test_cores_part_the_image_and_half_a_margin_around_it(height: int, width: int) -> None:
    owners = np.zeros((height + 10, width + 8), int)
    for tile in tiles((height, width), TILING):
        top, left, bottom, right = tile.core
        owners[top + 5 : bottom + 5, left + 4 : right + 4] += 1
        # Within the tile, and but for an image of one tile with a margin around it.
        assert tile.top <= top
        assert bottom <= tile.top + 64
        if height + 10 > 64:
            assert min(top - tile.top, tile.top + 64 - bottom) >= 9
        if width + 8 > 48:
            assert min(left - tile.left, tile.left + 48 - right) >= 7
    assert (owners == 1).all()


def test_a_small_image_is_one_tile_in_its_middle() -> None:
    (tile,) = tiles((40, 40), TILING)
    assert (tile.top, tile.left, tile.core) == (-12, -4, (-5, -4, 45, 44))


def test_tiles_show_all_of_an_image_and_no_more() -> None:
    shown = np.zeros((200, 150), int)
    for tile in tiles((200, 150), TILING):
        rows, columns = part_of((200, 150), tile, TILING.size)
        assert len(rows) <= 64
        assert len(columns) <= 48
        y0, x0, y1, x1 = tile.core
        core = np.s_[max(y0, 0) : y1, max(x0, 0) : x1]
        shown[rows.start : rows.stop, columns.start : columns.stop] += 1
        assert (shown[core] > 0).all()
    assert (shown > 0).all()
    assert part_of((1, 2), tiles((1, 2), TILING)[0], (64, 48)) == (range(1), range(2))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 9), st.integers(0, 9))
def test_on_a_grid_tiles_begin_where_squares_do_and_hold_all_squares_of_their_cores(
    height: int, width: int, top: int, left: int
) -> None:
    tiling = Tiling((70, 60), (10, 10), Grid(10, top, left))
    owners = np.zeros((height + 10, width + 10), int)
    for tile in tiles((height, width), tiling):
        assert (tile.top - top) % 10 == (tile.left - left) % 10 == 0
        y0, x0, y1, x1 = tile.core
        owners[y0 + 5 : y1 + 5, x0 + 5 : x1 + 5] += 1
        # A square whose middle lies in the core reaches half a square beyond it.
        assert tile.top <= max(y0 - 5, -top)
        assert tile.left <= max(x0 - 5, -left)
        assert min(y1 + 5, height) <= tile.top + 70
        assert min(x1 + 5, width) <= tile.left + 60
    assert (owners == 1).all()


@pytest.mark.parametrize("margin", [(32, 8), (-1, 8)])
def test_tiles_that_are_all_margin_are_refused(margin: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="all margin"):
        Tiling((64, 48), margin)


def _found(true: np.ndarray, rng: np.random.Generator, off: float) -> tuple[np.ndarray, ...]:
    """What each tile finds of objects in a 200 x 150 image: all within it, each a little off."""
    all_tiles = tiles((200, 150), TILING)
    centres, owner = [], []
    for number, tile in enumerate(all_tiles):
        inside = ((true > [tile.top, tile.left]) & (true < [tile.top + 64, tile.left + 48])).all(axis=1)
        centres.append(true[inside] + rng.uniform(-off, off, (inside.sum(), 2)))
        owner.append(np.full(inside.sum(), number))
    cores = np.array([tile.core for tile in all_tiles], float)
    centres_, owner_ = np.concatenate(centres), np.concatenate(owner)
    return centres_, rng.random(len(centres_)), owner_, cores


@pytest.mark.parametrize("off", [0.0, 0.9])
def test_every_object_is_kept_once_wherever_it_lies(off: float) -> None:
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(np.arange(2, 198, 7.0), np.arange(2, 148, 7.0), indexing="ij"), axis=-1).reshape(-1, 2)
    for shift in range(7):  # all places on and beside all seams
        true = grid + shift * 0.97
        centres, scores, owner, cores = _found(true, rng, off)
        assert len(centres) > len(true)
        chosen = centres[kept(centres, scores, owner, cores)]
        distance = np.linalg.norm(true[:, None] - chosen, axis=2)
        inside = ((true >= 0) & (true < [200, 150])).all(axis=1)
        assert ((distance < 1.4).sum(axis=1)[inside] == 1).all()


def test_two_objects_close_together_in_one_tile_both_stay() -> None:
    cores = np.array([[0, 0, 50, 50], [0, 50, 50, 100]], float)
    centres = np.array([[20.0, 49.5], [21.0, 49.0], [20.2, 50.4]])
    chosen = kept(centres, np.array([0.5, 0.6, 0.9]), np.array([0, 0, 1]), cores)
    # The third is the first or the second, seen from the other tile.
    assert chosen.tolist() in ([True, True, False], [False, False, True])
    assert kept(np.zeros((0, 2)), np.zeros(0), np.zeros(0, int), cores).tolist() == []
    assert SLACK < 3
