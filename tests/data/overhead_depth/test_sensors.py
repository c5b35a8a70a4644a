"""Sensors measure as the tables of real ones say, and encodings turn millimetres into bytes."""

import numpy as np
import pytest

from stampnet.benchmarks.sensor_marginals import (
    LEVELS,
    MEASURED,
    SILHOUETTE,
    structured_light_levels,
    time_of_flight_rings,
    time_of_flight_silhouette,
)
from stampnet.data.overhead_depth.encoding import SPECKLE, Encoding, encode
from stampnet.data.overhead_depth.structured_light import BASELINE_M, FILLED_SHARE, structured_light
from stampnet.data.overhead_depth.time_of_flight import time_of_flight


def test_levels_of_structured_light_are_those_of_a_real_sensor() -> None:
    made = structured_light_levels(np.random.default_rng(0), frames=1)
    assert made.step == pytest.approx(LEVELS.step, rel=0.02)
    assert made.on_level == pytest.approx(LEVELS.on_level, abs=0.02)
    assert made.one_off == pytest.approx(LEVELS.one_off, rel=0.1)
    assert 0.0004 < made.two_off < 0.0015
    assert made.sd == pytest.approx(LEVELS.sd, rel=0.05)


def test_a_shadow_lies_at_the_left_and_is_as_wide_as_the_geometry_says() -> None:
    depth = np.full((1, 400, 200), 2.5, np.float32)
    depth[:, :, 100:140] = 1.5
    lost = structured_light(depth, 570.0, np.random.default_rng(0), whole_frame=False)[0] == 0
    share = lost.mean(0)
    width = 570 * BASELINE_M * (1 / 1.5 - 1 / 2.5)  # 11.4 pixels
    assert share.sum() == pytest.approx((1 - FILLED_SHARE) * width, abs=0.6)
    assert np.allclose(share[91:98], 1 - FILLED_SHARE, atol=0.1)
    assert not share[145:].any()
    assert not share[:80].any()


def test_what_is_near_at_the_border_or_dropped_is_lost() -> None:
    depth = np.full((1, 240, 320), 3.0, np.float32)
    depth[:, 100:140] = 0.7
    lost = structured_light(depth, 285.0, np.random.default_rng(0), dropped_share=0.02)[0] == 0
    assert lost[102:138].all()
    assert lost[:, :4].all()
    assert not lost[:90, 8:].all(0).any()
    assert lost[:90, 10:].mean() == pytest.approx(0.02, abs=0.003)


def test_noise_of_time_of_flight_is_that_of_a_real_sensor_from_the_middle_to_the_rim() -> None:
    frames = 12
    made = time_of_flight_rings(np.random.default_rng(0), frames)
    for ring, real in zip(made, MEASURED, strict=True):
        assert ring.sd_mm == pytest.approx(real.sd_mm, rel=0.2)
        assert ring.invalid == pytest.approx(real.invalid, rel=0.2, abs=0.001)
        assert ring.floor_mm == pytest.approx(real.floor_mm, abs=3)
        assert ring.correlation == pytest.approx(real.correlation, rel=0.2, abs=0.02)
        # The mean of so few frames, taken off, lowers the correlation of successive ones.
        assert ring.lag_one + 1 / frames == pytest.approx(real.lag_one, abs=0.1)
    assert made[0].lag_one > made[3].lag_one + 0.15


def test_silhouettes_lose_their_surroundings() -> None:
    made = time_of_flight_silhouette(np.random.default_rng(0), frames=10)
    assert made.ring_invalid == pytest.approx(SILHOUETTE.ring_invalid, rel=0.1)
    assert made.flying == pytest.approx(SILHOUETTE.flying, rel=0.5)
    assert made.holes == pytest.approx(SILHOUETTE.holes, rel=0.3)


def test_a_pixel_without_a_measurement_stays_so_for_a_while() -> None:
    depth = np.full((40, 30, 30), 3.338, np.float32)
    lost = time_of_flight(depth, np.zeros(depth.shape, bool), 365.0, (-200.0, 15.0), np.random.default_rng(0)) == 0
    before, now = lost[:-1], lost[1:]
    assert now[before].mean() == pytest.approx(0.3, abs=0.1)
    assert now[before].mean() > 3 * now[~before].mean()


def test_nothing_is_measured_beyond_the_range() -> None:
    depth = np.full((1, 20, 20), 5.0, np.float32)
    depth[:, 10:] = 0.4
    measured = time_of_flight(depth, np.zeros(depth.shape, bool), 365.0, (9.5, 9.5), np.random.default_rng(0))
    assert not measured.any()


@pytest.mark.parametrize(("kind", "value"), [("far10", 0.43), ("far5", 0.86), ("near", 1.0 / 2.2)])
def test_speckle_has_the_value_of_the_cut(kind: Encoding, value: float) -> None:
    floor = np.full((40, 80, 80), 5300, np.uint16)
    images = encode(floor, 5.3, 1.0, kind, np.random.default_rng(0))
    assert np.unique(images).tolist() == [0, round(255 * value)]
    shares = (images > 0).mean((1, 2))
    assert shares.mean() == pytest.approx(np.mean(SPECKLE), rel=0.15)
    assert shares.std() > 0.001


def test_the_dim_encoding_takes_its_full_scale_from_the_ratio() -> None:
    depth = np.full((1, 2, 2), 3900, np.uint16)
    images = [
        encode(depth, 5.3, 1.0, "far10", np.random.default_rng(0), full_scale_ratio=ratio) for ratio in (2.0, 1.85)
    ]
    assert [int(image.max()) for image in images] == [99, 108]
