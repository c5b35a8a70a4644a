"""Scenes to a folder and back: PNG images and COCO annotations for others, one npz for us."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from stampnet.archive import arrays_of
from stampnet.data.image_files import IMAGES, ImageSet, read_images, stack_images
from stampnet.data.scenes import Scenes
from stampnet.errors import InputError
from stampnet.progress import tracked

SCENES, ANNOTATIONS = "scenes.npz", "annotations.json"
POSE = {"angles_deg": "angle_deg", "scales": "scale"}
"""What Scenes may say of the pose of objects, and its name in an annotation, where COCO has none."""


class _Object(NamedTuple):
    box_xyxy: list[float]
    class_id: int
    pose: dict[str, float]


def write_scenes(scenes: Scenes, folder: Path) -> None:
    """Makes `folder` with `images/*.png`, `annotations.json` (COCO) and `scenes.npz`, whole or not at all.

    Raises InputError where the folder exists and is not empty, or the images are not bytes.
    """
    with new_folder(folder) as temporary:
        save_scenes(scenes, temporary)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder beside `folder`, which becomes it only if nothing failed.

    Raises InputError where the folder exists and is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not empty; name another folder or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def save_scenes(scenes: Scenes, folder: Path) -> None:
    """Writes what `read_scenes` reads into a folder that is there and empty."""
    if scenes.images.dtype != np.uint8:
        raise InputError(f"only images of type uint8 are written, got {scenes.images.dtype}; multiply and convert them")
    names = [f"{number:06d}.png" for number in range(len(scenes))]
    (folder / IMAGES).mkdir()
    for name, image in tracked(list(zip(names, scenes.images, strict=True)), "writing"):
        Image.fromarray(image).save(folder / IMAGES / name)
    (folder / ANNOTATIONS).write_text(json.dumps(_to_coco(scenes, names)), encoding="utf-8")
    np.savez_compressed(
        folder / SCENES,
        images=scenes.images,
        boxes_xyxy=scenes.boxes_xyxy,
        classes=scenes.classes,
        class_names=np.array(scenes.class_names),
        **_poses(scenes),
    )


def _poses(scenes: Scenes) -> dict[str, Any]:
    """What is known of the pose of objects."""
    return {name: field for name in POSE if (field := getattr(scenes, name)) is not None}


def _to_coco(scenes: Scenes, names: list[str]) -> dict[str, object]:
    height, width = scenes.images.shape[1:3]
    poses = {POSE[name]: field.tolist() for name, field in _poses(scenes).items()}
    annotations: list[dict[str, object]] = []
    for image, (boxes, classes) in enumerate(zip(scenes.boxes_xyxy.tolist(), scenes.classes.tolist(), strict=True)):
        for slot, ((x0, y0, x1, y1), class_id) in enumerate(zip(boxes, classes, strict=True)):
            if class_id >= 0:
                annotation = {"id": len(annotations) + 1, "image_id": image + 1, "category_id": class_id + 1}
                size = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0}
                pose = {name: field[image][slot] for name, field in poses.items()}
                annotations.append({**annotation, **size, **pose})
    return {
        "images": [
            {"id": i, "file_name": name, "height": height, "width": width} for i, name in enumerate(names, start=1)
        ],
        "categories": [{"id": i, "name": name} for i, name in enumerate(scenes.class_names, start=1)],
        "annotations": annotations,
    }


def read_scenes(folder: Path) -> Scenes:
    """Reads what `write_scenes` wrote, or any folder with images and annotations.json in COCO's form.

    Images must have one size. Raises InputError naming the file where something is missing or malformed.
    """
    if (folder / SCENES).exists():
        with arrays_of(folder / SCENES, "make it anew") as stored:
            return Scenes(
                stored["images"],
                stored["boxes_xyxy"],
                stored["classes"],
                tuple(stored["class_names"].tolist()),
                **{name: stored[name] for name in POSE if name in stored},
            )
    try:
        coco = json.loads((folder / ANNOTATIONS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} holds neither {SCENES} nor {ANNOTATIONS}; make such a folder with stampnet generate"
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{folder / ANNOTATIONS} is damaged ({error}); make it anew") from error
    images = read_images(folder / IMAGES if (folder / IMAGES).is_dir() else folder)
    try:
        return _from_coco(coco, images)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / ANNOTATIONS} is not COCO ({error!r}); see cocodataset.org for the form") from error


def _from_coco(coco: dict[str, Any], images: ImageSet) -> Scenes:
    categories = {category["id"]: number for number, category in enumerate(coco["categories"])}
    objects: dict[str, list[_Object]] = {str(image["file_name"]): [] for image in coco["images"]}
    file_names = {image["id"]: str(image["file_name"]) for image in coco["images"]}
    for annotation in coco["annotations"]:
        x, y, width, height = annotation["bbox"]
        box = [x, y, x + width, y + height]
        pose = {name: float(annotation[name]) for name in POSE.values() if name in annotation}
        objects[file_names[annotation["image_id"]]].append(_Object(box, categories[annotation["category_id"]], pose))
    missing = next((name for name in objects if name not in images.names), None)
    if missing is not None:
        raise ValueError(f"it names the image {missing}, which is not there")
    most = max(map(len, objects.values()), default=0)
    arrays = dict(zip(images.names, images.arrays, strict=True))
    stack = stack_images(ImageSet(tuple(objects), tuple(arrays[name] for name in objects)))
    boxes = np.zeros((len(stack), most, 4), np.float32)
    classes = np.full((len(stack), most), -1, np.int64)
    poses = {name: np.full(classes.shape, np.nan, np.float32) for name in POSE}
    for i, found in enumerate(objects.values()):
        for j, one in enumerate(found):
            boxes[i, j], classes[i, j] = one.box_xyxy, one.class_id
            for name, field in poses.items():
                field[i, j] = one.pose.get(POSE[name], np.nan)
    known = {name: field for name, field in poses.items() if np.isfinite(field).any()}
    return Scenes(stack, boxes, classes, tuple(str(category["name"]) for category in coco["categories"]), **known)
