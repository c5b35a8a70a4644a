"""Facts about the benchmark of teaching: who stands in it."""

import pytest

from stampnet.benchmarks.teaching import teaching_table


@pytest.mark.timeout(200)
def test_the_paper_the_teacher_and_both_networks_stand_in_the_table() -> None:
    shapes = ("simple-shapes-1",)
    table = teaching_table(
        shapes, 200, 1, 40, bending_rows=shapes, bending_stamps=6, num_train_bending=100, epochs_bending=1
    ).table
    rows = table.rows
    assert [row[1] for row in rows] == [
        "paper",
        "matching",
        "network, taught by matching",
        "network, by itself",
        "matching, 6 stamps that bend",
        "network, taught to bend them",
    ]
    assert float(rows[1][2]) > 0.9
    assert all(0 <= float(value) <= 1 for row in rows for value in row[2:5])
    matching, *networks = (float(row[5]) for row in rows[1:4])
    assert 0 <= matching < min(networks)  # in so few steps no network explains as much
    assert all(len(row) == len(table.header) for row in rows)
