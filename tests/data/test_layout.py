"""Tiles are seen at their size, prepared as the whole image is."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.data.layout import Layout, tiles_of
from stampnet.data.preparation import Polarity, Preparation, preparation_for
from stampnet.data.tiles import Tiling
from stampnet.errors import InputError

TILING = Tiling((60, 80), (10, 10))


def scene() -> np.ndarray:
    """Bright squares on a value of 50."""
    image = np.full((150, 200), 50, np.uint8)
    for row, column in np.random.default_rng(0).integers(0, 140, (12, 2)):
        image[row : row + 8, column : column + 8] = 250
    return image


@pytest.mark.parametrize("seen", [(60, 80), (30, 40)])
def test_tiles_show_the_image_without_its_background(seen: tuple[int, int]) -> None:
    image = scene()
    preparation, _ = preparation_for([image])
    for tile, pixels in tiles_of(image, Layout(preparation=preparation, tiling=TILING, seen=seen)):
        assert pixels.shape == (*seen, 1)
        assert pixels.dtype == np.uint8
        top, left = max(tile.top, 0), max(tile.left, 0)
        part = image[top : tile.top + 60, left : tile.left + 80]
        shown = pixels.repeat(60 // seen[0], 0).repeat(80 // seen[1], 1)[top - tile.top :, left - tile.left :, 0]
        shown = shown[: part.shape[0], : part.shape[1]]
        assert (shown[part == 50] > 12).mean() < 0.1
        assert (shown[part == 250] < 100).sum() <= 0.1 * (part == 250).sum()


def test_an_image_on_disk_gives_the_same_tiles(tmp_path: Path) -> None:
    image = scene()
    np.save(tmp_path / "large.npy", image)
    on_disk = np.load(tmp_path / "large.npy", mmap_mode="r")
    layout = Layout(preparation=Preparation(largest=200.0), tiling=TILING, seen=(60, 80))
    for (tile, pixels), (same, others) in zip(tiles_of(image, layout), tiles_of(on_disk, layout), strict=True):
        assert tile == same
        np.testing.assert_array_equal(pixels, others)


def test_tiles_are_never_enlarged() -> None:
    with pytest.raises(InputError, match="give as many or fewer"):
        Layout(preparation=Preparation(), tiling=TILING, seen=(61, 80))


@pytest.mark.parametrize(("polarity", "nothing"), [("bright", 0), ("dark", 0), ("both", 128)])
def test_beyond_the_border_there_is_nothing(polarity: Polarity, nothing: int) -> None:
    image = np.full((20, 30), 90, np.uint8)
    image[:4, :4] = 200
    preparation = Preparation(background="constant", polarity=polarity, level=(90.0,), largest=110.0)
    ((tile, pixels),) = tiles_of(image, Layout(preparation=preparation, tiling=TILING, seen=(60, 80)))
    assert (tile.top, tile.left) == (-20, -25)
    inside = np.zeros((60, 80, 1), bool)
    inside[20:24, 25:29] = True
    assert (pixels[~inside] == nothing).all()
    assert (pixels[inside] == (0 if polarity == "dark" else 255)).all()
