"""Facts about Translated and Cluttered Translated MNIST."""

import numpy as np
import pytest

from stampnet.data.data_home import mnist
from stampnet.data.digits import shrink, to_binary, translated_digits

pytestmark = pytest.mark.usefixtures("mnist_is_here")


def test_a_lone_digit_is_an_mnist_digit_at_its_box_with_its_label() -> None:
    digits, labels = mnist("test")
    known = {digit.tobytes(): label for digit, label in zip(digits, labels, strict=True)}
    scenes = translated_digits(50, 1, (60, 84), seed=0, split="test")
    for image, (x0, y0, x1, y1), label in zip(
        scenes.images, scenes.boxes_xyxy[:, 0].astype(int), scenes.classes[:, 0], strict=True
    ):
        assert known[image[y0:y1, x0:x1].tobytes()] == label


def test_every_digit_is_used_once_in_each_slot() -> None:
    scenes = translated_digits(10_000, 2, (84, 84), seed=0, split="test")
    expected = np.bincount(mnist("test")[1])
    for slot in range(2):
        assert np.array_equal(np.bincount(scenes.classes[:, slot]), expected)


def test_more_images_than_digits_begin_a_new_round() -> None:
    assert len(translated_digits(10_001, 1, (28, 28), seed=0, split="test")) == 10_001


def test_splits_use_different_digits() -> None:
    train, test = ({d.tobytes() for d in mnist(split)[0]} for split in ("train", "test"))
    assert not train & test


def test_clutter_adds_ink_and_binary_leaves_two_values() -> None:
    plain = translated_digits(20, 1, (100, 100), seed=5)
    grey = translated_digits(20, 1, (100, 100), seed=5, num_clutter=8)
    binary = translated_digits(20, 1, (100, 100), seed=5, num_clutter=8, binary=True)
    assert np.array_equal(plain.boxes_xyxy, grey.boxes_xyxy)
    assert (grey.images >= plain.images).all()
    assert grey.images.sum() > plain.images.sum()
    assert np.array_equal(binary.images, to_binary(grey.images))


def test_shrinking_interpolates_between_pixel_centres_and_rounds_halves_up() -> None:
    ramp = np.tile(np.arange(28, dtype=np.uint8) * 8, (28, 1))[None]
    assert shrink(ramp)[0, 0].tolist() == [10, 38, 66, 94, 122, 150, 178, 206]  # 8 * (3.5 i + 1.25)
    spot = np.zeros((1, 28, 28), np.uint8)
    spot[0, 1, 1] = 8  # weight .75 * .75 of 8 is 4.5
    assert shrink(spot)[0, 0, 0] == 5
