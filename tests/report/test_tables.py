"""Facts about tables."""

from stampnet.report.tables import markdown_table, published_scores


def test_the_papers_rows_are_there_and_no_others() -> None:
    rows = ["simple-shapes-1", "simple-shapes-2", "t-mnist-1", "t-mnist-2", "ct-mnist-1", "ct-mnist-2", "pedestrians-3"]
    published = [published_scores(row) for row in rows]
    assert all(scores is not None and scores.corloc > scores.iou for scores in published)
    assert published_scores("t-mnist-3") is None


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert r"a\|b" in markdown_table(("x",), [("a|b",)])
