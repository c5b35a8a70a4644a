"""Facts about density and flow, by hand and by PedPy."""

from dataclasses import replace

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.measures import measure_density, measure_flow, middle_line
from stampnet.tracking.trajectories import Trajectories

pytest.importorskip("pedpy", reason="PedPy is not installed (extra ped)")


def walking(starts_m: list[float], speed_m_s: list[float], num_frames: int = 20, fps: float = 10.0) -> Trajectories:
    """People who walk along x, side by side."""
    number = np.repeat(np.arange(len(starts_m)), num_frames)
    frame = np.tile(np.arange(num_frames), len(starts_m))
    x = np.array(starts_m)[number] + np.array(speed_m_s)[number] * frame / fps
    y, unknown = 1.0 + number, np.full(len(x), np.nan)
    return Trajectories(number + 1, frame, x, y, y, x, y, unknown, unknown, unknown, number)


AREA = "POLYGON ((0 0, 4 0, 4 5, 0 5, 0 0))"


def test_density_is_people_by_area() -> None:
    density = measure_density(walking([0.5, 1.0, 1.5], [1.0, 1.0, 1.0]), 10.0, AREA)
    assert density.area_m2 == 20
    assert density.classic == pytest.approx(np.full(20, 3 / 20))
    assert len(density.voronoi) == 60
    assert (1 / density.voronoi).sum() == pytest.approx(20 * 20)  # the cells of a frame fill the area


def test_who_is_outside_the_area_is_not_counted() -> None:
    density = measure_density(walking([0.5, 9.0], [1.0, 1.0]), 10.0, AREA)
    assert density.classic == pytest.approx(np.full(20, 1 / 20))


def test_everybody_who_passes_a_line_counts_in_either_direction() -> None:
    rows = walking([0.55, 1.55, 2.55], [1.0, 0.0, -1.0])
    flow = measure_flow(rows, 10.0, (2.0, 0.0, 2.0, 5.0))
    assert flow.passed[-1] == 2
    assert flow.per_second == pytest.approx(2 / 2.0)
    assert measure_flow(rows, 10.0, (3.9, 0.0, 3.9, 5.0)).per_second == 0


def test_the_line_lies_across_the_way_that_people_go() -> None:
    rows = walking([0.5], [1.0])
    assert middle_line(rows, AREA) == (2.0, 0.0, 2.0, 5.0)
    assert middle_line(replace(rows, smooth_x_m=rows.smooth_y_m, smooth_y_m=rows.smooth_x_m), AREA)[0] == 0.0
    x0, _, x1, _ = middle_line(rows)
    assert x0 == x1 == pytest.approx(0.5 + 1.9 / 2)


def test_a_line_without_length_is_refused() -> None:
    with pytest.raises(InputError, match="two ends"):
        measure_flow(walking([0.5], [1.0]), 10.0, (1.0, 1.0, 1.0, 1.0))
