"""Facts about scores by annotations: right boxes, wrong boxes, classes by name, images of several sizes."""

import numpy as np
import pytest

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable
from stampnet.metrics.annotated import annotated_scores
from stampnet.report.score_table import annotated_table


def boxes(*corners: tuple[int, int], classes: tuple[int, ...] | None = None, side: int = 10) -> Detections:
    placed = np.array([(x, y, x + side, y + side) for x, y in corners], np.float32).reshape(-1, 4)
    kinds = np.array(classes or [0] * len(corners), np.int64)
    return Detections(placed, kinds, kinds, np.linspace(1, 0.5, len(corners)).astype(np.float32))


def table(*images: Detections, names: tuple[str, ...] = ("cat", "dog")) -> DetectionTable:
    image_names = tuple(f"{k}.png" for k in range(len(images)))
    return DetectionTable(image_names, ((90, 90 + len(images)),) * len(images), images, names)


TRUTH = table(boxes((0, 0), (30, 30), (60, 0), classes=(0, 1, 1)), boxes(), boxes((5, 5)))


def test_the_truth_itself_is_perfect() -> None:
    scores = annotated_scores(TRUTH, TRUTH)
    assert scores.num_images == 3
    assert scores.f1 == scores.precision == scores.recall == scores.purity == scores.ap == scores.ap_50 == 1
    assert scores.nmi == pytest.approx(1)
    assert scores.count_error == 0
    assert [(one.name, one.num_objects, one.f1, one.ap) for one in scores.classes] == [
        ("cat", 2, 1, 1),
        ("dog", 2, 1, 1),
    ]


def test_what_is_missing_or_too_much_counts() -> None:
    found = table(boxes((0, 0), (33, 30), classes=(0, 1)), boxes((50, 50)), boxes((20, 20)))
    scores = annotated_scores(TRUTH, found)
    # Two of four are located, by two of four detections; image by image one too few, one too many, as many.
    assert scores.recall == scores.precision == scores.f1 == 0.5
    assert scores.count_error == pytest.approx(2 / 3)
    assert scores.purity == 1
    assert 0 < scores.ap < scores.ap_50 < 1
    by_name = {one.name: one for one in scores.classes}
    assert by_name["cat"].num_objects == 2
    assert by_name["dog"].f1 == pytest.approx(2 / 3)


def test_one_class_for_all_is_as_pure_as_the_largest_is_large() -> None:
    found = table(boxes((0, 0), (30, 30), (60, 0)), boxes(), boxes((5, 5)), names=("stamp 0",))
    scores = annotated_scores(TRUTH, found)
    assert scores.f1 == 1
    assert scores.purity == 0.5
    assert scores.nmi == 0
    assert scores.classes == ()


def test_only_images_that_were_searched_count_and_they_must_be_annotated() -> None:
    one = DetectionTable(("2.png",), ((90, 90),), (boxes((5, 5)),), ("cat",))
    scores = annotated_scores(TRUTH, one)
    assert scores.f1 == 1
    assert (scores.num_images, scores.num_missing) == (1, 2)
    assert "; 2 annotated images were not searched and do not count" in annotated_table(scores, "some").title
    assert "not searched" not in annotated_table(annotated_scores(TRUTH, TRUTH), "all").title
    with pytest.raises(InputError, match=r"1 images have no annotations, other\.png among them"):
        annotated_scores(TRUTH, DetectionTable(("other.png",), ((9, 9),), (boxes(),), ("cat",)))


def test_where_nothing_is_found_or_there_is_nothing_scores_say_so() -> None:
    nothing = table(boxes(), boxes(), boxes())
    scores = annotated_scores(TRUTH, nothing)
    assert scores.f1 == scores.recall == scores.ap == 0
    assert np.isnan(scores.precision)
    assert np.isnan(annotated_scores(nothing, nothing).ap)


def test_scores_refuse_two_images_of_one_name() -> None:
    with pytest.raises(InputError, match=r"2 images are called 'a\.png'"):
        DetectionTable(("a.png", "b.png", "a.png"), ((9, 9),) * 3, (boxes(),) * 3, ("cat",))
