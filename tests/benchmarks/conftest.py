"""What makes tables of fits short."""

import pytest

from stampnet.benchmarks import classes
from stampnet.training.defaults import matching_for


@pytest.fixture
def in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stamps that bend are learned in one pass over the images and two that bend them; they are few."""
    monkeypatch.setattr(classes, "matching_for", lambda *sizes, seed: matching_for(*sizes, seed=seed, epochs=1))
    for module in ("bending_passes", "trainer"):
        monkeypatch.setattr(f"stampnet.training.{module}.STIFFNESS", (2.0, 1.0))
    for name, value in {"NUM_OBJECTS": 300, "FEW": 10, "MANY": 30}.items():
        monkeypatch.setattr(classes, name, value)
