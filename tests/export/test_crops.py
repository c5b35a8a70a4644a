"""Facts about crops: a picture for each object, in a folder for its class, and nowhere else."""

from pathlib import Path

import numpy as np
from PIL import Image

from stampnet.data.image_files import list_images
from stampnet.detection import Detections
from stampnet.export.coco import DetectionTable
from stampnet.export.crops import write_crops


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
