"""The curve of purity can be made and drawn, on few images."""

import pytest

from stampnet.benchmarks import classes, curve
from stampnet.benchmarks.curve import HEADER, curve_table, draw_curve
from stampnet.training.defaults import matching_for


@pytest.mark.usefixtures("mnist_is_here")
def test_every_budget_is_measured_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curve, "BUDGETS", ((200, 30), (600, 50)))
    monkeypatch.setattr(curve, "GROUPS", (20, 10))
    monkeypatch.setattr(classes, "matching_for", lambda *sizes, seed: matching_for(*sizes, seed=seed, epochs=1))
    measured = curve_table(num_images=100)
    small, large = (dict(zip(HEADER, map(float, row), strict=True)) for row in measured.table.rows)
    assert small["objects"] < large["objects"]
    assert small["purity of stamps"] > 0.3
    assert large["ACC, 10 classes"] <= large["purity, 40 groups"]
    (axes,) = draw_curve(measured).axes
    assert [len(line.get_xdata()) for line in axes.get_lines()] == [2, 2, 2]
