"""The speed benchmark runs, and its share of the peak is one."""

from stampnet.benchmarks.matching import Case, matching_table


def test_a_small_case_gives_a_whole_row() -> None:
    case = Case(kind="simple-shapes", canvas=48, num_stamps=4)
    measured = matching_table((case,), num_train=64, num_test=32)
    (row,) = measured.table.rows
    cells = dict(zip(measured.table.header, row, strict=True))
    assert float(cells["search, images/s, 1 threads"]) > 0
    # By hand: 10 positions a side at quarter size of 7 x 7 kernels, then 25 places of 14 x 14 and of 28 x 28.
    quarter = 2 * 4 * 49 * 6 * 6
    assert float(cells["MFLOP an image"]) * 1e6 >= quarter
    assert 0 < float(cells["of peak, 1 threads"].rstrip("%")) <= 100
    assert float(cells["within 2 %"].rstrip("%")) > 90
