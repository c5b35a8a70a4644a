"""The table of settings can be made, on few images."""

import re

import numpy as np
import pytest
import scipy.fft
import torch

from stampnet.benchmarks import settings
from stampnet.benchmarks.settings import HEADER, blurred_noise, correlation_apart, likelihoods, settings_table
from stampnet.matching.alignment import AlignmentConfig
from stampnet.matching.classes import GroupingConfig


@pytest.mark.usefixtures("mnist_is_here", "in_short")
def test_agreement_is_told_for_each_value_without_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BENDING", {"smooth": [AlignmentConfig(), AlignmentConfig(smooth=1.0)]})
    monkeypatch.setattr(settings, "GROUPING", {"steps": [GroupingConfig(steps=0), GroupingConfig()]})
    measured = settings_table(num_objects=300, num_stamps=30, num_test=100)
    rows = [dict(zip(HEADER, row, strict=True)) for row in measured.table.rows]
    assert [(row["setting"], row["value"]) for row in rows] == [
        ("smooth", "0.015 *"),
        ("smooth", "1"),
        ("steps", "0"),
        ("steps", "8 *"),
    ]
    agreement = [float(row["agreement of two fits"]) for row in rows]
    assert agreement[0] == agreement[3]  # both are what is in use
    assert agreement[0] != agreement[1]
    assert all(0.1 < one < 1 for one in agreement)
    assert re.search(r"objects correlate at 1, 2, 3 pixels by 0\.\d", measured.notes[1])
    assert "white noise, smoothed in the same way, correlates by 0.6" in measured.notes[1]


@pytest.mark.parametrize("slope", [0.5, 3.0])
def test_the_slope_of_which_residuals_were_made_is_the_most_likely(slope: float) -> None:
    rng = np.random.default_rng(0)
    along = [2 - 2 * np.cos(np.pi * np.arange(size) / size) for size in (20, 24)]
    precision = 1 + slope * (along[0][:, None] + along[1])
    waves = rng.normal(size=(200, 2, 20, 24)) / np.sqrt(precision)
    left = torch.from_numpy(scipy.fft.idctn(waves, axes=(2, 3), norm="ortho"))
    slopes = (0.0, 0.25, 0.5, 1.0, 3.0, 9.0)
    nats = likelihoods(left, slopes)
    assert nats[0] == 0
    assert slopes[int(np.argmax(nats))] == slope


def test_correlations_are_those_of_neighbours() -> None:
    rows = torch.tensor([1.0, -1.0]).repeat(8)[:, None].expand(1, 1, 16, 16)
    # One pixel apart neighbours in a column are opposite, in a row alike; two apart all are alike.
    assert correlation_apart(rows, 1) == pytest.approx(0)
    assert correlation_apart(rows, 2) == pytest.approx(1)


def test_the_blur_of_white_noise_correlates_neighbours_by_itself() -> None:
    noise = blurred_noise(torch.zeros(500, 1, 28, 28))
    # The filter 1 2 1 overlaps with itself by 4 of 6 and 1 of 6, up to what the border lacks.
    found = [correlation_apart(noise, distance) for distance in (1, 2, 3)]
    assert found == pytest.approx([4 / 6, 1 / 6, 0], abs=0.01)
    nats = likelihoods(noise, (0.0, 1.0, 3.0))
    assert nats[0] < nats[1] < nats[2]
