"""Facts about tables of true heads."""

from pathlib import Path

import pytest

from stampnet.errors import InputError
from stampnet.tracking.truth_file import read_truth

pytest.importorskip("pandas", reason="pandas is not installed (extra track)")


def test_heads_are_read_with_or_without_who_is_who(tmp_path: Path) -> None:
    path = tmp_path / "heads.csv"
    path.write_text("frame,x,y,id\n0,1.5,2,7\n")
    heads, others = read_truth(path)
    assert len(others) == 0
    assert heads.id is not None
    assert (heads.frame.tolist(), heads.xy_m.tolist(), heads.id.tolist()) == ([0], [[1.5, 2.0]], [7])
    path.write_text("x,y,frame\n1.5,2,0\n")
    assert read_truth(path)[0].id is None


def test_some_heads_need_not_be_found(tmp_path: Path) -> None:
    path = tmp_path / "heads.csv"
    path.write_text("frame,x,y,id,counted\n0,1,2,7,1\n0,3,4,8,0\n")
    heads, others = read_truth(path)
    assert (heads.xy_m.tolist(), others.xy_m.tolist()) == ([[1.0, 2.0]], [[3.0, 4.0]])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("", "no table of true heads"), ("frame,x\n0,1\n", "no column y"), ("frame,x,y\n0,1,nan\n", "not finite")],
)
def test_other_tables_are_refused(content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "heads.csv").write_text(content)
    with pytest.raises(InputError, match=complaint):
        read_truth(tmp_path / "heads.csv")
