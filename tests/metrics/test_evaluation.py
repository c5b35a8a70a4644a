"""Facts about whole scores."""

import numpy as np
import pytest

from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.metrics.evaluation import score


def found(*objects: tuple[int, int, int]) -> Detections:
    """Stamps of 10 x 10 pixels: x, y, number."""
    boxes = np.array([(x, y, x + 10, y + 10) for x, y, _ in objects], np.float32).reshape(-1, 4)
    stamps = np.array([stamp for *_, stamp in objects], np.int64)
    return Detections(boxes, stamps, stamps, np.ones(len(stamps), np.float32))


def scenes(boxes: list[list[tuple[int, int]]], classes: list[list[int]]) -> Scenes:
    corners = np.array([[(x, y, x + 10, y + 10) for x, y in image] for image in boxes], np.float32)
    return Scenes(np.zeros((len(boxes), 40, 40), np.uint8), corners, np.array(classes), ("a", "b"))


def test_a_perfect_answer_scores_one_everywhere() -> None:
    scores = score(scenes([[(0, 0), (20, 20)]], [[0, 1]]), [found((20, 20, 1), (0, 0, 0))], 2)
    assert (scores.paper.corloc, scores.paper.iou, scores.paper.purity) == (1, 1, 1)
    finer = scores.refined
    assert (finer.f1, finer.matched_iou, finer.purity_located, finer.nmi, finer.accuracy) == (1, 1, 1, 1, 1)


def test_a_mislocated_object_counts_for_the_papers_purity_only() -> None:
    scores = score(scenes([[(0, 0)], [(0, 0)]], [[0], [0]]), [found((0, 0, 0)), found((25, 25, 0))], 3)
    assert scores.paper.purity == 1
    assert scores.refined.purity_located == 0.5
    assert scores.paper.corloc == 0.5
    assert scores.refined.accuracy is None


def test_missing_and_surplus_detections_lower_recall_and_precision() -> None:
    scores = score(
        scenes([[(0, 0), (20, 20)], [(0, 0), (0, 0)]], [[0, 1], [0, -1]]),
        [found((0, 0, 0)), found((0, 0, 0), (25, 25, 1))],
        2,
    )
    assert scores.refined.recall == scores.paper.corloc == pytest.approx(2 / 3)
    assert scores.refined.precision == pytest.approx(2 / 3)
    assert scores.refined.images_all_correct == 0.5


def test_no_detections_at_all_score_nothing() -> None:
    scores = score(scenes([[(0, 0)]], [[0]]), [found()], 2)
    assert (scores.paper.corloc, scores.paper.iou, scores.paper.purity) == (0, 0, 0)
    assert np.isnan(scores.refined.precision)


def test_images_and_detections_must_be_equally_many() -> None:
    with pytest.raises(InputError, match="1 images need as many detections, got 0"):
        score(scenes([[(0, 0)]], [[0]]), [], 2)
