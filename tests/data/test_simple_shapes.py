"""Facts about Simple Shapes: the authors' masks pixel for pixel, and splits that share no image."""

import hashlib

import numpy as np
import pytest

from stampnet.data.pose import centres_of_mass, turned_mask
from stampnet.data.simple_shapes import NAMES, SYMMETRY, shape_masks, simple_shapes
from stampnet.errors import InputError

FINGERPRINTS = ["0fe07d3a013d5cb0", "406d848f3a9420f2", "f83aae694aae229f", "ea7c830ed61f76e7", "5d15d3ebe3685f7e"]


def test_masks_have_the_fingerprints_of_the_authors_shapes() -> None:
    masks = shape_masks() // 255
    assert [hashlib.sha256(mask.tobytes()).hexdigest()[:16] for mask in masks] == FINGERPRINTS
    assert masks.sum(axis=(1, 2)).tolist() == [384, 448, 259, 192, 448]


def test_train_and_test_share_no_image_though_few_exist() -> None:
    train, test = (simple_shapes(2000, 1, (40, 40), seed=0, split=split) for split in ("train", "test"))
    assert not {image.tobytes() for image in train.images} & {image.tobytes() for image in test.images}


def test_the_same_seed_gives_the_same_scenes_and_another_seed_others() -> None:
    first, again, other = (simple_shapes(50, 2, (84, 84), seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


def test_a_shape_lies_where_its_box_says() -> None:
    scenes = simple_shapes(20, 1, (60, 50), seed=1)
    for image, box, class_id in zip(
        scenes.images, scenes.boxes_xyxy[:, 0].astype(int), scenes.classes[:, 0], strict=True
    ):
        x0, y0, x1, y1 = box
        assert np.array_equal(image[y0:y1, x0:x1], shape_masks()[class_id])
        assert image.sum() == shape_masks()[class_id].sum(dtype=np.int64)


@pytest.mark.parametrize("name", NAMES)
def test_a_shape_looks_the_same_after_a_turn_of_its_symmetry_and_after_no_smaller_one(name: str) -> None:
    mask = shape_masks()[NAMES.index(name)]
    (centre,) = centres_of_mass(mask[None])

    def likeness(angle_deg: float) -> float:
        first, second = (turned_mask(mask, centre, angle, 1.0, 48).astype(float) for angle in (5.0, 5.0 + angle_deg))
        return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())

    order = SYMMETRY[name]
    assert likeness(360 / order) > (0.85 if name == "triangle" else 0.95)
    assert all(likeness(360 / higher) < 0.6 for higher in range(order + 1, 9))


def test_by_90_degrees_the_two_equals_become_each_other() -> None:
    masks = shape_masks()
    equal, rotated = masks[NAMES.index("equal")], masks[NAMES.index("rotated equal")]
    assert np.array_equal(turned_mask(equal, np.array([13.5, 13.5]), 90.0, 1.0, 48)[10:38, 10:38], rotated)


def test_a_split_that_has_no_image_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stampnet.data.simple_shapes.TEST_SHARE", 2**40)  # no checksum is divisible by that, but 0
    with pytest.raises(InputError, match="28 x 28 pixels leaves too few different images for a test split"):
        simple_shapes(1, 1, (28, 28), seed=0, split="test")
