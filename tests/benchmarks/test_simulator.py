"""Facts about the benchmark of the simulator: every kind of image has a row, and its columns agree."""

import pytest

from stampnet.benchmarks.simulator import CROPS, HEADER, simulator_table


def test_every_kind_of_image_is_timed() -> None:
    table = simulator_table(2, 1, (("glow", 0.5), ("gotpd-half", 0.3)), num_workers=1).table
    assert table.header == HEADER
    assert [row[0] for row in table.rows] == [
        *CROPS,
        "clip, glow, 0.5 per square metre",
        "clip, gotpd-half, 0.3 per square metre",
    ]
    assert [row[1] for row in table.rows] == ["2", "2", "1", "1"]
    for row in table.rows:
        number, seconds, rate, milliseconds = (float(value) for value in row[1:])
        assert seconds > 0
        assert rate == pytest.approx(number / seconds, rel=1)  # both are rounded
        assert 0 < milliseconds * number < 2000 * seconds + 200  # one process, libraries may have threads
