"""The paper's Table 2 can be made, on few images."""

from dataclasses import replace

import pytest

from stampnet.benchmarks import classes, reproduce
from stampnet.benchmarks.reproduce import experiment
from stampnet.benchmarks.table2 import reproduce_table_2
from stampnet.training.defaults import matching_for


@pytest.mark.usefixtures("mnist_is_here")
def test_table_2_stands_beside_supervised_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = experiment("ct-mnist-1")
    short = replace(
        whole,
        recipe=replace(whole.recipe, num_images=600),
        training=replace(whole.training, epochs=1, batch_size=50, num_validation=0),
    )
    monkeypatch.setattr(reproduce, "experiment", lambda _: short)
    monkeypatch.setattr(classes, "experiment", lambda _: short)
    for name, value in {"NUM_OBJECTS": 600, "FEW": 10, "MANY": 30, "GROUPS": (20, 10)}.items():
        monkeypatch.setattr(classes, name, value)
    monkeypatch.setattr(classes, "matching_for", lambda *sizes, seed: matching_for(*sizes, seed=seed, epochs=1))
    measured = reproduce_table_2(num_seeds=1, num_images=50)
    methods = [row[0] for row in measured.table.rows]
    assert len(set(methods)) == len(methods)
    assert methods[:5] == ["RAM", "DRAW", "RNN-SPN", "DCN", "StampNet, the paper"]
    assert "matching, median, 40 clusters" in methods
    assert "30 stamps, grouped, median, 10 clusters" in methods
    values = {row[0]: float(row[2]) for row in measured.table.rows}
    # A purity, not a CorLoc or an IoU: ten clusters of digits, hardly learned.
    assert 0.2 < values["true crops, k-means, 10 clusters"] < values["true crops, k-means, 20 clusters"] < 0.9
