"""The curve of purity can be made and drawn, on few images."""

import numpy as np
import pytest

from stampnet.benchmarks import curve
from stampnet.benchmarks.curve import HEADER, curve_table, draw_curve
from stampnet.report.page import Table


@pytest.mark.usefixtures("mnist_is_here", "in_short")
def test_every_budget_is_measured_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curve, "BUDGETS", ((150, 25), (400, 40)))
    monkeypatch.setattr(curve, "GROUPS", (20, 10))
    measured = curve_table(num_images=100)
    small, large = (dict(zip(HEADER, map(float, row), strict=True)) for row in measured.table.rows)
    assert small["objects"] < large["objects"]
    assert small["purity of stamps"] > 0.3
    assert large["ACC, 10 classes"] <= large["purity, 40 groups"]
    assert measured.picture is not None
    (axes,) = measured.picture.axes
    assert [len(line.get_xdata()) for line in axes.get_lines()] == [2, 2, 2]


@pytest.mark.usefixtures("mnist_is_here", "in_short")
def test_fits_with_fewer_than_ten_classes_have_no_accuracy_but_a_place_on_the_curve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(curve, "BUDGETS", ((100, 5),))
    few = curve_table(num_images=20)
    assert few.table.rows[0][-1] == ""
    full = ("200", "30", "9", "0.9000", "0.8000", "0.7000")
    (axes,) = draw_curve(Table(few.table.title, HEADER, (*few.table.rows, full))).axes
    accuracy = axes.get_lines()[2].get_ydata()
    assert np.isnan(accuracy[0])
    assert accuracy[1] == 0.7
