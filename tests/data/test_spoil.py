"""Facts about uneven light and noise."""

import numpy as np

from stampnet.data.spoil import spoil


def test_noise_has_its_standard_deviation_and_objects_stay() -> None:
    images = np.full((20, 40, 50), 100, np.uint8)
    spoilt = spoil(images, 0.0, 0.1, np.random.default_rng(0))
    assert abs(float(spoilt.std()) - 25.5) < 0.5
    assert abs(float(spoilt.mean()) - 100) < 0.5


def test_the_background_is_smooth_and_other_in_each_image() -> None:
    spoilt = spoil(np.zeros((30, 40, 50), np.uint8), 0.5, 0.0, np.random.default_rng(0)).astype(int)
    assert (spoilt.min(axis=(1, 2)) == 0).all()
    assert (abs(spoilt.max(axis=(1, 2)) - 127.5) <= 0.5).all()
    assert abs(np.diff(spoilt, axis=1)).max() < 20
    assert len({image.tobytes() for image in spoilt}) == 30
