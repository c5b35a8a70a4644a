"""The table of what bending brings can be made, on few images."""

import pytest

from stampnet.benchmarks import deform
from stampnet.benchmarks.deform import HEADER, deform_table
from stampnet.benchmarks.timing import Timed, timed
from stampnet.data.scenes import Scenes
from stampnet.predictor import StampNet


def test_every_way_to_bend_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deform, "ROWS", ("simple-shapes-1",))
    for name, value in {"LEAST_STEPS": 30, "PASSES_AT_MOST": 8}.items():
        monkeypatch.setattr(f"stampnet.training.defaults.{name}", value)
    measured_with: list[str] = []

    def observed(model: StampNet, train: Scenes, test: Scenes) -> Timed:
        measured_with.append(model.deform)
        return timed(model, train, test)

    monkeypatch.setattr(deform, "timed", observed)
    measured = deform_table(num_images=60, num_test=40, num_seeds=1)
    assert measured_with == ["none", "affine", "smooth"]
    rows = [dict(zip(HEADER, row, strict=True)) for row in measured.table.rows]
    assert [row["deform"] for row in rows] == ["none", "affine", "smooth"]
    assert all(float(row["CorLoc"]) > 0.9 for row in rows)
