"""Facts about the rows that every format is made of."""

import numpy as np
import pytest

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.rows import Row, from_rows, to_rows

ROW = Row((0.0, 1.0, 2.0, 3.0), 0, 0, 0.5)


def test_an_image_without_objects_has_no_rows_and_back() -> None:
    found = from_rows([])
    assert (found.boxes_xyxy.shape, len(found)) == ((0, 4), 0)
    assert list(to_rows(found, [])) == []


@pytest.mark.parametrize("class_id", [-1, 2])
def test_a_class_without_a_name_is_refused(class_id: int) -> None:
    found = Detections(
        np.zeros((1, 4), np.float32), np.zeros(1, np.int64), np.array([class_id]), np.ones(1, np.float32)
    )
    with pytest.raises(InputError, match=f"class {class_id} has no name: .* got 2 names"):
        list(to_rows(found, ["a", "b"]))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW._replace(box_xyxy=(np.nan, 0, 1, 1)), "not a finite number"),
        (ROW._replace(box_xyxy=(0, 0, 1e300, 1)), "not a finite number"),
        (ROW._replace(score=np.inf), "not a finite number"),
        (ROW._replace(box_xyxy=(2, 0, 1, 1)), "ends before it begins"),
        (ROW._replace(stamp=-1), "is negative"),
        (ROW._replace(class_id=-1), "is negative"),
        (ROW._replace(stamp=10**30), "too large"),
    ],
)
def test_numbers_that_no_detection_has_are_refused(row: Row, reason: str) -> None:
    with pytest.raises((ValueError, OverflowError), match=reason):
        from_rows([ROW, row])
