"""Pedestrians that were found in crops to scores: by the rules of the authors' code, and without the oracle in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float64

from stampnet.benchmarks.realism import Located, score_nearest
from stampnet.data.overhead_depth.labels import VISIBLE
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.detection import Detections
from stampnet.metrics.assignment import box_iou, hungarian_by_iou
from stampnet.metrics.localization import LOCATED, matched_iou

ON_FOOT = ("adult", "child")
COUNTED = VISIBLE
"""Of whom less can be seen, nobody can tell where they stand: they are no miss, and no false alarm."""
LOOKED_AT = 5
"""Objects of each stamp whose labels are looked at to name it."""


@dataclass(frozen=True)
class People:
    """The pedestrians that one image shows, the one that it is about first."""

    boxes: Float64[np.ndarray, "K 4"]
    """40 x 40 pixels about the visible body."""
    body_px: Float64[np.ndarray, "K 2"]
    """Column and row of its middle."""
    visible: Float64[np.ndarray, " K"]
    """Share of its pixels that others and the image's border leave."""

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True)
class Honest:
    """Scores in which no label chooses: a detection is a person where its stamp was named so on training images."""

    overlaps: tuple[Float64[np.ndarray, " _"], ...]
    """For each image, the IoU of the people who count with its best-scored detections of people, one to one; as many
    detections as there are people, and 0 for none."""
    purity: float
    """Share of all placed stamps whose name is right: `person` where the box overlaps that of a person by one half."""
    false_alarms: float
    """Detections of people, an image, that overlap nobody by one half."""

    @property
    def corloc(self) -> float:
        """Share of people that are located; nan where there are none."""
        return float((np.concatenate(self.overlaps) >= LOCATED).mean()) if any(map(len, self.overlaps)) else np.nan

    @property
    def iou(self) -> float:
        """Mean over all people; nan where there are none."""
        return float(np.concatenate(self.overlaps).mean()) if any(map(len, self.overlaps)) else np.nan


def people_in(pictures: Pictures) -> list[People]:
    """Everyone of whom something can be seen, but for children who are carried: they are parts of who carries them."""
    labels = pictures.labels
    seen = np.isin(labels["kind"], ON_FOOT) & ~np.isnan(labels["body_px"]).any(axis=1)
    ends = np.searchsorted(labels["image"][seen], np.arange(len(pictures.images) + 1))
    columns = [labels[name][seen] for name in ("box", "body_px", "visible")]
    return [People(*(column[start:end] for column in columns)) for start, end in pairwise(ends)]


def name_people(found: Sequence[Detections], people: Sequence[People], num_stamps: int) -> Bool[np.ndarray, " N"]:
    """Which stamps are people: those of which most of the first few objects, in images with labels, overlap one."""
    on_people, looked_at = np.zeros(num_stamps, int), np.zeros(num_stamps, int)
    for one, here in zip(found, people, strict=True):
        for stamp, is_right in zip(one.stamp, _shows_person(one, here), strict=True):
            if looked_at[stamp] < LOOKED_AT:
                looked_at[stamp] += 1
                on_people[stamp] += is_right
    return 2 * on_people > looked_at


def honest_scores(
    found: Sequence[Detections], people: Sequence[People], is_person_stamp: Bool[np.ndarray, " N"]
) -> Honest:
    """Scores of what was found in images, which may be empty.

    >>> box = np.array([[0, 0, 40.0, 40]])
    >>> boxes = np.concatenate([box + 2, box + 40]).astype(np.float32)
    >>> one = Detections(boxes, np.array([0, 1]), np.array([0, 1]), np.ones(2, np.float32))
    >>> scores = honest_scores([one], [People(box, box[:, :2] + 20, np.ones(1))], np.array([True, True]))
    >>> scores.corloc, scores.purity, scores.false_alarms
    (1.0, 0.5, 1.0)
    """
    overlaps, right, placed, false = [], 0, 0, 0
    for one, here in zip(found, people, strict=True):
        said, truth = is_person_stamp[one.stamp], _shows_person(one, here)
        right, placed, false = right + int((said == truth).sum()), placed + len(one), false + int((said & ~truth).sum())
        best = np.flatnonzero(said)[np.argsort(-one.score[said], kind="stable")][: len(here)]
        iou = box_iou(here.boxes[None, here.visible >= COUNTED], one.boxes_xyxy[None, best])
        pairs = hungarian_by_iou(iou, *(np.ones((1, number), bool) for number in iou.shape[1:]))
        overlaps.append(matched_iou(iou, pairs)[0])
    return Honest(tuple(overlaps), right / placed if placed else np.nan, false / len(found))


def oracle_scores(found: Sequence[Detections], people: Sequence[People]) -> Located:
    """By the rules of the authors' code: of the stamps in an image, the one nearest to the label is the pedestrian.

    Images without people are left out, as are slots that are empty.
    """
    chosen = [(one, here) for one, here in zip(found, people, strict=True) if len(here)]
    most = max((len(one) for one, _ in chosen), default=0) or 1
    corners = np.zeros((len(chosen), most, 2), np.int64)
    stamps = np.full((len(chosen), most), -1)
    for image, (one, _) in enumerate(chosen):
        corners[image, : len(one)] = np.rint(one.boxes_xyxy[:, :2])
        stamps[image, : len(one)] = one.stamp
    return score_nearest(corners, stamps, np.array([here.body_px[0] for _, here in chosen]))


def _shows_person(found: Detections, here: People) -> Bool[np.ndarray, " M"]:
    overlap = box_iou(found.boxes_xyxy[None], here.boxes[None])[0]
    return overlap.max(axis=1, initial=0.0) >= LOCATED
