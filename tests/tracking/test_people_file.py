"""Facts about tables of people: read in parts, they are what was written."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.people import concatenated
from stampnet.tracking.people_file import frame_rate, people_batches, write_people
from tracking_walkers import walkers

pytest.importorskip("pandas", reason="pandas is not installed (extra track)")

PEOPLE, _ = walkers(5, 40, 15.0, missed=0.2)


@pytest.mark.parametrize("rows_at_once", [1, 7, 50_000])
def test_people_come_back_in_batches_of_whole_frames(rows_at_once: int, tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv", PEOPLE, 15.0)
    batches = list(people_batches(tmp_path / "people.csv", rows_at_once=rows_at_once))
    at = 0
    for batch in batches:
        assert batch.first_frame == at
        assert set(batch.people.frame.tolist()) <= set(range(batch.first_frame, batch.last_frame))
        at = batch.last_frame
    assert at == PEOPLE.frame[-1] + 1
    read = concatenated([batch.people for batch in batches])
    assert np.array_equal(read.frame, PEOPLE.frame)
    assert np.allclose(read.x_m, PEOPLE.x_m, atol=6e-5)
    assert np.array_equal(read.stamp, PEOPLE.stamp)


def test_reading_goes_on_from_a_frame(tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv", PEOPLE, 15.0)
    batches = list(people_batches(tmp_path / "people.csv", 17, rows_at_once=9))
    assert batches[0].first_frame == 17
    assert len(concatenated([batch.people for batch in batches])) == (PEOPLE.frame >= 17).sum()


def test_four_columns_are_enough_and_frames_without_people_are_counted(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("frame,x,y,z\n2,0.5,1.0,1.7\n6,0.5,1.0,1.7\n")
    batches = list(people_batches(tmp_path / "people.csv"))
    assert [(batch.first_frame, batch.last_frame) for batch in batches] == [(0, 6), (6, 7)]
    assert batches[0].people.stamp.tolist() == [-1]
    assert frame_rate(tmp_path / "people.csv") is None


def test_the_frame_rate_is_that_of_the_times(tmp_path: Path) -> None:
    write_people(tmp_path / "people.csv", PEOPLE, 15.0)
    assert frame_rate(tmp_path / "people.csv") == 15.0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "no table of people"),
        ("frame,x,y\n0,1,1\n", "no column z"),
        ("frame,x,y,z\n0,one,1,1\n", "no table of people"),
        ("frame,x,y,z\n3,1,1,1\n2,1,1,1\n", "order of their frames"),
        ("frame,x,y,z\n-3,1,1,1\n", "numbered from 0"),
        ("frame,x,y,z\n0,,1,1\n", "x_m is nan metres"),
        ("frame,x,y,z\n0,1,1,1e300\n", "z_m is 1e\\+300"),
        ("frame,x,y,z\n0.5,1,1,1\n", "frames are whole numbers"),
    ],
)
def test_what_is_no_table_of_people_is_told(content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(content)
    with pytest.raises(InputError, match=complaint):
        list(people_batches(tmp_path / "people.csv"))


def test_rows_out_of_order_are_found_across_parts(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("frame,x,y,z\n3,1,1,1\n4,1,1,1\n2,1,1,1\n5,1,1,1\n")
    with pytest.raises(InputError, match="sort them by frame"):
        list(people_batches(tmp_path / "people.csv", rows_at_once=2))


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        list(people_batches(tmp_path / "people.csv"))
