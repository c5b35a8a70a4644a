"""The authors' test sets, checked by their fingerprints: counts, places and every pixel."""

import hashlib

import numpy as np
import pytest

from stampnet.data.official_streams import official_test_scenes
from stampnet.errors import InputError

FINGERPRINTS = {  # pixel sum of an image, labels, rows and columns summed, first image, pixels
    "simple-shapes-2": (666.4763, 39920, (562351, 560538), [(0, 2, 54), (2, 29, 41)], "0c8a41e4a18adf47"),
    "t-mnist-2": (205.2271, 88868, (562222, 559960), [(0, 54, 54), (4, 4, 14)], "03aa54b445815972"),
    "ct-mnist-1": (277.5507, 44434, (357920, 355989), [(8, 38, 72)], "ea363bf69a193832"),
    "ct-mnist-2": (422.7087, 88868, (724192, 718775), [(0, 39, 30), (4, 0, 54)], "ec80d9302bf70fb3"),
}


@pytest.mark.usefixtures("mnist_is_here")
@pytest.mark.parametrize("name", FINGERPRINTS)
def test_the_authors_images_are_made_pixel_for_pixel(name: str) -> None:
    pixel_sum, labels, places, first, pixels = FINGERPRINTS[name]
    scenes = official_test_scenes(name)
    rows, columns = scenes.boxes_xyxy[..., 1].astype(int), scenes.boxes_xyxy[..., 0].astype(int)
    assert scenes.images.sum(dtype=np.int64) / 255 / len(scenes) == pytest.approx(pixel_sum, abs=5e-5)
    assert scenes.classes.sum() == labels
    assert (rows.sum(), columns.sum()) == places
    assert list(zip(scenes.classes[0], rows[0], columns[0], strict=True)) == first
    assert hashlib.sha256(scenes.images.tobytes()).hexdigest()[:16] == pixels


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no official test set 'mnist'; there are simple-shapes-2"):
        official_test_scenes("mnist")
