"""The table of settings can be made, on few images."""

import pytest

from stampnet.benchmarks import classes, settings
from stampnet.benchmarks.settings import HEADER, settings_table
from stampnet.matching.alignment import AlignmentConfig
from stampnet.matching.classes import GroupingConfig
from stampnet.training.defaults import matching_for


@pytest.mark.usefixtures("mnist_is_here")
def test_agreement_is_told_for_each_value_without_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BENDING", {"smooth": [AlignmentConfig(), AlignmentConfig(smooth=1.0)]})
    monkeypatch.setattr(settings, "GROUPING", {"steps": [GroupingConfig(steps=0), GroupingConfig()]})
    monkeypatch.setattr(classes, "matching_for", lambda *sizes, seed: matching_for(*sizes, seed=seed, epochs=1))
    measured = settings_table(num_objects=400, num_stamps=30, num_test=100)
    rows = [dict(zip(HEADER, row, strict=True)) for row in measured.table.rows]
    assert [(row["setting"], row["value"]) for row in rows] == [
        ("smooth", "0.015 *"),
        ("smooth", "1"),
        ("steps", "0"),
        ("steps", "8 *"),
    ]
    agreement = [float(row["agreement of two fits"]) for row in rows]
    assert agreement[0] == agreement[3]  # both are what is in use
    assert agreement[0] != agreement[1]
    assert all(0.1 < one < 1 for one in agreement)
    assert all(0.2 < float(row["ACC, mean of both"]) < 1 for row in rows)
