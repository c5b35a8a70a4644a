"""Facts about the counts that a stream keeps."""

from dataclasses import fields

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.tracking.tally import LENGTHS, SPEED_STEP_M_S, counted, empty_tally, inside_of, median_place
from stampnet.tracking.trajectories import Trajectories


def rows(speed_m_s: list[float]) -> Trajectories:
    number = len(speed_m_s)
    whole, zero = np.zeros(number, np.int64), np.zeros(number)
    columns = {one.name: whole if one.name in ("id", "frame", "stamp") else zero for one in fields(Trajectories)}
    return Trajectories(**columns | {"vx_m_s": np.array(speed_m_s), "smooth_x_m": np.arange(number, dtype=float)})


def test_medians_are_those_of_all_rows_and_tracks() -> None:
    tally = counted(empty_tally(), rows([0.5, 1.3]), [7], None)
    tally = counted(tally, rows([1.3, 90.0, np.nan]), [3, 5, 10**6], None)
    speed = median_place(tally.speeds)
    assert speed is not None
    assert speed * SPEED_STEP_M_S == pytest.approx(1.3)
    assert median_place(tally.lengths) == 5
    assert tally.lengths[LENGTHS - 1] == 1


def test_rows_outside_are_counted() -> None:
    pytest.importorskip("shapely", reason="shapely is not installed (extra ped)")
    inside = inside_of("POLYGON ((-1 -1, 1.5 -1, 1.5 1, -1 1, -1 -1))")
    assert counted(empty_tally(), rows([1.0, 1.0, 1.0]), [], inside).num_outside == 1


@pytest.mark.parametrize("text", ["", "POINT (1 1)", "POLYGON ((0 0, 1 1, 0 1, 1 0, 0 0))", "POLYGON EMPTY", "area"])
def test_what_is_no_polygon_is_refused(text: str) -> None:
    pytest.importorskip("shapely", reason="shapely is not installed (extra ped)")
    with pytest.raises(InputError, match="no walkable area"):
        inside_of(text)
