"""Facts about the table of people."""

from dataclasses import replace

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.people import People, concatenated, nobody


def some(frames: list[int], x_m: float = 1.0) -> People:
    number = len(frames)
    real, short = np.full(number, x_m), np.zeros(number, np.float32)
    return People(
        np.array(frames, np.int64),
        real,
        real,
        real,
        short,
        np.zeros(number, np.int64),
        short,
        short,
        np.zeros(number, np.int64),
        np.ones(number, bool),
    )


def test_parts_are_put_in_the_order_of_frames() -> None:
    people = concatenated([some([0, 2], 1.0), some([0, 1], 2.0)])
    assert people.frame.tolist() == [0, 0, 1, 2]
    assert people.x_m.tolist() == [1.0, 2.0, 2.0, 1.0]
    assert len(concatenated([])) == 0


def test_some_of_the_people_can_be_taken() -> None:
    people = some([0, 1, 2])
    assert people.where(people.frame != 1).frame.tolist() == [0, 2]


def test_the_table_has_the_time_of_each_frame() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed (extra track)")
    table = some([0, 15]).to_frame(fps=15.0)
    assert table["time"].tolist() == [0.0, 1.0]
    assert len(nobody().to_frame(fps=15.0)) == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"x_m": np.array([np.nan, 0.0])}, "x_m is nan metres"),
        ({"y_m": np.array([0.0, 1e9])}, r"y_m is 1e\+09 metres"),
        ({"frame": np.array([1, 0])}, "order of their frames"),
        ({"frame": np.array([-1, 0])}, "numbered from 0"),
    ],
)
def test_what_no_people_have_is_refused(change: dict[str, np.ndarray], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        replace(some([0, 1]), **change)
