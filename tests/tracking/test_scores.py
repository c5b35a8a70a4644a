"""Facts about scores of heads and tracks, with numbers small enough to do by hand."""

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.scores import match_heads, score_detection, score_tracks
from stampnet.tracking.truth_file import Heads


def heads(frame: list[int], x_m: list[float], who: list[int] | None = None) -> Heads:
    xy_m = np.stack([np.array(x_m, float), np.zeros(len(x_m))], axis=1)
    return Heads(np.array(frame, np.int64), xy_m, None if who is None else np.array(who))


def test_recall_precision_and_distances_are_those_of_the_pairs_within_the_gate() -> None:
    true, found = heads([0, 0, 1], [1.0, 2.0, 3.0]), heads([1, 0, 0], [3.4, 1.1, 9.0])
    scores = score_detection(true, found)
    assert scores.recall == pytest.approx(1 / 3)
    assert scores.precision == pytest.approx(1 / 3)
    assert scores.false_per_person == pytest.approx(2 / 3)
    assert scores.rmse_m == pytest.approx(0.1)
    assert scores.outward_m == pytest.approx(0.1)
    assert scores.count_error == 0


def test_as_many_pairs_are_made_as_can_be() -> None:
    """The nearest pair first would leave the others without."""
    matched = match_heads(heads([0, 0], [0.0, 0.3]), heads([0, 0], [0.29, 0.6]))
    assert matched.true_row.tolist() == [0, 1]
    assert matched.found_row.tolist() == [0, 1]


def test_people_are_counted_in_frames_where_nobody_is_or_nobody_is_found() -> None:
    assert score_detection(heads([0, 0], [0.0, 1.0]), heads([1], [0.0])).count_error == 1.5


def test_without_pairs_distances_are_not_known() -> None:
    scores = score_detection(heads([0], [0.0]), heads([], []))
    assert scores.recall == 0
    assert np.isnan([scores.precision, scores.rmse_m, scores.outward_m]).all()


def test_the_bias_is_towards_the_camera_or_away_from_it() -> None:
    true, found = heads([0, 1], [2.0, -2.0]), heads([0, 1], [1.9, -1.9])
    assert score_detection(true, found).outward_m == pytest.approx(-0.1)
    assert score_detection(true, found, centre_m=(5.0, 0.0)).outward_m == pytest.approx(0.0)


def test_tracks_that_change_places_are_switches_and_distances_are_metres() -> None:
    pytest.importorskip("motmetrics", reason="motmetrics is not installed (extra test)")
    frame, x, who = [0, 0, 1, 1, 2, 2], [0.0, 5.0] * 3, [1, 2] * 3
    good = score_tracks(heads(frame, x, who), heads(frame, [value + 0.1 for value in x], who))
    assert good.motp_m == pytest.approx(0.1)
    assert (good.mota, good.switches_per_100_tracks, good.idf1) == (1.0, 0.0, 1.0)
    changed = score_tracks(heads(frame, x, who), heads(frame, x, [1, 2, 2, 1, 2, 1]))
    assert changed.switches_per_100_tracks == 100.0
    assert changed.mota == pytest.approx(1 - 2 / 6)


def test_a_head_beyond_the_gate_is_no_match_however_alone_it_is() -> None:
    pytest.importorskip("motmetrics", reason="motmetrics is not installed (extra test)")
    scores = score_tracks(heads([0, 1], [0.0, 0.0], [1, 1]), heads([0, 1], [0.0, 0.4], [1, 1]))
    assert scores.mota == pytest.approx(1 - 2 / 2)
    assert scores.motp_m == pytest.approx(0.0)


def test_tracks_without_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="column id"):
        score_tracks(heads([0], [0.0]), heads([0], [0.0], [1]))


def test_what_is_found_of_who_does_not_count_is_nobody_elses_switch() -> None:
    """In frame 1, person 1 is missed; 30 cm off is somebody who does not count, and is found."""
    pytest.importorskip("motmetrics", reason="motmetrics is not installed (extra test)")
    true, beside = heads([0, 1, 2], [0.0] * 3, [1] * 3), heads([1], [0.3], [9])
    found = heads([0, 1, 2], [0.0, 0.3, 0.0], [1, 2, 1])
    assert score_tracks(true, found).switches_per_100_tracks == 200.0
    scores = score_tracks(true, found, ignored=beside)
    assert (scores.switches_per_100_tracks, scores.mota) == (0.0, pytest.approx(2 / 3))
