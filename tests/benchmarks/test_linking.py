"""Facts about the benchmark of linking: its people walk as it says, and all ways give a row."""

import numpy as np
import pytest

from stampnet.benchmarks.linking import WAYS, linking_table
from stampnet.benchmarks.walkers import FALSE, MISSED, NOISE_M, make_walkers
from stampnet.tracking.linking import HEAD_DISTANCE_M
from stampnet.tracking.scores import score_detection
from stampnet.tracking.truth_file import Heads

pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")
pytest.importorskip("motmetrics", reason="motmetrics is not installed (extra test)")


@pytest.mark.parametrize("density", [0.5, 3.0])
def test_people_are_as_many_as_far_apart_and_as_well_found_as_was_said(density: float) -> None:
    true, people = make_walkers(density, 15.0, 4.0, np.random.default_rng(0))
    assert len(true) == round(density * 36) * 60
    found = Heads(people.frame, np.stack([people.x_m, people.y_m], axis=1), None)
    scores = score_detection(true, found)
    assert scores.recall == pytest.approx(1 - MISSED, abs=0.015)
    assert scores.false_per_person == pytest.approx(FALSE, abs=0.01)
    assert scores.rmse_m == pytest.approx(NOISE_M * np.sqrt(2), rel=0.1)
    heads = true.xy_m[true.frame == 30]
    distance = np.linalg.norm(heads[:, None] - heads[None], axis=2)
    nearest = np.sort(distance, axis=1)[:, 1]
    assert np.quantile(nearest, 0.1) > HEAD_DISTANCE_M - 0.1  # heads sway beyond that


@pytest.mark.parametrize("density", [0.5, 3.0])
def test_nobody_is_faster_than_people_are_and_who_leaves_is_somebody_else(density: float) -> None:
    true, _ = make_walkers(density, 15.0, 8.0, np.random.default_rng(1))
    assert true.id is not None
    order = np.lexsort((true.frame, true.id))
    step = np.linalg.norm(np.diff(true.xy_m[order], axis=0), axis=1)[np.diff(true.id[order]) == 0]
    assert step.max() < 3.0 / 15
    assert len(np.unique(true.id)) > density * 36


# trackpy 0.7 joins tables as pandas did before its version 3.1.
@pytest.mark.filterwarnings("ignore:The 'lsuffix' and 'rsuffix' keywords:DeprecationWarning")
def test_every_way_has_a_row_for_every_scene() -> None:
    rows = linking_table((0.5,), (15.0,), seconds=2.0).table.rows
    assert [row[1] for row in rows] == list(WAYS)
    assert all(float(row[4]) > 0.9 for row in rows)
