"""The axes of an array tell what it holds; what its header says is checked."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.data.image_files import list_images, read_image, read_images
from stampnet.errors import InputError


@pytest.mark.parametrize(
    ("shape", "images"),
    [
        ((9, 8), [(9, 8)]),
        ((9, 8, 1), [(9, 8)]),
        ((9, 8, 3), [(9, 8, 3)]),
        ((9, 8, 4), [(9, 8, 3)]),
        ((2, 9, 8), [(9, 8)] * 2),
        ((2, 9, 8, 1), [(9, 8)] * 2),
        ((2, 9, 8, 4), [(9, 8, 3)] * 2),
    ],
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64])
def test_the_axes_of_an_array_tell_images_from_channels(
    tmp_path: Path, shape: tuple[int, ...], images: list[tuple[int, ...]], kind: type
) -> None:
    values = np.random.default_rng(0).integers(0, 2, shape).astype(kind)
    full = 1 if kind == np.float64 else np.iinfo(kind).max
    if shape[-1] == 4:
        values[..., 3] = full
        values[..., 0, 3] = 0
    np.save(tmp_path / "a.npy", np.asfortranarray(values))
    np.savez(tmp_path / "b.npz", values)
    files = list_images([tmp_path]).files
    assert len(files) == 2 * len(images)
    for file, expected in zip(files, [*images, *images], strict=True):
        read = read_image(file)
        assert read.shape == expected
        assert (file.height, file.width) == read.shape[:2]
        assert read.dtype == (np.float32 if kind == np.float64 else kind)
        assert (read[1:, 1:] <= 1).all()
        assert shape[-1] != 4 or (read[:, 0] == full).all()  # transparent is white


def test_a_fourth_channel_that_is_no_opacity_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((9, 8, 4), 7.0))
    with pytest.raises(InputError, match="no opacity"):
        read_images(tmp_path / "a.npy")
