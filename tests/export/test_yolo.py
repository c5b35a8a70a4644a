"""Detections as YOLO text files: by hand, there and back, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable
from stampnet.export.yolo import read_yolo, write_yolo

NAMES, SIZES = ("a/one.png", "two.png", "scan.tif#0", "scan.tif#1"), ((40, 80), (100, 100), (30, 30), (30, 30))


def found(*boxes: tuple[float, float, float, float]) -> Detections:
    number = np.arange(len(boxes))
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4), number % 2, number % 2, np.full(len(boxes), 0.5, np.float32)
    )


TABLE = DetectionTable(
    NAMES, SIZES, (found((8, 10, 24, 30), (0, 0, 80, 40)), found(), found((1, 2, 3, 4)), found()), ("cat", "black dog")
)


def test_lines_hold_centre_and_sides_as_parts_of_the_image(tmp_path: Path) -> None:
    write_yolo(tmp_path, TABLE)
    assert (tmp_path / "a" / "one.txt").read_text() == "0 0.2 0.5 0.2 0.5 0.5\n1 0.5 0.5 1 1 0.5\n"
    assert (tmp_path / "two.txt").read_text() == ""
    assert (tmp_path / "classes.txt").read_text() == "cat\nblack dog\n"
    assert (tmp_path / "scan.tif#1.txt").exists()


def test_boxes_and_classes_come_back(tmp_path: Path) -> None:
    write_yolo(tmp_path, TABLE)
    read = read_yolo(tmp_path, NAMES, SIZES)
    assert read.class_names == TABLE.class_names
    for one, other in zip(read.detections, TABLE.detections, strict=True):
        np.testing.assert_allclose(one.boxes_xyxy, other.boxes_xyxy, atol=1e-4)
        assert one.class_id.tolist() == other.class_id.tolist()
        np.testing.assert_allclose(one.score, other.score)


def test_files_without_scores_are_read(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("cat\n")
    (tmp_path / "x.txt").write_text("0 0.5 0.5 0.5 0.5\n\n")
    (one,) = read_yolo(tmp_path, ("x.png",), ((10, 20),)).detections
    assert one.boxes_xyxy.tolist() == [[5, 2.5, 15, 7.5]]
    assert one.score.tolist() == [1]


def test_two_images_of_one_file_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    table = DetectionTable(("a.png", "a.jpg"), ((9, 9), (9, 9)), (found(), found()), ("cat",))
    with pytest.raises(InputError, match=r"a\.png and a\.jpg would both"):
        write_yolo(tmp_path / "out", table)
    table = DetectionTable(("classes.png",), ((9, 9),), (found(),), ("cat",))
    with pytest.raises(InputError, match=r"the names of the classes and classes\.png would both"):
        write_yolo(tmp_path / "out", table)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["/abs/b.png", "../b.png", "a/../../b.png"])
def test_labels_outside_the_folder_are_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    name = name.replace("/abs", str(tmp_path))
    (tmp_path / "b.txt").write_text("by hand")
    table = DetectionTable(("a.png", name), ((9, 9), (9, 9)), (found(), found()), ("cat",))
    with pytest.raises(InputError, match=r"b\.png' has no place below a folder"):
        write_yolo(tmp_path / "out", table)
    assert [file.name for file in tmp_path.iterdir()] == ["b.txt"]
    assert (tmp_path / "b.txt").read_text() == "by hand"


def test_a_class_without_a_name_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    table = DetectionTable(("a.png", "b.png"), ((9, 9),) * 2, (found(), found((0, 0, 1, 1), (1, 1, 2, 2))), ("cat",))
    with pytest.raises(InputError, match="class 1 has no name"):
        write_yolo(tmp_path / "out", table)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "word"),
    [("0 1 2", "3 numbers"), ("x 0 0 0 0", "invalid literal"), ("7 0 0 0 0", "class 7"), ("0 0 0 -1 1", "ends before")],
)
def test_malformed_lines_are_named(tmp_path: Path, line: str, word: str) -> None:
    (tmp_path / "classes.txt").write_text("cat\n")
    (tmp_path / "x.txt").write_text(line)
    with pytest.raises(InputError, match=rf"x\.txt.*{word}"):
        read_yolo(tmp_path, ("x.png",), ((10, 20),))
    with pytest.raises(InputError, match=r"y\.txt cannot be read"):
        read_yolo(tmp_path, ("y.png",), ((10, 20),))
