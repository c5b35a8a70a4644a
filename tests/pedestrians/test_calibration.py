"""Facts about how far out heads are, as learned on simulated people."""

import pytest

from depth_scenes import CAMERA
from stampnet.pedestrians.calibration import calibrated
from stampnet.pedestrians.localizer import Localizer


@pytest.mark.usefixtures("in_short")
def test_heads_are_a_little_further_out_than_what_is_seen_of_them(finder: Localizer) -> None:
    out = calibrated((CAMERA,), finder.matcher, finder.ground, "time of flight", seed=1)
    assert 0 < out < 0.1
    assert out == calibrated((CAMERA,), finder.matcher, finder.ground, "time of flight", seed=1)
