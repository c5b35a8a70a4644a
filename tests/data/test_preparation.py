"""Images of all types become objects on nothing, alike enough to seek the same stamps in."""

import numpy as np
import pytest

from stampnet.data import preparation as module
from stampnet.data.preparation import (
    Field,
    Preparation,
    Prepared,
    look,
    preparation_for,
    prepare,
    refusal,
    sample_of,
    spread,
)
from stampnet.errors import InputError

RNG = np.random.default_rng(0)


def squares(background: np.ndarray | float, height: float, seed: int = 0) -> np.ndarray:
    """Squares so much brighter than what they lie on, a tenth of 120 x 160 pixels, with a little noise."""
    rng = np.random.default_rng(seed)
    is_object = np.zeros((120, 160))
    for row, column in rng.integers(0, 108, (14, 2)):
        is_object[row : row + 12, column : column + 12] = 1
    return rng.normal(0, 1, (120, 160)) + background + height * is_object


def whole(image: np.ndarray, preparation: Preparation, static: Field | None = None) -> Prepared:
    rows, columns = (np.arange(size) for size in image.shape[:2])
    return prepare(image, look(image, preparation, static), preparation, rows, columns)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("height", "polarity"), [(90.0, "bright"), (-90.0, "dark")])
def test_objects_are_bright_on_black_whatever_they_were(kind: type, height: float, polarity: str) -> None:
    factor = {np.uint8: 1, np.uint16: 100, np.float32: 0.01}[kind]
    images = [(squares(120, height, seed) * factor).astype(kind) for seed in range(4)]
    preparation, _ = preparation_for(images)
    assert (preparation.polarity, preparation.background, preparation.each) == (polarity, "constant", False)
    for image in images:
        prepared = whole(image, preparation)
        assert prepared.dtype == np.float32
        is_object = np.abs(image / factor - 120) > 45
        assert np.median(prepared[~is_object]) < 0.03
        assert np.median(prepared[is_object]) > 0.6


def test_objects_of_both_kinds_lie_on_grey() -> None:
    images = [squares(120, 80, seed) + squares(0, -80, seed + 10) for seed in range(4)]
    preparation, _ = preparation_for([image.astype(np.float32) for image in images])
    assert preparation.polarity == "both"
    prepared = whole(images[0], preparation)
    assert np.median(prepared) == pytest.approx(0.5, abs=0.02)
    assert prepared.min() < 0.2
    assert prepared.max() > 0.8


SLOPE = 100 * np.linspace(0, 1, 160)[None] + np.zeros((120, 1))
PICTURE = np.random.default_rng(5).integers(0, 200, (12, 16)).repeat(10, 0).repeat(10, 1).astype(float)


@pytest.mark.parametrize(
    ("backgrounds", "kind"),
    [
        ([30.0] * 9, "constant"),
        (list(np.linspace(10, 150, 9)), "each"),
        ([SLOPE + 10 * k for k in range(9)], "smooth"),
        ([PICTURE] * 9, "static"),
    ],
)
def test_the_background_is_the_simplest_that_leaves_little(backgrounds: list[np.ndarray | float], kind: str) -> None:
    images = [squares(background, 60, seed).astype(np.float32) for seed, background in enumerate(backgrounds)]
    preparation, static = preparation_for(images)
    assert preparation.background == kind
    assert (static is not None) == (kind == "static")
    for image, background in zip(images, backgrounds, strict=True):
        prepared = whole(image, preparation, static)[..., 0]
        is_object = image - background > 30
        assert np.median(prepared[~is_object]) < 0.1
        assert np.median(prepared[is_object]) > 0.5


def test_images_of_unlike_ranges_are_each_stretched() -> None:
    images = [squares(10, height, seed).astype(np.float32) for seed, height in enumerate((20, 40, 80, 160))]
    preparation, _ = preparation_for(images)
    assert preparation.each
    for image in images:
        assert whole(image, preparation).max() == pytest.approx(1, abs=0.01)
    empty = whole(np.full((9, 9), 7, np.uint8), preparation)  # it has no range
    assert not empty.any()


