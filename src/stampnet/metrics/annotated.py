"""Annotated images and detections in them to scores, whatever the sizes of the images: F1, counts, purity, AP."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable
from stampnet.metrics.assignment import box_iou, hungarian_by_iou
from stampnet.metrics.clustering import contingency, nmi, purity
from stampnet.metrics.localization import LOCATED

MOST_FOUND = 10_000
"""Detections of an image that average precision counts."""


@dataclass(frozen=True)
class ClassScores:
    """How well the objects of one class are found by detections of the class of that name."""

    name: str
    num_objects: int
    f1: float
    count_error: float
    ap: float
    """Average precision over IoU .5 to .95, as COCO defines it."""


@dataclass(frozen=True)
class AnnotatedScores:
    """What labels say of detections in files. A detection is right if its IoU with an object of its own is at least
    0.5; matching is one to one, of largest overlap (Hungarian)."""

    num_images: int
    """Those that were searched; no others count."""
    num_missing: int
    """Annotated images that were not searched, or could not be: their objects are neither found nor missed."""
    num_objects: int
    num_found: int
    precision: float
    recall: float
    f1: float
    count_error: float
    """Mean over images of how many objects too many or too few are found."""
    purity: float
    """Share of located objects whose class is the most frequent one of their stamp or class."""
    nmi: float
    """Normalised mutual information of found and true classes, over located objects."""
    ap: float
    """Average precision over IoU .5 to .95, whatever the class."""
    ap_50: float
    """The same at an IoU of .5."""
    classes: tuple[ClassScores, ...]
    """Those that truth and detections both name."""


def annotated_scores(truth: DetectionTable, found: DetectionTable) -> AnnotatedScores:
    """Scores detections by the annotations of the same images; images are told by their names. Annotated images without
    detections are counted as missing and left out, for a part of a set may be scored.

    Raises InputError where an image has detections but no annotations, or none has both.
    """
    place = {name: number for number, name in enumerate(found.image_names)}
    annotated = set(truth.image_names)
    if unknown := [name for name in found.image_names if name not in annotated]:
        raise InputError(f"{len(unknown)} images have no annotations, {unknown[0]} among them; add or leave them out")
    pairs = [
        (true, found.detections[place[name]])
        for name, true in zip(truth.image_names, truth.detections, strict=True)
        if name in place
    ]
    if not pairs:
        raise InputError("no annotated image was searched; check the names in the annotations")
    located = [located_by(true, one) for true, one in pairs]
    true_class = np.concatenate([true.class_id[t] for (true, _), (t, _) in zip(pairs, located, strict=True)])
    found_class = np.concatenate([one.class_id[f] for (_, one), (_, f) in zip(pairs, located, strict=True)])
    table = contingency(found_class, true_class, len(found.class_names), len(truth.class_names))
    number = len(true_class)
    num_objects, num_found = (sum(len(one[k]) for one in pairs) for k in (0, 1))
    ap, ap_50 = _average_precision(pairs)
    return AnnotatedScores(
        num_images=len(pairs),
        num_missing=len(truth.image_names) - len(pairs),
        num_objects=num_objects,
        num_found=num_found,
        precision=_share(number, num_found),
        recall=_share(number, num_objects),
        f1=_share(2 * number, num_found + num_objects),
        count_error=_count_error(pairs),
        purity=purity(table, number),
        nmi=nmi(found_class, true_class),
        ap=ap,
        ap_50=ap_50,
        classes=tuple(_class_scores(truth, found, pairs)),
    )


Pair = tuple[Detections, Detections]
"""The truth about an image, and what was found in it."""


def located_by(true: Detections, found: Detections) -> tuple[Int64[np.ndarray, " Q"], Int64[np.ndarray, " Q"]]:
    """The objects that are located, and the detections that do so."""
    if len(true) == 0 or len(found) == 0:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    iou = box_iou(true.boxes_xyxy[None], found.boxes_xyxy[None])
    (match,) = hungarian_by_iou(iou, np.ones((1, len(true)), bool), np.ones((1, len(found)), bool))
    objects = np.flatnonzero(match >= 0)
    objects = objects[iou[0, objects, match[objects]] >= LOCATED]
    return objects, match[objects]


def _count_error(pairs: Sequence[Pair]) -> float:
    return float(np.mean([abs(len(one) - len(true)) for true, one in pairs]))


def _class_scores(truth: DetectionTable, found: DetectionTable, pairs: Sequence[Pair]) -> list[ClassScores]:
    scores = []
    for number, name in enumerate(truth.class_names):
        if name not in found.class_names:
            continue
        other = found.class_names.index(name)
        own = [(_some(true, true.class_id == number), _some(one, one.class_id == other)) for true, one in pairs]
        right = sum(len(located_by(*pair)[0]) for pair in own)
        num_objects, num_found = (sum(len(one[k]) for one in own) for k in (0, 1))
        f1 = _share(2 * right, num_objects + num_found)
        scores.append(ClassScores(name, num_objects, f1, _count_error(own), _average_precision(own)[0]))
    return scores


def _some(one: Detections, which: Bool[np.ndarray, " K"]) -> Detections:
    return Detections(one.boxes_xyxy[which], one.stamp[which], one.class_id[which], one.score[which])


def _average_precision(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Average precision over IoU .5 to .95 and at .5, all objects of one class; nan where there are no objects."""
    # Takes half a second to import, and only evaluation needs it.
    from faster_coco_eval import COCO, COCOeval_faster

    if not any(len(true) for true, _ in pairs):
        return float("nan"), float("nan")
    true_boxes = [(image, _box(box)) for image, (true, _) in enumerate(pairs, 1) for box in true.boxes_xyxy]
    content = {
        "images": [{"id": image} for image in range(1, len(pairs) + 1)],
        "categories": [{"id": 1, "name": "object"}],
        "annotations": [
            {"id": k, "image_id": image, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            for k, (image, box) in enumerate(true_boxes, 1)
        ],
    }
    results = [
        {"image_id": image, "category_id": 1, "bbox": _box(box), "score": score}
        for image, (_, one) in enumerate(pairs, 1)
        for box, score in zip(one.boxes_xyxy, one.score.tolist(), strict=True)
    ]
    if not results:
        return 0.0, 0.0
    annotated = COCO(content)
    evaluation = COCOeval_faster(annotated, annotated.loadRes(results), iouType="bbox")
    evaluation.params.maxDets = [MOST_FOUND]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = evaluation.params.areaRng[:1], ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    precision: Float[np.ndarray, "T R"] = evaluation.eval["precision"][:, :, 0, 0, 0]
    return float(precision.mean()), float(precision[0].mean())


def _box(box: np.ndarray) -> list[float]:
    x0, y0, x1, y1 = box.tolist()
    return [x0, y0, x1 - x0, y1 - y0]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
