"""Facts about samples of tiles: all where they fit, drawn by chance where not, each image read once."""

import numpy as np
import pytest

from stampnet.data import layout as layout_module
from stampnet.data.layout import Layout, tiles_of
from stampnet.data.preparation import Preparation
from stampnet.data.tile_sample import num_tiles, tile_sample
from stampnet.data.tiles import Tiling
from stampnet.errors import InputError

LAYOUT = Layout(preparation=Preparation(background="constant"), tiling=Tiling((20, 20), (4, 4)), seen=(20, 20))
IMAGES = [np.random.default_rng(k).integers(0, 255, size, np.uint8) for k, size in enumerate([(30, 30), (10, 50)])]
SIZES = [(image.shape[0], image.shape[1]) for image in IMAGES]


def test_all_tiles_are_there_where_they_fit() -> None:
    expected = np.stack([seen for image in IMAGES for _, seen in tiles_of(image, LAYOUT)])
    found = tile_sample(SIZES, IMAGES.__getitem__, LAYOUT)
    assert np.array_equal(found, expected)
    assert num_tiles(SIZES, LAYOUT) == len(found)


def test_of_too_many_some_are_drawn_and_other_images_are_not_read() -> None:
    read = []

    def image(number: int) -> np.ndarray:
        read.append(number)
        return IMAGES[number % 2]

    sizes = SIZES * 500
    found = tile_sample(sizes, image, LAYOUT, bytes_at_most=20 * 400, seed=3)
    assert len(found) == num_tiles(sizes, LAYOUT, 20 * 400) == 20
    assert len(read) == len(set(read)) <= 20
    again = tile_sample(sizes, image, LAYOUT, bytes_at_most=20 * 400, seed=3)
    assert np.array_equal(found, again)
    other = tile_sample(sizes, image, LAYOUT, bytes_at_most=20 * 400, seed=4)
    assert not np.array_equal(found, other)


def test_images_that_cannot_be_used_are_passed_over() -> None:
    found = tile_sample(SIZES, lambda number: None if number else IMAGES[0], LAYOUT)
    assert np.array_equal(found, np.stack([seen for _, seen in tiles_of(IMAGES[0], LAYOUT)]))
    with pytest.raises(InputError, match="none of the images can be used"):
        tile_sample(SIZES, lambda _: None, LAYOUT)


def test_no_tile_is_prepared_that_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    large = np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8)
    prepared = []
    monkeypatch.setattr(
        layout_module,
        "prepare",
        lambda *given, prepare=layout_module.prepare: prepared.append(1) or prepare(*given),
    )
    found = tile_sample([(300, 300)], lambda _: large, LAYOUT, bytes_at_most=5 * 400)
    assert len(prepared) == len(found) == 5
