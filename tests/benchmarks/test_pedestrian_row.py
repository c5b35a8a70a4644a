"""Facts about the seventh row: who counts as a person, what labels may do, and that its tables can be made."""

from dataclasses import replace

import numpy as np
import pytest

from stampnet.benchmarks import pedestrian_methods, pedestrian_row
from stampnet.benchmarks.pedestrian_methods import NUMBERS, by_components, some, with_margin, without_static
from stampnet.benchmarks.pedestrian_row import HEADER, in_table_1, reproduce_pedestrians
from stampnet.benchmarks.pedestrian_scores import People, honest_scores, name_people, oracle_scores, people_in
from stampnet.data.overhead_depth import still
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.detection import Detections
from stampnet.report.tables import published_scores
from stampnet.training.presets import preset


@pytest.fixture(scope="module")
def crops() -> Pictures:
    return make_crops(CropRecipe(num_images=60, mode="single"))


def found(*corners: tuple[float, float], stamps: tuple[int, ...], scores: tuple[float, ...]) -> Detections:
    """Boxes of 40 pixels at columns and rows."""
    boxes = np.array([(x, y, x + 40, y + 40) for x, y in corners], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array(stamps, int), np.array(stamps, int), np.array(scores, np.float32))


def people(*corners: tuple[float, float]) -> People:
    boxes = np.array([(x, y, x + 40, y + 40) for x, y in corners], float).reshape(-1, 4)
    return People(boxes, boxes[:, :2] + 20.0, np.ones(len(boxes)))


def test_the_best_scored_person_is_compared_although_another_is_nearer() -> None:
    one = found((0, 0), (40, 0), stamps=(0, 1), scores=(0.5, 0.9))
    here = people((0, 0))
    assert oracle_scores([one], [here]).corloc == 1
    assert honest_scores([one], [here], np.array([True, True])).corloc == 0
    assert honest_scores([one], [here], np.array([True, False])).corloc == 1


def test_whoever_is_not_found_and_who_is_not_there_counts() -> None:
    scores = honest_scores(
        [found((0, 0), stamps=(0,), scores=(1,)), found(stamps=(), scores=())],
        [people(), people((3, 3), (50, 50))],
        np.array([True]),
    )
    assert scores.false_alarms == 0.5
    assert scores.purity == 0
    assert scores.corloc == 0
    assert [len(overlaps) for overlaps in scores.overlaps] == [0, 2]


def test_of_whom_hardly_anything_is_seen_is_no_miss_and_no_false_alarm() -> None:
    two = people((0, 0), (40, 40))
    half_hidden = replace(two, visible=np.array([1.0, 0.1]))
    one, both = found((0, 0), stamps=(0,), scores=(1,)), found((40, 40), (0, 0), stamps=(0, 0), scores=(1, 0.5))
    assert honest_scores([one], [two], np.array([True])).corloc == 0.5
    for detections in (one, both):
        scores = honest_scores([detections], [half_hidden], np.array([True]))
        assert (scores.corloc, scores.false_alarms) == (1, 0)


def test_a_stamp_is_named_by_most_of_its_first_objects() -> None:
    here = people((0, 0))
    on, off = found((0, 0), stamps=(1,), scores=(1,)), found((40, 40), stamps=(1,), scores=(1,))
    assert name_people([on, off, on], [here] * 3, 3).tolist() == [False, True, False]
    # Only a few are looked at: what comes later has no say.
    assert not name_people([off] * 5 + [on] * 20, [here] * 25, 3).any()


def test_an_empty_slot_is_no_choice_of_the_oracle() -> None:
    three, none = found((5, 5), (60, 0), stamps=(4, 2), scores=(1, 1)), found(stamps=(), scores=())
    scores = oracle_scores([three, none], [people((5, 5))] * 2)
    assert (scores.corloc, scores.iou, scores.purity) == (0.5, 0.5, 1.0)
    assert scores.median_px == 0


def test_people_stand_where_their_pixels_are(crops: Pictures) -> None:
    here = people_in(crops)
    assert len(here) == len(crops.images)
    for image, one in enumerate(here):
        row, column = np.nonzero(crops.masks[image] == 0)
        if len(one):
            depth = crops.depth_mm[image][row, column]
            assert (np.abs(one.body_px[0] - [column.mean(), row.mean()]) < 8).all()
            assert depth.max() > 0
    chosen = some(crops, [3, 20, 59])
    again = people_in(chosen)
    assert all(np.array_equal(a.boxes, here[k].boxes) for a, k in zip(again, (3, 20, 59), strict=True))


def test_what_stands_still_is_removed_and_people_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still, "NUM_SITES", 2)
    crops = make_crops(CropRecipe(num_images=80, mode="single"))
    bare = without_static(crops)
    shown = crops.images > 0
    wall, person = (crops.masks == -2) & shown, (crops.masks == 0) & shown
    assert (bare.images[wall] == 0).mean() > 0.9
    assert (bare.images[person] == 0).mean() < 0.02


def test_the_margin_is_half_a_stamp_of_black() -> None:
    model = preset("pedestrians-3").model
    padded = with_margin(np.ones((1, 80, 80), np.uint8), model.stamp_size[0] // 2)
    assert padded.shape[1:] == model.image_size
    assert padded.sum() == 80 * 80


def test_the_rule_for_columns_removes_walls(crops: Pictures) -> None:
    rates = [
        honest_scores(method.find(crops), people_in(crops), np.ones(40, bool)).false_alarms
        for method in (by_components(crops, is_wall_known=known) for known in (False, True))
    ]
    assert rates[1] < 0.6 * rates[0]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit of a second, and few places."""
    monkeypatch.setattr(still, "NUM_SITES", 3)
    row = preset("pedestrians-3")
    hasty = replace(row, training=replace(row.training, epochs=1, batch_size=20, num_validation=0))
    monkeypatch.setattr(pedestrian_methods, "preset", lambda _: hasty)
    monkeypatch.setattr(pedestrian_methods, "NUM_NAMED", 10)
    for name, value in {"NUM_OTHERS": 2, "NUM_CLUSTERED": 40, "DENSITIES": (1.0,)}.items():
        monkeypatch.setattr(pedestrian_row, name, value)


@pytest.mark.usefixtures("short")
def test_table_1_has_lines_with_and_without_the_oracle() -> None:
    paper, *lines = in_table_1(2, num_train=40, num_test=10)
    assert paper[2] == f"{published_scores('pedestrians-3').corloc:.4f}"  # type: ignore[union-attr]
    methods = {line[1].removeprefix("matching, simulated, "): line for line in lines}
    assert list(methods) == [
        f"{slot}, {which}" for which in ("median", "worst") for slot in ("nearest slot", "slot by class")
    ]
    # A label chooses at least as well as a class.
    assert float(methods["nearest slot, median"][2]) >= float(methods["slot by class, median"][2])
    assert len({len(line) for line in (paper, *lines)}) == 1


@pytest.mark.usefixtures("short")
def test_the_whole_table_can_be_made() -> None:
    table = reproduce_pedestrians(num_seeds=1, num_train=40, num_test=8).table
    rows = {(row[0], row[1]): dict(zip(HEADER, row, strict=True)) for row in table.rows}
    assert {row[0].split(",")[0] for row in table.rows} == {"the paper's", "single", "empty", "group", "crowd"}
    empty = rows["empty", "matching"]
    assert empty["CorLoc"] == empty["CorLoc, oracle"] == ""
    assert float(empty["false alarms"]) >= 0
    best = rows["single", "matching, median"]
    assert all(best[name] for name in NUMBERS)
