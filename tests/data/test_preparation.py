"""Images of all types become values in [0, 1], alike enough to seek the same stamps in."""

import numpy as np
import pytest

from stampnet.data.preparation import Preparation, preparation_for, prepare
from stampnet.errors import InputError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (20, 30), np.uint8)
COLOUR = RNG.integers(0, 256, (20, 30, 3), np.uint8)


def test_bytes_lie_between_0_and_1() -> None:
    prepared = prepare(GREY, preparation_for([GREY]))
    assert prepared.shape == (20, 30, 1)
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared[..., 0], GREY / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("images", "low", "high"),
    [
        ([GREY, GREY // 2], 0, 255),
        ([np.array([[7, 500]], np.uint16), np.array([[9, 400]], np.uint16)], 0, 500),
        ([np.array([[0.2, 0.7]], np.float32)], 0, 1),
        ([np.array([[-3.0, 5.0]], np.float32)], -3, 5),
        ([np.array([[4.0, 12.0]], np.float32)], 0, 12),
        ([np.full((3, 3), 7.0, np.float32)], 0, 7),
        ([np.zeros((3, 3), np.uint16)], 0, 1),
    ],
)
def test_the_range_is_that_of_the_type_or_of_the_values(images: list[np.ndarray], low: float, high: float) -> None:
    preparation = preparation_for(images)
    assert (preparation.low, preparation.high, preparation.each) == (low, high, False)
    assert all(0 <= prepare(image, preparation).min() <= prepare(image, preparation).max() <= 1 for image in images)


def test_images_of_unlike_ranges_are_each_stretched() -> None:
    images = [np.minimum(GREY, most) for most in (40, 60, 120, 250)]
    preparation = preparation_for(images)
    assert preparation.each
    for image in images:
        prepared = prepare(image, preparation)
        assert (prepared.min(), prepared.max()) == (0, 1)
    assert prepare(np.full((4, 4), 9, np.uint8), preparation).max() == 0  # it has no range


def test_colour_is_kept_where_there_is_any() -> None:
    assert preparation_for([COLOUR]).colour
    assert not preparation_for([np.dstack([GREY] * 3)]).colour
    assert not preparation_for([COLOUR], colour=False).colour
    grey = prepare(COLOUR, Preparation(colour=False))
    np.testing.assert_allclose(grey[..., 0] * 255, COLOUR @ [0.299, 0.587, 0.114], atol=1e-3)
    assert prepare(GREY, Preparation(colour=True)).shape == (20, 30, 3)


def test_smaller_images_show_the_mean_of_what_they_cover() -> None:
    prepared = prepare(COLOUR, Preparation(colour=True, scale=0.5))
    assert prepared.shape == (10, 15, 3)
    assert prepared.mean() == pytest.approx(COLOUR.mean() / 255, abs=0.02)
    assert prepared.std() < 0.75 * COLOUR.std() / 255
    flat = prepare(np.full((9, 9), 100, np.uint8), Preparation(scale=0.3))
    np.testing.assert_allclose(flat, 100 / 255, atol=1e-6)


@pytest.mark.parametrize(("settings", "message"), [({"scale": 0.0}, "scale must"), ({"high": -1.0}, "largest value")])
def test_senseless_settings_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Preparation(**settings)
    with pytest.raises(InputError, match="no images"):
        preparation_for([])
