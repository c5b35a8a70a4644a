"""Detections to COCO JSON and back."""

import json
from dataclasses import dataclass
from operator import index
from pathlib import Path

from stampnet.atomic import whole_file
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.rows import Row, from_rows, refuse_repeated, to_rows


@dataclass(frozen=True)
class DetectionTable:
    """The detections of a set of images, with the names that make them readable.

    Raises InputError where two images share a name, or names, sizes and detections are not equally many.
    """

    image_names: tuple[str, ...]
    image_sizes_hw: tuple[tuple[int, int], ...]
    detections: tuple[Detections, ...]
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not len(self.image_names) == len(self.image_sizes_hw) == len(self.detections):
            raise InputError(
                f"image names, sizes and detections must be equally many, got {len(self.image_names)}, "
                f"{len(self.image_sizes_hw)} and {len(self.detections)}"
            )
        refuse_repeated(self.image_names)


def write_coco(path: Path, table: DetectionTable) -> None:
    """Writes COCO JSON: boxes as x, y, width, height in pixels; numbers of images and categories count from 1.

    Every annotation also has the `score` and the `stamp` of its object and, where they are known, its `tight_bbox`,
    `angle_deg` and `scale`; an image without objects keeps its place.

    Raises InputError where a class has no name.

    >>> import tempfile
    >>> import numpy as np
    >>> found = Detections(np.array([[5, 2, 33, 30]], np.float32), np.array([3]), np.array([1]),
    ...                    np.array([0.5], np.float32))
    >>> path = Path(tempfile.mkdtemp()) / "boxes.json"
    >>> write_coco(path, DetectionTable(("a.png",), ((84, 84),), (found,), ("cat", "dog")))
    >>> json.loads(path.read_text())["annotations"][0]["bbox"]
    [5.0, 2.0, 28.0, 28.0]
    >>> read_coco(path).detections[0].class_id.tolist()
    [1]
    """
    annotations: list[dict[str, object]] = []
    for image_id, found in enumerate(table.detections, start=1):
        for row in to_rows(found, table.class_names):
            x0, y0, x1, y1 = row.box_xyxy
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": row.class_id + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": 0,
                    "score": row.score,
                    "stamp": row.stamp,
                    **_form(row),
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
    """Reads what `write_coco` wrote, or annotations of another tool, which have neither stamps (these are then the
    classes) nor scores (1); classes are numbered in the order in which the file lists its categories.

    Raises InputError where the file cannot be read or is not of that form.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        class_of = {category["id"]: place for place, category in enumerate(content["categories"])}
        rows: dict[int, list[Row]] = {image["id"]: [] for image in content["images"]}
        if len(class_of) < len(content["categories"]) or len(rows) < len(content["images"]):
            raise ValueError("two images or two categories have the same id")
        for annotation in content["annotations"]:
            rows[annotation["image_id"]].append(_to_row(annotation, class_of))
        return DetectionTable(
            tuple(str(image["file_name"]) for image in content["images"]),
            tuple((index(image["height"]), index(image["width"])) for image in content["images"]),
            tuple(map(from_rows, rows.values())),
            tuple(str(category["name"]) for category in content["categories"]),
        )
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; write one with stampnet detect, or check the path") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path and its permissions") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path} is not COCO JSON of boxes ({error!r}); correct it, or write it anew with stampnet detect"
        ) from error


def _form(row: Row) -> dict[str, object]:
    """What is known of the form of an object."""
    form: dict[str, object] = {}
    if row.tight_xyxy is not None:
        x0, y0, x1, y1 = row.tight_xyxy
        form["tight_bbox"] = [x0, y0, x1 - x0, y1 - y0]
    return form | {
        name: value for name, value in (("angle_deg", row.angle_deg), ("scale", row.scale)) if value is not None
    }


def _to_row(annotation: dict[str, object], class_of: dict[int, int]) -> Row:
    # `index` refuses 1.5 and "1", which `int` would silently make a 1.
    x, y, width, height = map(float, annotation["bbox"])  # type: ignore[call-overload]
    category = index(annotation["category_id"])  # type: ignore[arg-type]
    stamp = index(annotation.get("stamp", class_of[category]))  # type: ignore[arg-type]
    tight = None
    if "tight_bbox" in annotation:
        left, top, across, down = map(float, annotation["tight_bbox"])  # type: ignore[call-overload]
        tight = (left, top, left + across, top + down)
    angle, scale = (float(annotation[name]) if name in annotation else None for name in ("angle_deg", "scale"))  # type: ignore[arg-type]
    score = float(annotation.get("score", 1.0))  # type: ignore[arg-type]
    return Row((x, y, x + width, y + height), stamp, class_of[category], score, tight, angle, scale)
