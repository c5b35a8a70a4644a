"""Facts about what counts as 1 in images of each type."""

import numpy as np
import pytest

from stampnet.data.value_range import full_scale_of, to_unit_range
from stampnet.errors import InputError

DEPTH = (np.arange(12, dtype=np.uint16) * 5000).reshape(3, 4)


def test_the_largest_16_bit_value_of_a_set_becomes_one() -> None:
    assert full_scale_of([DEPTH, DEPTH // 2]) == 55_000
    assert to_unit_range(DEPTH, 55_000.0).max() == 1
    assert full_scale_of([np.zeros((2, 2), np.uint16)]) == 1


@pytest.mark.parametrize("full_scale", [255.0, 4000.0, 1.0])
@pytest.mark.parametrize(
    "array", [np.array([[0, 255]], np.uint8), np.array([[0.0, 1.0]]), np.array([[False, True]])], ids=str
)
def test_bytes_floats_and_bools_say_themselves_what_is_one(array: np.ndarray, full_scale: float) -> None:
    assert to_unit_range(array, full_scale).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("full_scale", [255.0, 1.0])
def test_16_bit_values_of_which_nothing_is_known_are_refused(full_scale: float) -> None:
    with pytest.raises(InputError, match="of 16 bit, up to 55000"):
        to_unit_range(DEPTH, full_scale)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[0.0, 2.0]]), r"must lie in \[0, 1\], got 0 to 2"),
        (np.array([[np.nan, 0.5]]), "not numbers"),
        (np.array([[1, 2]], np.int64), "type int64 cannot be used"),
    ],
)
def test_values_that_cannot_be_scaled_are_refused(array: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        full_scale_of([array])
