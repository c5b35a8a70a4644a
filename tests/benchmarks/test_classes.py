"""The table of classes can be made, on few images."""

import pytest

from stampnet.benchmarks import classes
from stampnet.benchmarks.classes import HEADER, classes_table, row_with


@pytest.mark.usefixtures("mnist_is_here", "in_short")
def test_a_row_with_any_number_of_objects_is_scored_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "GROUPS", (10,))
    assert row_with("t-mnist, 0 to 4 digits", 600).recipe.num_images == 300  # two digits each on average
    measured = classes_table(["t-mnist, 0 to 4 digits"], num_seeds=1, num_images=30)
    rows = {(row[1], row[2]): dict(zip(HEADER, row, strict=True)) for row in measured.table.rows}
    assert float(rows["true crops, k-means", "10"]["CorLoc"]) == 1
    assert float(rows["true crops, k-means", "10"]["IoU (union)"]) == 1
    assert float(rows["components, k-means", "10"]["IoU (union)"]) > 0.8  # it does not seek four in every image


@pytest.mark.usefixtures("mnist_is_here", "in_short")
def test_groups_stand_beside_clusterings_of_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "GROUPS", (20, 10))
    measured = classes_table(["ct-mnist-1-grey"], num_seeds=1, num_images=60)
    assert "first 8000 images with one seed, and their seconds include finding" in measured.notes[0]
    rows = {(row[1], row[2]): dict(zip(HEADER, row, strict=True)) for row in measured.table.rows}
    counted = next(int(number) for method, number in rows if method == "30 stamps, classes counted, median")
    assert 1 <= counted <= 30
    assert {number for method, number in rows if "counted" not in method} == {"10", "20", "30"}
    for number in ("20", "10"):
        assert float(rows["true crops, k-means", number]["CorLoc"]) == 1
        assert float(rows["components, k-means", number]["CorLoc"]) > 0.8
        assert float(rows["30 stamps, grouped, worst", number]["CorLoc"]) > 0.8
    assert rows["30 stamps, grouped, worst", "20"]["ACC"] == ""
    assert 0 < float(rows["30 stamps, grouped, worst", "10"]["ACC"]) <= 1
