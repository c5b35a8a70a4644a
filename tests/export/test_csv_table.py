"""Facts about CSV tables."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.csv_table import read_csv, write_csv

PLAIN = Detections(np.array([[1, 2, 11, 22]], np.float32), np.array([3]), np.array([1]), np.array([0.25], np.float32))
EMPTY = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))


def test_a_row_has_corners_centre_stamp_class_and_score(tmp_path: Path) -> None:
    write_csv(tmp_path / "found.csv", ["a.png"], [PLAIN], ["even", "odd"])
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines == [
        "image,x0,y0,x1,y1,cx,cy,stamp,class_id,class,score",
        "a.png,1.0,2.0,11.0,22.0,6.0,12.0,3,1,odd,0.25",
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4, unique=True))
def test_names_of_any_kind_come_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "found.csv"
    found = [PLAIN if i % 2 == 0 else EMPTY for i in range(len(names))]
    write_csv(path, names, found, ["even", "odd"])
    for ours, theirs in zip(found, read_csv(path, names), strict=True):
        for field in ("boxes_xyxy", "stamp", "class_id", "score"):
            assert np.array_equal(getattr(ours, field), getattr(theirs, field))


def test_a_table_of_other_images_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / "found.csv", ["a.png"], [PLAIN], ["even", "odd"])
    with pytest.raises(InputError, match=r"found\.csv is not a table of detections in these images"):
        read_csv(tmp_path / "found.csv", ["b.png"])
    with pytest.raises(InputError, match="there is no file"):
        read_csv(tmp_path / "none.csv", [])
