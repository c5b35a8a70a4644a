"""Files that must be refused, with their name and a remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from stampnet.errors import InputError
from stampnet.export.coco import read_coco
from stampnet.export.csv_table import COLUMNS, read_csv

IMAGE = {"id": 1, "file_name": "a", "height": 2, "width": 2}
CATEGORY = {"id": 1, "name": "cat"}
ANNOTATION = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "stamp": 0, "score": 1}
CONTENT: dict[str, Any] = {"images": [IMAGE], "categories": [CATEGORY], "annotations": [ANNOTATION]}


def test_the_coco_file_that_the_others_spoil_is_good(tmp_path: Path) -> None:
    (tmp_path / "boxes.json").write_text(json.dumps(CONTENT))
    assert len(read_coco(tmp_path / "boxes.json").detections[0]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"images": [IMAGE, IMAGE]},
        {"images": [IMAGE, {**IMAGE, "id": 2}]},
        {"images": [{**IMAGE, "height": "tall"}]},
        {"categories": [CATEGORY, CATEGORY]},
        {"annotations": [[]]},
        *(
            {"annotations": [{**ANNOTATION, **wrong}] * 4}  # four boxes of three numbers are no three boxes
            for wrong in (
                {"image_id": 2},
                {"category_id": 2},
                {"bbox": [0, 0, 1]},
                {"bbox": [0, 0, -1, 1]},
                {"bbox": [float("nan"), 0, 1, 1]},
                {"bbox": None},
                {"stamp": 1.5},
                {"stamp": 10**30},
                {"stamp": -1},
                {"score": "high"},
            )
        ),
    ],
)
def test_a_malformed_coco_file_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (tmp_path / "boxes.json").write_text(json.dumps({**CONTENT, **wrong}))
    with pytest.raises(InputError, match=r"boxes\.json is not COCO JSON .* write it anew with stampnet detect"):
        read_coco(tmp_path / "boxes.json")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"null", b'"text"'])
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "boxes.json").write_bytes(content)
    with pytest.raises(InputError, match=r"boxes\.json is not COCO JSON"):
        read_coco(tmp_path / "boxes.json")


HEADER = ",".join(COLUMNS)
LINE = "a,0,0,1,1,.5,.5,0,0,cat,1"


def test_the_table_that_the_others_spoil_is_good(tmp_path: Path) -> None:
    (tmp_path / "boxes.csv").write_text(f"{HEADER}\n{LINE}\n")
    assert len(read_csv(tmp_path / "boxes.csv", ["a"])[0]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "image,x0\n",
        f"{HEADER}\n{LINE},9\n",
        f"{HEADER}\na,0,0\n",
        f"{HEADER}\nother{LINE}\n",
        f"{HEADER}\n{LINE.replace('a,0', 'a,nan', 1)}\n",
        f"{HEADER}\n{LINE.replace('a,0', 'a,7', 1)}\n",
        f"{HEADER}\n{LINE.replace('a,0', 'a,left', 1)}\n",
        f"{HEADER}\n{LINE.replace('0,cat', '1.5,cat')}\n",
        f"{HEADER}\n{LINE.replace('0,cat', f'{10**30},cat')}\n",
        f'{HEADER}\n"{LINE}\n',
        f"{HEADER}\n{'a' * 200_000}{LINE}\n",
    ],
)
def test_a_malformed_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "boxes.csv").write_text(text)
    with pytest.raises(InputError, match=r"boxes\.csv is not a table of detections .* write it anew with stampnet"):
        read_csv(tmp_path / "boxes.csv", ["a"])


def test_a_missing_file_and_a_folder_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*none\.json; write one with stampnet detect"):
        read_coco(tmp_path / "none.json")
    with pytest.raises(InputError, match=r"there is no file .*none\.csv; write one with stampnet detect"):
        read_csv(tmp_path / "none.csv", [])
    with pytest.raises(InputError, match=r"cannot be read .* check the path"):
        read_coco(tmp_path)
    with pytest.raises(InputError, match=r"cannot be read .* check the path"):
        read_csv(tmp_path, [])
