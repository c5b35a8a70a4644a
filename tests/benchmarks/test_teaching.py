"""Facts about the benchmark of teaching: who stands in it."""

import pytest

from stampnet.benchmarks.teaching import teaching_table


@pytest.mark.timeout(200)
def test_the_paper_the_teacher_and_both_networks_stand_in_the_table() -> None:
    rows = teaching_table(("simple-shapes-1",), num_train=200, epochs=1, num_test=40).table.rows
    assert [row[1] for row in rows] == ["paper", "matching", "network, taught by matching", "network, by itself"]
    assert float(rows[1][2]) > 0.9
    assert all(0 <= float(value) <= 1 for row in rows for value in row[2:5])
