"""Facts about reading images: every format that is promised, and every way it can go wrong."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.data.image_folder import ImageSet, full_scale_of, read_images, stack_images, to_unit_range
from stampnet.errors import InputError

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
DEPTH = (np.arange(12, dtype=np.uint16) * 5000).reshape(3, 4)
COLOUR = np.stack([GREY, GREY // 2, GREY // 3], axis=-1)


@pytest.mark.parametrize(
    ("name", "pixels"),
    [("a.png", GREY), ("a.tif", GREY), ("a.bmp", GREY), ("a.png", DEPTH), ("a.tif", DEPTH), ("a.png", COLOUR)],
)
def test_lossless_pictures_come_back_as_they_were(tmp_path: Path, name: str, pixels: np.ndarray) -> None:
    Image.fromarray(pixels).save(tmp_path / name)
    read = read_images(tmp_path / name)
    assert read.names == (name,)
    assert read.arrays[0].dtype == pixels.dtype
    assert np.array_equal(read.arrays[0], pixels)


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.png", "b/x.png", "a.png"):
        Image.fromarray(GREY).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not an image")
    assert read_images(tmp_path).names == ("a.png", "b/x.png", "c.png")


def test_pages_of_a_tiff_are_numbered(tmp_path: Path) -> None:
    pages = [Image.fromarray(GREY), Image.fromarray(GREY[::-1].copy())]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    read = read_images(tmp_path / "scan.tif")
    assert read.names == ("scan.tif#0", "scan.tif#1")
    assert np.array_equal(read.arrays[1], GREY[::-1])


def test_arrays_are_read_by_name_or_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", DEPTH)
    np.savez(tmp_path / "two.npz", images=np.stack([GREY, GREY]), labels=np.array([1, 2]))
    read = read_images(tmp_path)
    assert read.names == ("one.npy#0", "two.npz#0", "two.npz#1")
    assert np.array_equal(read.arrays[0], DEPTH)


def test_alpha_is_dropped_and_palettes_become_colours(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([COLOUR, GREY])).save(tmp_path / "alpha.png")
    Image.fromarray(COLOUR).convert("P", palette=Image.Palette.ADAPTIVE).save(tmp_path / "palette.png")
    alpha, palette = read_images(tmp_path).arrays
    assert np.array_equal(alpha, COLOUR)
    assert np.array_equal(palette, COLOUR)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x89PNG\r\n\x1a\n truncated"])
def test_an_unreadable_picture_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.png"):
        read_images(tmp_path)


def test_a_truncated_picture_is_named(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 50), np.uint8)).save(tmp_path / "cut.png")
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.png cannot be read"):
        read_images(tmp_path)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(InputError, match=r"evil\.npy cannot be read"):
        read_images(tmp_path)


def test_a_missing_path_and_an_empty_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        read_images(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no images in"):
        read_images(tmp_path)


def test_the_largest_16_bit_value_of_a_set_becomes_one() -> None:
    assert full_scale_of([DEPTH, DEPTH // 2]) == 55_000
    assert to_unit_range(DEPTH, 55_000.0).max() == 1
    assert full_scale_of([np.zeros((2, 2), np.uint16)]) == 1


@pytest.mark.parametrize("full_scale", [255.0, 4000.0, 1.0])
@pytest.mark.parametrize(
    "array", [np.array([[0, 255]], np.uint8), np.array([[0.0, 1.0]]), np.array([[False, True]])], ids=str
)
def test_bytes_floats_and_bools_say_themselves_what_is_one(array: np.ndarray, full_scale: float) -> None:
    assert to_unit_range(array, full_scale).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("full_scale", [255.0, 1.0])
def test_16_bit_values_of_which_nothing_is_known_are_refused(full_scale: float) -> None:
    with pytest.raises(InputError, match="of 16 bit, up to 55000"):
        to_unit_range(DEPTH, full_scale)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[0.0, 2.0]]), r"must lie in \[0, 1\], got 0 to 2"),
        (np.array([[np.nan, 0.5]]), "not numbers"),
        (np.array([[1, 2]], np.int64), "type int64 cannot be used"),
    ],
)
def test_values_that_cannot_be_scaled_are_refused(array: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        full_scale_of([array])


def test_images_of_two_sizes_are_named_with_their_sizes() -> None:
    with pytest.raises(InputError, match=r"a is 3 x 4 grey uint8 but b is 2 x 4 grey uint8"):
        stack_images(ImageSet(("a", "b"), (GREY, GREY[:2])))
