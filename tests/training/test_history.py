"""Facts about the table of epochs."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.errors import InputError
from stampnet.training.history import COLUMNS, read_history, stamps_used, write_history


def test_rows_come_back_with_gaps(tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS, 1.5)
    write_history([row, {**row, "val_sse": None}], tmp_path / "metrics.csv")
    assert read_history(tmp_path / "metrics.csv") == [row, {**row, "val_sse": None}]


def test_a_table_that_is_not_there_is_empty_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert read_history(tmp_path / "metrics.csv") == []
    (tmp_path / "metrics.csv").write_text("epoch\nzero\n")
    with pytest.raises(InputError, match=r"metrics\.csv is not a table of numbers"):
        read_history(tmp_path / "metrics.csv")


def test_a_stamp_with_a_twentieth_of_its_share_is_hardly_used() -> None:
    assert stamps_used(np.array([1950, 50])) == 1
    assert stamps_used(np.array([1949, 51])) == 2
