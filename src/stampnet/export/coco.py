"""Detections to COCO JSON and back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stampnet.atomic import whole_file
from stampnet.detection import Detections
from stampnet.errors import InputError


@dataclass(frozen=True)
class DetectionTable:
    """The detections of a set of images, with the names that make them readable."""

    image_names: tuple[str, ...]
    image_sizes_hw: tuple[tuple[int, int], ...]
    detections: tuple[Detections, ...]
    class_names: tuple[str, ...]


def write_coco(path: Path, table: DetectionTable) -> None:
    """Writes COCO JSON: boxes as x, y, width, height in pixels; numbers of images and categories count from 1.

    Every annotation also has the `score` and the `stamp` of its object.
    """
    annotations: list[dict[str, object]] = []
    for image_id, found in enumerate(table.detections, start=1):
        boxes = found.boxes_xyxy.tolist()
        rest = zip(found.stamp.tolist(), found.class_id.tolist(), found.score.tolist(), strict=True)
        for (x0, y0, x1, y1), (stamp, class_id, score) in zip(boxes, rest, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": class_id + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                    "score": score,
                    "stamp": stamp,
                }
            )
    images = zip(table.image_names, table.image_sizes_hw, strict=True)
    content = {
        "images": [
            {"id": i, "file_name": name, "height": height, "width": width}
            for i, (name, (height, width)) in enumerate(images, start=1)
        ],
        "categories": [{"id": i, "name": name} for i, name in enumerate(table.class_names, start=1)],
        "annotations": annotations,
    }
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


def read_coco(path: Path) -> DetectionTable:
    """Reads what `write_coco` wrote.

    Raises InputError where the file is missing or not of that form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows: dict[int, list[dict[str, object]]] = {image["id"]: [] for image in content["images"]}
        for annotation in content["annotations"]:
            rows[annotation["image_id"]].append(annotation)
        return DetectionTable(
            tuple(image["file_name"] for image in content["images"]),
            tuple((image["height"], image["width"]) for image in content["images"]),
            tuple(map(_to_detections, rows.values())),
            tuple(category["name"] for category in content["categories"]),
        )
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; write one with stampnet detect --format coco") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not COCO JSON of detections ({error!r}); write it anew") from error


def _to_detections(rows: Sequence[dict[str, object]]) -> Detections:
    boxes = np.array([row["bbox"] for row in rows], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Detections(
        boxes,
        np.array([row["stamp"] for row in rows], np.int64),
        np.array([row["category_id"] for row in rows], np.int64) - 1,
        np.array([row["score"] for row in rows], np.float32),
    )
