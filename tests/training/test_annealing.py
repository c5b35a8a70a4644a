"""Facts about the temperature: the table of the reference, and both ways of counting."""

import pytest

from stampnet.errors import InputError
from stampnet.training.annealing import Annealing


@pytest.mark.parametrize(
    ("rate", "epoch", "expected"),
    [(0.01, 0, 7.0), (0.01, 50, 4.25), (0.01, 100, 2.58), (0.01, 300, 0.35), (0.01, 356, 0.2), (0.005, 200, 2.58)],
)
def test_temperatures_are_those_of_the_authors_runs(rate: float, epoch: int, expected: float) -> None:
    assert Annealing(rate=rate)(epoch * 128) == pytest.approx(expected, abs=0.005)


def test_the_authors_lower_it_every_step_and_the_paper_every_epoch() -> None:
    by_step, by_epoch = Annealing(rate=1.0), Annealing(rate=1.0, update="epoch")
    assert by_step(64) < by_step(0)
    assert by_epoch(127) == by_epoch(0) == 7.0
    assert by_epoch(128) == pytest.approx(by_step(128))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"minimum": 0.0}, "got minimum 0.0"),
        ({"initial": 0.1}, "initial 0.1"),
        ({"rate": -1.0}, "at least 0, got -1.0"),
        ({"steps_per_epoch": 0}, "at least 1, got 0"),
    ],
)
def test_nonsense_is_refused_with_the_value(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Annealing(**settings)
