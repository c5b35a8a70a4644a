"""Facts about crops: a picture for each object, in a folder for its class, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.data.image_files import list_images
from stampnet.data.value_range import as_bytes
from stampnet.detection import Detections
from stampnet.export import crops
from stampnet.export.coco import DetectionTable
from stampnet.export.crops import cut_out, write_crops


def test_every_object_is_cut_out_of_its_image(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 255, (30, 40), np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(grey).save(tmp_path / "in" / "a.png")
    np.save(tmp_path / "in" / "b.npy", np.stack([grey.astype(np.uint16) * 7] * 2))
    files = list_images([tmp_path / "in"]).files
    boxes = np.array([[2.4, 3, 10, 8.2], [35, 25, 50, 60], [90, 90, 99, 99]], np.float32)
    kinds = np.array([0, 1, 0])
    found = Detections(boxes, kinds, kinds, np.ones(3, np.float32))
    nothing = Detections(boxes[:0], kinds[:0], kinds[:0], np.ones(0, np.float32))
    table = DetectionTable(
        tuple(file.name for file in files), ((30, 40),) * 3, (found, found, nothing), ("cat", "../dog/x")
    )
    assert write_crops(tmp_path / "out", files, table) == 4
    written = {file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*.png")}
    assert written == {"cat/a.png-0.png", "_dog_x/a.png-1.png", "cat/b.npy#0-0.png", "_dog_x/b.npy#0-1.png"}
    with Image.open(tmp_path / "out" / "cat" / "a.png-0.png") as picture:
        assert np.array_equal(np.asarray(picture), grey[3:9, 2:10])
    with Image.open(tmp_path / "out" / "_dog_x" / "a.png-1.png") as picture:
        assert np.array_equal(np.asarray(picture), grey[25:, 35:])


def test_crops_whose_names_are_alike_do_not_overwrite_each_other(tmp_path: Path) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    for name, value in (("a/b.png", 1), ("a_b.png", 2)):
        Image.fromarray(np.full((9, 9), value, np.uint8)).save(tmp_path / "in" / name)
    files = list_images([tmp_path / "in"]).files
    boxes, kinds = np.array([[0, 0, 5, 5], [2, 2, 9, 9]], np.float32), np.array([0, 1])
    found = Detections(boxes, kinds, kinds, np.ones(2, np.float32))
    table = DetectionTable(tuple(file.name for file in files), ((9, 9),) * 2, (found, found), ("a/b", "a_b"))
    assert write_crops(tmp_path / "out", files, table) == 4
    written = {}
    for file in (tmp_path / "out").rglob("*.png"):
        with Image.open(file) as picture:
            written[file.relative_to(tmp_path / "out").as_posix()] = (picture.width, picture.getpixel((0, 0)))
    assert written == {
        "a_b/a_b.png-0.png": (5, 1),
        "a_b-2/a_b.png-1.png": (7, 1),
        "a_b/a_b.png-2-0.png": (5, 2),
        "a_b-2/a_b.png-2-1.png": (7, 2),
    }


def test_crops_of_an_image_share_its_range_which_is_sought_once(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.arange(600 * 700, dtype=np.float32).reshape(600, 700)
    boxes = np.array([[0, 0, 700, 600], [3, 4, 9, 9], [-9, -9, -2, -1], [700, 0, 710, 9]], np.float32)
    whole, part, *outside = cut_out(image, boxes)
    assert whole is not None
    assert part is not None
    assert np.array_equal(whole, as_bytes(image, image))
    assert np.array_equal(part, whole[4:9, 3:9])
    assert outside == [None, None]
    sizes = []
    monkeypatch.setattr(crops, "as_bytes", lambda part, image: (sizes.append(image.size), as_bytes(part, image))[1])
    list(cut_out(image, boxes))
    assert max(sizes) == 2
