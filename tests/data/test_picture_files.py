"""Pictures are upright, on white, and their pages are found one after the other."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.data.image_files import list_images, read_image, read_images
from stampnet.errors import InputError

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
COLOUR = np.stack([GREY, GREY // 2, GREY // 3], axis=-1)


@pytest.mark.parametrize(("kind", "exact"), [("JPEG", False), ("WEBP", True), ("TIFF", True)])
def test_pictures_stand_as_the_camera_was_held(tmp_path: Path, kind: str, exact: bool) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    pixels = np.dstack([np.repeat(GREY, 4, 0).repeat(4, 1)] * 3)
    name = tmp_path / f"a.{kind.lower()}"
    Image.fromarray(pixels).save(name, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    (file,) = list_images([name]).files
    assert (file.height, file.width) == (32, 24)
    for _ in range(2):
        read = read_image(file).astype(int)
        assert np.abs(read - np.rot90(pixels, -1)).max() <= (0 if exact else 20)


def test_damaged_orientation_harms_no_picture(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.jpg", exif=b"Exif\0\0nonsense")
    assert read_images(tmp_path).arrays[0].shape == (6, 8)


def test_further_views_in_a_jpeg_are_no_images(tmp_path: Path) -> None:
    view = Image.fromarray(COLOUR)
    view.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[view, view])
    (file,) = list_images([tmp_path]).files
    assert file.name == "a.jpg"
    assert read_image(file).shape == (6, 8, 3)


def _pages(number: int) -> list[Image.Image]:
    return [Image.fromarray(np.random.default_rng(k).integers(0, 255, (20, 30), np.uint8)) for k in range(number)]


def test_a_page_that_is_damaged_harms_none_before_it(tmp_path: Path) -> None:
    pages = _pages(3)
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[: len(whole) // 2])  # in what is said of the last page
    listing = list_images([tmp_path])
    assert [file.name for file in listing.files] == ["a.tif#0", "a.tif#1"]
    assert [one.name for one in listing.skipped] == ["a.tif#2"]
    assert np.array_equal(read_image(listing.files[0]), np.asarray(pages[0]))
    with pytest.raises(InputError, match=r"a\.tif#1 cannot be read"):  # its pixels lie behind the cut
        read_image(listing.files[1])
    assert np.array_equal(read_image(listing.files[0]), np.asarray(pages[0]))


def test_a_page_of_unfit_size_harms_no_other(tmp_path: Path) -> None:
    pages = [*_pages(1), Image.fromarray(GREY[:2]), *_pages(1)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    listing = list_images([tmp_path])
    assert [file.name for file in listing.files] == ["a.tif#0", "a.tif#2"]
    assert "too small" in listing.skipped[0].reason


def test_pages_are_read_on_from_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = _pages(8)
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    files = list_images([tmp_path]).files
    opened = []
    monkeypatch.setattr(Image, "open", lambda *given, open=Image.open, **more: opened.append(1) or open(*given, **more))
    for k in (0, 1, 2, 7, 7, 3):
        assert np.array_equal(read_image(files[k]), np.asarray(pages[k]))
    assert len(opened) <= 1


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    alpha = np.full_like(GREY, 255)
    alpha[0] = 0
    Image.fromarray(np.dstack([COLOUR, alpha])).save(tmp_path / "colour.png")
    Image.fromarray(np.dstack([GREY, GREY, GREY, alpha])).save(tmp_path / "grey.png")
    colour, grey = (read_image(file) for file in list_images([tmp_path]).files)
    assert (colour[0] == 255).all()
    assert np.array_equal(colour[1:], COLOUR[1:])
    assert np.array_equal(grey[1:], np.dstack([GREY] * 3)[1:])  # others of its set may have colours
    Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(alpha)]).save(tmp_path / "grey.png")
    assert np.array_equal(read_image(list_images([tmp_path / "grey.png"]).files[0])[1:], GREY[1:])