def test_colour_is_kept_where_there_is_any() -> None:
    colour = RNG.integers(0, 256, (40, 30, 3), np.uint8)
    grey = colour[..., 0]
    assert preparation_for([colour])[0].colour
    assert not preparation_for([np.dstack([grey] * 3)])[0].colour
    assert not preparation_for([colour], colour=False)[0].colour
    assert whole(grey, Preparation(colour=True, level=(0.0,) * 3)).shape == (40, 30, 3)
    assert whole(colour, Preparation(colour=False)).shape == (40, 30, 1)


def test_a_field_is_linear_between_its_values_and_one_value_is_the_same_everywhere() -> None:
    field = np.array([[[0.0], [10.0]]], np.float32)
    assert spread(field, (1, 4))[0, :, 0].tolist() == [0.0, 2.5, 7.5, 10.0]
    assert spread(field, (2, 4), np.array([1]), np.array([2, 0]))[..., 0].tolist() == [[7.5, 0.0]]
    assert (spread(np.full((1, 1, 3), 4, np.float32), (5, 6)) == 4).all()
    assert spread(PICTURE[..., None].astype(np.float32), (120, 160))[..., 0] == pytest.approx(PICTURE)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"largest": 0.0}, "must be above 0"),
        ({"largest": float("nan")}, "must be above 0"),
    ],
)
def test_senseless_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Preparation(**settings)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("background", "background must be one of constant, each, smooth, static, got 'wavy'"),
        ("polarity", "polarity must be one of bright, dark, both, got 'wavy'"),
        ("values", "values must be one of uint8, uint16, float, got 'wavy'"),
    ],
)
def test_words_that_mean_nothing_are_refused(name: str, message: str) -> None:
    preparation = Preparation()
    object.__setattr__(preparation, name, "wavy")  # the checker of types would refuse it first
    with pytest.raises(InputError, match=message):
        preparation.__post_init__()


def test_a_shared_background_needs_images_of_one_size_and_enough_of_them() -> None:
    with pytest.raises(InputError, match="no images"):
        preparation_for([])
    with pytest.raises(InputError, match="of one size"):
        preparation_for([np.zeros((9, 9)), np.zeros((9, 8))], background="static")
    with pytest.raises(InputError, match="at least 8 of them, got 2"):
        preparation_for([np.zeros((9, 9))] * 2, background="static")


@pytest.mark.parametrize("size", [(4, 4), (5, 7), (1, 6), (3, 40)])
def test_small_images_have_smooth_backgrounds_too(size: tuple[int, int]) -> None:
    image = np.full(size, 7, np.uint8)
    preparation, _ = preparation_for([image], background="smooth", polarity="bright")
    assert not whole(image, preparation).any()


def test_images_of_another_kind_are_refused() -> None:
    image = np.zeros((9, 8), np.uint8)
    assert preparation_for([image.astype(np.uint16)])[0].values == "uint16"
    assert refusal(image, preparation_for([image])[0].values) is None
    assert refusal(np.zeros((9, 8, 3), bool), preparation_for([image.astype(np.float32)])[0].values) is None
    for other, reason in (
        (image.astype(np.uint16), "its pixels are uint16, those that were learned from uint8"),
        (image.astype(np.float64), "its pixels are float"),
        (image.astype(np.int64), "its pixels are int64; convert them"),
        (np.full((9, 8), np.nan), "not numbers"),
        (np.zeros((9, 8, 4), np.uint8), "it has 4 channels"),
    ):
        assert reason in str(refusal(other, "uint8"))
        with pytest.raises(InputError, match=reason):
            preparation_for([image, other])


def test_so_many_images_are_looked_at_as_memory_allows_all_of_one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [np.full((10, 10), k, np.uint8) for k in range(9)]
    monkeypatch.setattr(module, "SAMPLE_BYTES", 1500)  # of 100 as they are and 400 as floats
    read = iter(images)
    assert [int(image[0, 0]) for image in sample_of(read)] == [0, 1, 2]
    assert len(list(read)) == 5, "no more are read"
    monkeypatch.setattr(module, "SAMPLE_BYTES", 1)
    assert len(sample_of(images)) == 1
    assert sample_of([]) == []
    monkeypatch.setattr(module, "SAMPLE_BYTES", 2**20)
    mixed = [images[0].astype(np.float32), *images[1:3]]
    assert [int(image[0, 0]) for image in sample_of(mixed)] == [1, 2]
