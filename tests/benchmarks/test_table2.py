"""The paper's Table 2 can be made, on few images."""

from dataclasses import replace

import pytest

from stampnet.benchmarks import classes, reproduce
from stampnet.benchmarks.reproduce import experiment
from stampnet.benchmarks.table2 import reproduce_table_2
from stampnet.data.recipe import make_scenes


@pytest.mark.usefixtures("mnist_is_here", "in_short")
def test_table_2_stands_beside_supervised_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = experiment("ct-mnist-1")
    short = replace(
        whole,
        recipe=replace(whole.recipe, num_images=300),
        training=replace(whole.training, epochs=1, batch_size=50, num_validation=0),
    )
    monkeypatch.setattr(reproduce, "experiment", lambda _: short)
    monkeypatch.setattr(classes, "experiment", lambda _: short)
    monkeypatch.setattr(classes, "GROUPS", (20, 10))
    test = make_scenes(replace(short.recipe, num_images=50, split="test"))
    for module in (classes, reproduce):  # the authors' 10,000 images take seconds to make
        monkeypatch.setattr(module, "scenes_to_score", lambda *_: test)
    measured = reproduce_table_2(num_seeds=1, num_images=50)
    methods = [row[0] for row in measured.table.rows]
    assert len(set(methods)) == len(methods)
    assert methods[:5] == ["RAM", "DRAW", "RNN-SPN", "DCN", "StampNet, the paper"]
    assert "matching, median, 40 clusters" in methods
    assert "30 stamps, grouped, median, 10 clusters" in methods
    values = {row[0]: float(row[2]) for row in measured.table.rows}
    # A purity, not a CorLoc or an IoU: ten clusters of digits, hardly learned.
    assert 0.2 < values["true crops, k-means, 10 clusters"] < values["true crops, k-means, 20 clusters"] < 0.9
