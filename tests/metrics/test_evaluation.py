"""Facts about whole scores."""

import json
from dataclasses import asdict

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


def test_images_without_objects_count_in_the_union_iou_only() -> None:
    scores = score(scenes([[(0, 0)], [(0, 0)]], [[0], [-1]]), [found((0, 0, 1)), found()], 2)
    assert (scores.paper.corloc, scores.paper.purity, scores.refined.recall) == (1, 1, 1)
    assert scores.paper.iou == 1  # nothing there, nothing found
    assert scores.refined.images_all_correct == 1


def test_scenes_without_any_object_have_no_share_located() -> None:
    scores = score(scenes([[(0, 0)]], [[-1]]), [found((0, 0, 1))], 2)
    assert np.isnan([scores.paper.corloc, scores.paper.purity, scores.refined.matched_iou, scores.refined.nmi]).all()
    assert (scores.paper.iou, scores.refined.precision) == (0, 0)


def test_an_object_without_a_detection_counts_as_wrong_for_purity() -> None:
    scores = score(scenes([[(0, 0)], [(0, 0)]], [[0], [0]]), [found((0, 0, 0)), found()], 2)
    assert scores.paper.purity == 0.5


def test_each_part_has_its_own_matching() -> None:
    """Greedy pairs 10 with 13 and 14 with 6; Hungarian pairs 10 with 6 and 14 with 13."""
    scores = score(scenes([[(10, 0), (14, 0)]], [[0, 1]]), [found((13, 0, 1), (6, 0, 0))], 2)
    assert scores.paper.corloc == scores.refined.corloc == 0.5
    assert scores.refined.matched_iou == pytest.approx((6 / 14 + 9 / 11) / 2)
    assert scores.paper.iou == pytest.approx(13 / 18)  # columns 10 to 24 and 6 to 23


def test_scores_become_plain_numbers_for_a_file() -> None:
    plain = asdict(score(scenes([[(0, 0)]], [[0]]), [found((0, 0, 0))], 3))
    assert json.loads(json.dumps(plain)) == plain
    assert plain["paper"] == {"corloc": 1.0, "iou": 1.0, "purity": 1.0}
    assert plain["num_stamps"] == 3


@pytest.mark.parametrize("stamp", [-1, 2])
def test_a_stamp_that_does_not_exist_is_refused(stamp: int) -> None:
    with pytest.raises(InputError, match=f"from 0 to 1, got {stamp}"):
        score(scenes([[(0, 0)]], [[0]]), [found((0, 0, stamp))], 2)


def test_no_images_are_refused() -> None:
    with pytest.raises(InputError, match="no images to score"):
        score(scenes([[(0, 0)]], [[0]])[:0], [], 2)


def test_images_and_detections_must_be_equally_many() -> None:
    with pytest.raises(InputError, match="1 images need as many detections, got 0"):
        score(scenes([[(0, 0)]], [[0]]), [], 2)
