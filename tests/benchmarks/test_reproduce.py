"""The paper's tables can be made, on few images."""

from dataclasses import replace

import pytest

from stampnet.benchmarks import reproduce
from stampnet.benchmarks.reproduce import HARD, TABLE_1, experiment, reproduce_table_1
from stampnet.report.tables import published_scores


@pytest.mark.parametrize("name", [*TABLE_1, *HARD])
def test_every_row_has_slots_for_its_objects(name: str) -> None:
    row = experiment(name)
    assert row.model.max_shapes == row.recipe.num_shapes
    assert row.model.image_size == row.recipe.canvas_size


def test_table_1_shows_the_paper_the_baseline_and_the_worst_of_the_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproduce, "TABLE_1", ("simple-shapes-1",))
    monkeypatch.setattr(reproduce, "in_table_1", lambda _: [("pedestrians-3", "paper", *[""] * 7)])
    whole = experiment("simple-shapes-1")
    short = replace(
        whole,
        recipe=replace(whole.recipe, num_images=300),
        training=replace(whole.training, epochs=1, batch_size=50, num_validation=0),
    )
    monkeypatch.setattr(reproduce, "experiment", lambda _: short)
    measured = reproduce_table_1(num_seeds=2, num_images=50)
    assert "first 8000 images with one seed, and their seconds include finding" in measured.notes[0]
    rows = {row[1]: row[2:] for row in measured.table.rows if row[0] == "simple-shapes-1"}
    assert rows["paper"][0] == f"{published_scores('simple-shapes-1').corloc:.4f}"  # type: ignore[union-attr]
    for method in ("matching", "matching, frames"):
        assert all(
            float(worst) <= float(middle)
            for worst, middle in zip(rows[f"{method}, worst"][:6], rows[f"{method}, median"][:6], strict=True)
        )
    assert 0 <= float(rows["components, k-means"][0]) <= 1
    assert measured.table.rows[-1][0] == "pedestrians-3"
    assert "nearest slot" in measured.notes[-1].lower()
