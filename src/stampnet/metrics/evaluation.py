"""Scenes and detections to scores: the paper's definitions, and finer ones named apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.metrics.assignment import box_iou, greedy_by_distance, hungarian_by_iou
from stampnet.metrics.clustering import accuracy, ari, contingency, nmi, purity
from stampnet.metrics.localization import LOCATED, corloc, images_all_correct, matched_iou, union_mask_iou


@dataclass(frozen=True)
class PaperScores:
    """Table 1 as the authors computed it, with their greedy matching by the distance of corners."""

    corloc: float
    """Share of objects whose matched box has an IoU of at least 0.5."""
    iou: float
    """Mean over images of the IoU of the pixels under all boxes, true and found."""
    purity: float
    """Share of all objects whose class is the most frequent one of the stamp that they are matched with.

    Mislocated matches count like any other, objects without a detection as wrong. Stamps are named on the scored
    images themselves, and purity grows with their number.
    """


@dataclass(frozen=True)
class RefinedScores:
    """The same questions asked better, with the one-to-one matching of largest overlap (Hungarian)."""

    corloc: float
    """Share of objects whose matched box has an IoU of at least 0.5."""
    images_all_correct: float
    """Share of images in which that holds for every object; an image without objects counts as correct."""
    count_accuracy: float
    """Share of images with as many detections as objects."""
    matched_iou: float
    """Mean IoU of an object with its matched box, 0 for an object without one."""
    precision: float
    """Share of detections matched with an object at an IoU of at least 0.5; nan where there are no detections."""
    recall: float
    """Share of objects that are located; equals `corloc`."""
    f1: float
    """Harmonic mean of precision and recall."""
    purity_located: float
    """Purity in which an object counts as wrong unless it is located, that is matched at an IoU of at least 0.5.

    The class of a stamp is the most frequent one among the located objects only.
    """
    nmi: float
    """Normalised mutual information of stamps and classes, over matched objects, mislocated ones as well."""
    ari: float
    """Adjusted Rand index of stamps and classes, over the same objects."""
    accuracy: float | None
    """ACC over the same objects; None unless there are as many stamps as classes."""
    stamps_used: int
    """How many stamps occur among the detections, matched or not."""


@dataclass(frozen=True)
class Scores:
    """What labels say of detections; labels serve for nothing else."""

    paper: PaperScores
    refined: RefinedScores
    num_images: int
    num_stamps: int
    """N: purities of different N are not comparable."""


def score(scenes: Scenes, detections: Sequence[Detections], num_stamps: int) -> Scores:
    """Scores one Detections for each image.

    Raises InputError where there are no images, where images and detections are not equally many, or where a stamp is
    not one of the `num_stamps`.
    """
    if len(scenes) == 0:
        raise InputError("there are no images to score; give at least one")
    if len(detections) != len(scenes):
        raise InputError(f"{len(scenes)} images need as many detections, got {len(detections)}")
    truth, classes, in_truth = scenes.boxes_xyxy, scenes.classes, scenes.classes >= 0
    found, stamps, in_found = _pad(detections)
    # A stamp of -1 would silently count for the last one.
    if strange := set(stamps[in_found].tolist()).difference(range(num_stamps)):
        raise InputError(
            f"stamps are numbered from 0 to {num_stamps - 1}, got {min(strange)}; give the right num_stamps"
        )
    height, width = scenes.images.shape[1:3]
    iou = box_iou(truth, found)

    greedy = greedy_by_distance(truth, found, in_truth, in_found)
    overlaps = matched_iou(iou, greedy)
    table, *_ = _table(greedy, greedy >= 0, stamps, classes, num_stamps, len(scenes.class_names))
    paper = PaperScores(
        corloc=corloc(overlaps[in_truth]),
        iou=float(union_mask_iou(truth, found, in_truth, in_found, (height, width)).mean()),
        purity=purity(table, int(in_truth.sum())),
    )

    best = hungarian_by_iou(iou, in_truth, in_found)
    overlaps = matched_iou(iou, best)
    located = in_truth & (overlaps >= LOCATED)
    table, matched_stamps, matched_classes = _table(
        best, best >= 0, stamps, classes, num_stamps, len(scenes.class_names)
    )
    located_table, *_ = _table(best, located, stamps, classes, num_stamps, len(scenes.class_names))
    num_objects, num_found = int(in_truth.sum()), int(in_found.sum())
    refined = RefinedScores(
        corloc=corloc(overlaps[in_truth]),
        images_all_correct=images_all_correct(overlaps, in_truth),
        count_accuracy=float((in_truth.sum(axis=1) == in_found.sum(axis=1)).mean()),
        matched_iou=float(overlaps[in_truth].mean()) if num_objects else float("nan"),
        precision=_share(int(located.sum()), num_found),
        recall=_share(int(located.sum()), num_objects),
        f1=_share(2 * int(located.sum()), num_found + num_objects),
        purity_located=purity(located_table, num_objects),
        nmi=nmi(matched_stamps, matched_classes),
        ari=ari(matched_stamps, matched_classes),
        accuracy=accuracy(table, len(matched_stamps)) if num_stamps == len(scenes.class_names) else None,
        stamps_used=len(np.unique(stamps[in_found])),
    )
    return Scores(paper, refined, len(scenes), num_stamps)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _pad(detections: Sequence[Detections]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes (B, M, 4), stamps (B, M) and which of them exist, for the largest number M of detections."""
    most = max((len(found) for found in detections), default=0)
    boxes = np.zeros((len(detections), most, 4), np.float32)
    stamps = np.zeros((len(detections), most), np.int64)
    present = np.zeros((len(detections), most), bool)
    for i, found in enumerate(detections):
        boxes[i, : len(found)], stamps[i, : len(found)], present[i, : len(found)] = (
            found.boxes_xyxy,
            found.stamp,
            True,
        )
    return boxes, stamps, present


def _table(
    match: np.ndarray,
    counted: np.ndarray,
    stamps: np.ndarray,
    classes: np.ndarray,
    num_stamps: int,
    num_classes: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contingency of stamp and class over the objects that count, and the two of each such object."""
    image, slot = np.nonzero(counted)
    stamp_of, class_of = stamps[image, match[image, slot]], classes[image, slot]
    return contingency(stamp_of, class_of, num_stamps, num_classes), stamp_of, class_of
