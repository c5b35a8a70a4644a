"""Facts about files of either format that are written and read again."""

import json
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable, read_coco, write_coco
from stampnet.export.csv_table import read_csv, write_csv


def found(*objects: tuple[float, float, int, int]) -> Detections:
    """Boxes of 28 x 14 at x, y with stamp and class."""
    boxes = np.array([(x, y, x + 28, y + 14) for x, y, *_ in objects], np.float32).reshape(-1, 4)
    stamps, classes = np.array([numbers for _, _, *numbers in objects], np.int64).reshape(-1, 2).T
    return Detections(boxes, stamps, classes, np.full(len(objects), 0.1, np.float32))


def same(a: Detections, b: Detections) -> bool:
    fields = zip(astuple(a), astuple(b), strict=True)
    return all(x is y is None or (np.array_equal(x, y) and x.dtype == y.dtype) for x, y in fields)


# \udcff: how Python spells a byte of a file name that is not UTF-8.
NAMES = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(",\"\n\r'; \udcff"), max_size=8)
COORDINATES = st.floats(0, 1000, width=32)
QUARTERS = st.integers(-400, 40000).map(lambda quarters: quarters / 4)  # x + width is exact


def images(coordinates: st.SearchStrategy[float]) -> st.SearchStrategy[dict[str, list[tuple[float, float, int, int]]]]:
    objects = st.tuples(coordinates, coordinates, st.integers(0, 999), st.integers(0, 1))
    return st.dictionaries(NAMES, st.lists(objects, max_size=3), max_size=4)


@given(images(COORDINATES), st.tuples(NAMES, NAMES))
def test_csv_comes_back_to_the_last_bit_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory,
    images: dict[str, list[tuple[float, float, int, int]]],
    class_names: tuple[str, str],
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.csv"
    written = [found(*objects) for objects in images.values()]
    write_csv(path, list(images), written, class_names)
    assert all(same(a, b) for a, b in zip(read_csv(path, list(images)), written, strict=True))


@given(images(QUARTERS), st.tuples(NAMES, NAMES))
def test_coco_comes_back_whatever_the_names(
    tmp_path_factory: pytest.TempPathFactory,
    images: dict[str, list[tuple[float, float, int, int]]],
    class_names: tuple[str, str],
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.json"
    sizes = ((20, 30),) * len(images)
    table = DetectionTable(tuple(images), sizes, tuple(found(*each) for each in images.values()), class_names)
    write_coco(path, table)
    back = read_coco(path)
    assert (back.image_names, back.image_sizes_hw, back.class_names) == (tuple(images), sizes, class_names)
    assert all(same(a, b) for a, b in zip(back.detections, table.detections, strict=True))


def test_coco_boxes_between_pixels_come_back_to_round_off(tmp_path: Path) -> None:
    corners = np.random.default_rng(0).uniform(0, 500, (200, 2))
    table = DetectionTable(("a",), ((500, 500),), (found(*((x, y, 0, 0) for x, y in corners.tolist())),), ("a",))
    write_coco(tmp_path / "boxes.json", table)
    back = read_coco(tmp_path / "boxes.json")
    assert np.allclose(back.detections[0].boxes_xyxy, table.detections[0].boxes_xyxy, rtol=1e-6)


def test_numbers_in_coco_are_steady_and_empty_images_keep_their_place(tmp_path: Path) -> None:
    table = DetectionTable(
        ("a", "b", "c"),
        ((84, 84), (84, 100), (84, 84)),
        (found((5, 2, 3, 1)), found(), found((0, 0, 0, 0), (1, 7, 3, 1))),
        ("cat", "dog"),
    )
    write_coco(tmp_path / "boxes.json", table)
    content = json.loads((tmp_path / "boxes.json").read_text())
    assert [(image["id"], image["file_name"]) for image in content["images"]] == [(1, "a"), (2, "b"), (3, "c")]
    assert content["images"][1] == {"id": 2, "file_name": "b", "height": 84, "width": 100}
    assert content["categories"] == [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    assert [(each["id"], each["image_id"], each["iscrowd"]) for each in content["annotations"]] == [
        (1, 1, 0),
        (2, 3, 0),
        (3, 3, 0),
    ]
    assert [len(each) for each in read_coco(tmp_path / "boxes.json").detections] == [1, 0, 2]


def test_category_numbers_of_other_programs_are_looked_up(tmp_path: Path) -> None:
    path = tmp_path / "boxes.json"
    write_coco(path, DetectionTable(("a",), ((84, 84),), (found((0, 0, 5, 0), (0, 0, 6, 1)),), ("x", "y")))
    renumbered = (
        path.read_text()
        .replace('"category_id": 1', '"category_id": 90')
        .replace('"id": 1,\n   "name"', '"id": 90,\n   "name"')
    )
    path.write_text(renumbered)
    back = read_coco(path)
    assert [category["id"] for category in json.loads(renumbered)["categories"]] == [90, 2]
    assert (back.class_names, back.detections[0].class_id.tolist()) == (("x", "y"), [0, 1])


def test_a_csv_that_a_spreadsheet_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    write_csv(path, ["a"], [found((0, 0, 0, 0))], ["cat"])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read_csv(path, ["a"])[0]) == 1


def test_a_class_without_a_name_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "boxes"
    path.write_text("old")
    with pytest.raises(InputError, match="class 1 has no name"):
        write_csv(path, ["a"], [found((0, 0, 0, 1))], ["cat"])
    with pytest.raises(InputError, match="class 1 has no name"):
        write_coco(path, DetectionTable(("a",), ((84, 84),), (found((0, 0, 0, 1)),), ("cat",)))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("boxes", "old")]


def test_images_of_the_same_name_are_refused_in_csv(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 images are called 'a'"):
        write_csv(tmp_path / "boxes.csv", ["a", "b", "a"], [found()] * 3, [])
    with pytest.raises(InputError, match="2 images are called 'a'"):
        read_csv(tmp_path / "boxes.csv", ["a", "a"])


def test_names_and_detections_must_be_equally_many(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 image names need as many detections, got 1"):
        write_csv(tmp_path / "boxes.csv", ["a", "b"], [found()], [])
    with pytest.raises(InputError, match="equally many, got 1, 1 and 2"):
        DetectionTable(("a",), ((2, 2),), (found(), found()), ())


def test_forms_come_back_from_both_formats(tmp_path: Path) -> None:
    bent = replace(
        found((5, 2, 3, 1), (9, 8, 0, 0)),
        tight_xyxy=np.array([[6, 3, 20, 14], [10, 9, 30, 20]], np.float32),
        angle_deg=np.array([-12.5, 170.25], np.float32),
        scale=np.array([0.75, 1.5], np.float32),
    )
    write_csv(tmp_path / "boxes.csv", ["a", "b"], [bent, found()], ["cat", "dog"])
    write_coco(tmp_path / "boxes.json", DetectionTable(("a",), ((84, 84),), (bent,), ("cat", "dog")))
    assert same(read_csv(tmp_path / "boxes.csv", ["a", "b"])[0], bent)
    assert same(read_coco(tmp_path / "boxes.json").detections[0], bent)
