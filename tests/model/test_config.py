"""Facts about sizes: what cannot be is refused with its value."""

import pytest

from stampnet.errors import InputError
from stampnet.model.config import ModelConfig, at_least_one

SIZES = {"image_size": (30, 40), "stamp_size": (7, 10), "num_stamps": 3, "max_shapes": 2}


def test_a_stamp_as_large_as_the_image_has_one_position() -> None:
    assert ModelConfig(**SIZES).positions == (24, 31)
    assert ModelConfig(**{**SIZES, "stamp_size": (30, 40)}).positions == (1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_stamps": 0}, "num_stamps must be at least 1, got 0"),
        ({"stamp_size": (0, 5)}, "the smaller side of stamp_size must be at least 1, got 0"),
        ({"stamp_size": (7, 41)}, r"stamp_size \(7, 41\) is larger than image_size \(30, 40\)"),
        ({"max_value": 0.0}, "max_value must be above 0, got 0.0"),
        ({"num_classes": 4}, "num_classes must be between 1 and the 3 stamps that are grouped, got 4"),
        ({"num_classes": 0}, "num_classes must be between 1 and the 3 stamps"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ModelConfig(**{**SIZES, **change})


def test_the_first_count_below_one_is_named() -> None:
    at_least_one(apples=1)
    with pytest.raises(InputError, match="pears must be at least 1, got -2"):
        at_least_one(apples=1, pears=-2)
