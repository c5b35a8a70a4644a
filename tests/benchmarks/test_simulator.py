"""Facts about the benchmark of the simulator: every kind of image has a row, and its columns agree."""

import pytest

from stampnet.benchmarks import simulator
from stampnet.benchmarks.simulator import CROPS, HEADER, simulator_table


def test_every_kind_of_image_is_made_and_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = simulator._time
    taken = []

    def time(make: simulator.Callable[[], object]) -> tuple[float, float]:
        taken.append(real(make))
        return 4.0, 6.0

    monkeypatch.setattr(simulator, "_time", time)
    table = simulator_table(2, 1, (("glow", 0.5), ("gotpd-half", 0.3)), num_workers=1).table
    assert table.header == HEADER
    kinds = [*CROPS, "clip, glow, 0.5 per square metre", "clip, gotpd-half, 0.3 per square metre"]
    expected = [("2", "4.0", "0", "3000.0"), ("2", "4.0", "0", "3000.0"), *[("1", "4.0", "0", "6000.0")] * 2]
    assert list(table.rows) == [(kind, *numbers) for kind, numbers in zip(kinds, expected, strict=True)]
    assert all(seconds > 0 for seconds, _ in taken)
