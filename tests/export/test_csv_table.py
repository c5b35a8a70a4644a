"""Facts about CSV tables."""

from pathlib import Path

import numpy as np

from stampnet.detection import Detections
from stampnet.export.csv_table import read_csv, write_csv


def test_a_row_has_corners_centre_stamp_class_and_score(tmp_path: Path) -> None:
    found = Detections(
        np.array([[1, 2, 11, 22]], np.float32), np.array([3]), np.array([1]), np.array([0.25], np.float32)
    )
    write_csv(tmp_path / "found.csv", ["a.png"], [found], ["even", "odd"])
    lines = (tmp_path / "found.csv").read_text().splitlines()
    assert lines == [
        "image,x0,y0,x1,y1,cx,cy,stamp,class_id,class,score,tight_x0,tight_y0,tight_x1,tight_y1,angle_deg,scale",
        "a.png,1.0,2.0,11.0,22.0,6.0,12.0,3,1,odd,0.25,,,,,,",
    ]


def test_a_table_without_forms_is_read(tmp_path: Path) -> None:
    path = tmp_path / "found.csv"
    path.write_text("image,x0,y0,x1,y1,cx,cy,stamp,class_id,class,score\na.png,1,2,11,22,6,12,3,1,odd,0.25\n")
    (found,) = read_csv(path, ["a.png"])
    assert found.stamp.tolist() == [3]
    assert (found.tight_xyxy, found.angle_deg, found.scale) == (None, None, None)
