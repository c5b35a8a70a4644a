"""The table of what bending brings can be made, on few images."""

import pytest

from stampnet.benchmarks import deform
from stampnet.benchmarks.deform import HEADER, deform_table


def test_every_way_to_bend_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deform, "ROWS", ("simple-shapes-1",))
    measured = deform_table(num_images=60, num_test=40, num_seeds=1)
    rows = [dict(zip(HEADER, row, strict=True)) for row in measured.table.rows]
    assert [row["deform"] for row in rows] == ["none", "affine", "smooth"]
    assert all(float(row["CorLoc"]) > 0.9 for row in rows)
