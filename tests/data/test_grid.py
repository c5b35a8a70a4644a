"""Facts about grids: squares laid side by side are found wherever the first begins, and none where there is no grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stampnet.data.grid import Grid, grid_of
from stampnet.data.plan import SEEN_SIDE, plan_for

SIDE = 12


def laid(
    seed: int,
    number: int,
    size: tuple[int, int],
    start: tuple[int, int],
    noise: float = 0.0,
    side: int = SIDE,
) -> list[np.ndarray]:
    """Images of squares of four kinds, one much rarer than the others, that begin at `start`."""
    rng = np.random.default_rng(seed)
    kinds = rng.uniform(0, 1, (4, side, side, 1)).round().astype(np.float32)
    images = []
    for _ in range(number):
        which = rng.choice(4, (size[0] // side + 2, size[1] // side + 2), p=[0.5, 0.3, 0.17, 0.03])
        whole = np.concatenate(np.concatenate(kinds[which], axis=1), axis=1)
        down, across = (side - first for first in start)
        image = whole[down : down + size[0], across : across + size[1]]
        images.append((image + rng.normal(0, noise, image.shape)).astype(np.float32))
    return images


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.integers(0, SIDE - 1), st.integers(0, SIDE - 1))
def test_squares_are_found_wherever_the_first_begins(seed: int, top: int, left: int) -> None:
    assert grid_of(laid(seed, 5, (100, 130), (top, left), 0.05), SIDE) == Grid(SIDE, top, left)


def test_where_all_squares_are_alike_any_grid_would_do() -> None:
    tile = np.random.default_rng(0).uniform(0, 1, (SIDE, SIDE, 1)).astype(np.float32)
    assert grid_of([np.tile(tile, (8, 8, 1))] * 3, SIDE) is None
    assert grid_of([np.zeros((60, 60, 1), np.float32)] * 3, SIDE) is None


def test_objects_that_lie_anywhere_lie_on_no_grid() -> None:
    rng = np.random.default_rng(0)
    images = [np.zeros((120, 120, 1), np.float32) for _ in range(6)]
    for image in images:
        for row, column in rng.integers(0, 120 - SIDE, (25, 2)):
            image[row : row + SIDE, column : column + SIDE] = 1
    assert grid_of(images, SIDE) is None
    assert grid_of([np.zeros((SIDE, 5, 1), np.float32)], SIDE) is None


def test_a_plan_finds_the_grid_also_in_the_middle_of_large_images_and_says_so() -> None:
    images = [(255 * image[..., 0]).astype(np.uint8) for image in laid(1, 4, (640, 700), (5, 3))]
    plan = plan_for(images, (640, 700))
    assert plan.layout.tiling.grid == Grid(SIDE, 5, 3)
    assert plan.stamp_size == (SIDE, SIDE)
    assert plan.layout.scale == (1, 1)
    (choice,) = (choice for choice in plan.choices if choice.setting == "grid")
    assert choice.value == "from row 5, column 3"
    assert plan.max_shapes == plan.layout.tiling.size[0] * plan.layout.tiling.size[1] // SIDE**2
    assert "--stamp-size 12" in choice.instead
    assert plan_for(images, (640, 700), stamp_size=(SIDE, SIDE)).layout.tiling.grid is None
    assert plan_for(images, (640, 700), may_lie_on_grid=False).layout.tiling.grid is None


def test_two_kinds_are_enough() -> None:
    rng = np.random.default_rng(1)
    kinds = rng.uniform(0, 1, (2, SIDE, SIDE, 1)).round().astype(np.float32)
    boards = rng.integers(0, 2, (4, 9, 11))
    images = [np.concatenate(np.concatenate(kinds[board], axis=1), axis=1) for board in boards]
    assert grid_of(images, SIDE) == Grid(SIDE, 0, 0)


@pytest.mark.parametrize("size", [(20, 100), (8, 100), (100, 20), (5, 5)])
def test_small_images_among_others_do_no_harm(size: tuple[int, int]) -> None:
    images = laid(0, 5, (100, 130), (7, 4))
    assert grid_of([*images, images[0][: size[0], : size[1]]], SIDE) == Grid(SIDE, 7, 4)
    assert grid_of([images[0][: size[0], : size[1]]], SIDE) is None


@pytest.mark.parametrize(("side", "gap", "levels"), [(30, 30, 2), (30, 10, 2), (24, 24, 3)])
def test_flat_objects_apart_are_no_squares_of_a_grid(side: int, gap: int, levels: int) -> None:
    rng = np.random.default_rng(0)
    images = []
    for _ in range(8):
        image = np.full((240, 300), 230.0)
        for row in range(10, 240 - side, side + gap):
            for column in range(10, 300 - side, side + gap):
                image[row : row + side, column : column + side] = 20 + 100 * rng.integers(levels) / (levels - 1)
        images.append((image + rng.normal(0, 3, image.shape)).clip(0, 255).astype(np.uint8))
    plan = plan_for(images, (240, 300))
    assert plan.layout.tiling.grid is None
    assert side <= plan.stamp_size[0] * plan.layout.scale[0] < 1.3 * side


@pytest.mark.parametrize("side", [36, 45])
def test_large_squares_are_seen_smaller_and_whole(side: int) -> None:
    images = [(255 * image[..., 0]).astype(np.uint8) for image in laid(0, 4, (270, 330), (15, 9), side=side)]
    plan = plan_for(images, images[0].shape)
    tiling = plan.layout.tiling
    assert tiling.grid == Grid(side, 15, 9)
    assert plan.stamp_size == (SEEN_SIDE, SEEN_SIDE)
    assert [seen / SEEN_SIDE for seen in plan.layout.seen] == [size / side for size in tiling.size]


def test_a_grid_that_some_images_begin_elsewhere_on_is_missed_and_said_to_be() -> None:
    images = [(255 * image[..., 0]).astype(np.uint8) for image in laid(0, 10, (108, 132), (0, 0))]
    bar = np.zeros((5, 132), np.uint8)
    barred = [np.concatenate([bar, image[: -len(bar)]]) if k < 4 else image for k, image in enumerate(images)]
    for screens, is_found in ((images, True), (barred, False)):
        plan = plan_for(screens, (108, 132))
        (choice,) = (choice for choice in plan.choices if choice.setting == "grid")
        assert (plan.layout.tiling.grid is not None) == is_found
        assert ("all images so that they begin at the same place" in choice.why) == (not is_found)
    assert all(choice.setting != "grid" for choice in plan_for(barred, (108, 132), stamp_size=(SIDE, SIDE)).choices)
