"""Images of all kinds are read; whatever is wrong with some is named and harms no other."""

import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.data.image_files import (
    ImageSet,
    Reader,
    ReadingLimits,
    list_images,
    read_all,
    read_image,
    read_images,
    stack_images,
)
from stampnet.errors import InputError

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
DEPTH = (np.arange(48, dtype=np.uint16) * 1300).reshape(6, 8)
COLOUR = np.stack([GREY, GREY // 2, GREY // 3], axis=-1)


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("a.png", GREY),
        ("a.tif", GREY),
        ("a.bmp", GREY),
        ("a.gif", GREY),
        ("a.png", DEPTH),
        ("a.tif", DEPTH),
        ("a.png", COLOUR),
        ("a.tif", DEPTH.astype(np.float32) / 65535),
    ],
)
def test_lossless_pictures_come_back_as_they_were(tmp_path: Path, name: str, pixels: np.ndarray) -> None:
    Image.fromarray(pixels).save(tmp_path / name)
    (file,) = list_images([tmp_path / name]).files
    assert (file.name, file.height, file.width) == (name, 6, 8)
    read = read_image(file)
    assert read.dtype == pixels.dtype
    assert np.array_equal(read if read.ndim == pixels.ndim else read[..., 0], pixels)


def test_folders_files_and_patterns_are_listed_in_order_and_no_file_twice(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.png", "b/x.png", "a.png"):
        Image.fromarray(GREY).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not an image")
    assert [file.name for file in list_images([tmp_path]).files] == ["a.png", "b/x.png", "c.png"]
    listed = list_images([tmp_path / "c.png", str(tmp_path / "*.png")]).files
    assert [file.path.name for file in listed] == ["c.png", "a.png"]
    assert len(list_images([str(tmp_path / "**" / "*.png")])) == 3


def test_names_are_those_below_the_folder_before_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photos" / "b").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    for name in ("a.png", "b/x.png"):
        Image.fromarray(GREY).save(tmp_path / "photos" / name)
    monkeypatch.chdir(tmp_path / "here")
    for root in ("../photos", str(tmp_path / "photos")):
        assert [file.name for file in list_images([f"{root}/**/*.png"]).files] == ["a.png", "b/x.png"]
        assert [file.name for file in list_images([f"{root}/b/*.png"]).files] == ["x.png"]
    monkeypatch.chdir(tmp_path / "photos")
    assert [file.name for file in list_images(["*/x.png"]).files] == ["b/x.png"]
    (tmp_path / "photos" / "b").rename(tmp_path / "photos" / "b[1]")
    assert [file.name for file in list_images(["b[1]/*.png"]).files] == ["x.png"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("p/x.png", "p/y.png", "q/x.png", "r/q/x.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(GREY).save(tmp_path / name)
    folders = [tmp_path / "p", tmp_path / "q", tmp_path / "r" / "q"]
    names = [file.name for file in list_images(folders).files]
    assert names == ["p/x.png", "y.png", f"{tmp_path.name}/q/x.png", "r/q/x.png"]
    files = [tmp_path / "p" / "x.png", tmp_path / "q" / "x.png"]
    assert [file.name for file in list_images(files).files] == ["p/x.png", "q/x.png"]
    assert [file.path for file in list_images(files).files] == files


def test_a_file_that_is_named_may_have_any_ending(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "picture.png")
    (tmp_path / "picture.png").rename(tmp_path / "picture.jpg")  # no JPEG, and read all the same
    (tmp_path / "scan").write_bytes((tmp_path / "picture.jpg").read_bytes())
    for name in ("picture.jpg", "scan"):
        assert np.array_equal(read_image(list_images([tmp_path / name]).files[0]), GREY)


def test_pages_and_arrays_are_numbered(tmp_path: Path) -> None:
    pages = [Image.fromarray(GREY), Image.fromarray(GREY[::-1].copy())]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    np.save(tmp_path / "one.npy", DEPTH)
    np.savez(tmp_path / "two.npz", images=np.stack([COLOUR, COLOUR]), labels=np.array([1, 2]))
    files = list_images([tmp_path]).files
    assert [file.name for file in files] == ["one.npy#0", "scan.tif#0", "scan.tif#1", "two.npz#0", "two.npz#1"]
    assert np.array_equal(read_image(files[2]), GREY[::-1])
    assert np.array_equal(read_image(files[0]), DEPTH)
    assert np.array_equal(read_image(files[4]), COLOUR)


def test_images_of_several_sizes_are_listed_with_theirs(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    Image.fromarray(GREY[:5]).save(tmp_path / "b.png")
    assert [(file.height, file.width) for file in list_images([tmp_path]).files] == [(6, 8), (5, 8)]


def _png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def _hostile(folder: Path) -> dict[str, str]:
    """Files of which none can be used, and a word of what is said about each when it is listed."""
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(folder / "pixel.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "nonsense.png").write_bytes(b"nonsense")
    (folder / "large.png").write_bytes(_png_that_claims(12_000, 12_000))
    (folder / "bomb.png").write_bytes(_png_that_claims(60_000, 60_000))
    (folder / "wide.png").write_bytes(_png_that_claims(2**31 - 1, 2**31 - 1))
    np.save(folder / "objects.npy", np.array([{"a": 1}], object), allow_pickle=True)
    np.save(folder / "cube.npy", np.zeros((2, 2, 2, 2, 2), np.uint8))
    np.save(folder / "words.npy", np.array([["a", "b"]]))
    (folder / "short.npy").write_bytes(b"\x93NUMPY\x01\x00")
    claim = {"descr": "|u1", "fortran_order": False, "shape": (10_000, 10_000, 10_000)}
    with zipfile.ZipFile(folder / "bomb.npz", "w") as archive, archive.open("images.npy", "w") as stream:
        np.lib.format.write_array_header_1_0(stream, claim)
    claim |= {"descr": "<f8", "shape": (9_000, 9_000)}  # pixels that a picture may have, each of eight bytes
    with zipfile.ZipFile(folder / "deep.npz", "w") as archive, archive.open("images.npy", "w") as stream:
        np.lib.format.write_array_header_1_0(stream, claim)
    with zipfile.ZipFile(folder / "header.npz", "w") as archive, archive.open("images.npy", "w") as stream:
        stream.write(b"\x93NUMPY\x02\x00\xff\xff\xff\xff")
    with zipfile.ZipFile(folder / "words.npz", "w") as archive:
        archive.writestr("images", b"what NumPy would give for images")
    (folder / "token.npy").write_bytes(b"\x93NUMPY\x01\x00\x08\x00{'a': ((")
    (folder / "postscript.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n")
    np.savez(folder / "secret.npz", images=GREY)
    secret = bytearray((folder / "secret.npz").read_bytes())
    secret[6] |= 1  # the bits that say that a password is needed, in the file and in the list of files
    secret[secret.index(b"PK\x01\x02") + 8] |= 1
    (folder / "secret.npz").write_bytes(secret)
    np.save(folder / "ends.npy", GREY)
    (folder / "ends.npy").write_bytes((folder / "ends.npy").read_bytes()[:-1])
    np.savez(folder / "which.npz", one=GREY, other=GREY)
    (folder / "archive.npz").write_bytes(b"PK\x03\x04 and then nothing")
    (folder / "folder.png").mkdir()
    return {
        "pixel.png": "too small",
        "empty.png": "not an image",
        "nonsense.png": "not an image",
        "large.png": "144000000 pixels, more than",
        "bomb.png": "far more pixels",
        "wide.png": "far more pixels",
        "objects.npy": "holds object",
        "cube.npy": "shape",
        "words.npy": "holds <U1",
        "short.npy": "",
        "bomb.npz": "bytes, more than",
        "deep.npz": "bytes, more than",
        "header.npz": "its header says",
        "words.npz": "holds no arrays",
        "token.npy": "",
        "postscript.png": "not an image",
        "secret.npz": "encrypted",
        "ends.npy": "ends before its array",
        "which.npz": "name one of them images",
        "archive.npz": "zip",
    }


def test_files_that_cannot_be_used_are_named_and_the_others_read(tmp_path: Path) -> None:
    expected = _hostile(tmp_path)
    Image.fromarray(GREY).save(tmp_path / "good.png")
    listing = list_images([tmp_path])
    assert [file.name for file in listing.files] == ["good.png"]
    reasons = {one.name.split("#")[0]: one.reason for one in listing.skipped}
    assert reasons.keys() == expected.keys()
    for name, word in expected.items():
        assert word in reasons[name], (name, reasons[name])
        assert "\n" not in reasons[name]


def test_where_nothing_can_be_used_one_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"bad\.png: it is not an image"):
        list_images([tmp_path])
    (tmp_path / "bad.png").unlink()
    with pytest.raises(InputError, match="no images in"):
        list_images([tmp_path])
    with pytest.raises(InputError, match="no file or folder"):
        list_images([tmp_path / "nowhere"])
    with pytest.raises(InputError, match="no images in"):
        list_images([str(tmp_path / "*.png")])


def test_damage_that_headers_do_not_show_is_named_when_pixels_are_read(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 50), np.uint8)).save(tmp_path / "cut.png")
    whole = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    np.save(tmp_path / "nan.npy", np.where(GREY == 0, np.nan, 0.5))
    with zipfile.ZipFile(tmp_path / "lies.npz", "w") as archive, archive.open("images.npy", "w") as stream:
        np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (50, 50)})
    for file in list_images([tmp_path]).files:
        with pytest.raises(InputError, match=file.name.split("#")[0]):
            read_image(file)


def test_limits_are_those_that_are_given(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    np.save(tmp_path / "stack.npy", np.zeros((4, 6, 8), np.uint8))
    with pytest.raises(InputError, match="48 pixels, more than 47"):
        list_images([tmp_path / "a.png"], ReadingLimits(max_pixels=47))
    with pytest.raises(InputError, match="4 images, more than 3"):
        list_images([tmp_path / "stack.npy"], ReadingLimits(max_pages=3))
    assert len(list_images([tmp_path / "stack.npy"], ReadingLimits(max_pixels=47))) == 4  # read in parts


def test_a_folder_that_was_generated_gives_its_images_once(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.fromarray(GREY).save(tmp_path / "images" / "000000.png")
    np.savez(tmp_path / "scenes.npz", images=GREY[None], classes=np.array([1]))
    for name in ("000000.png", "scenes.npz#0"):  # as annotations call it, or where there is nothing else
        read = read_images(tmp_path)
        assert read.names == (name,)
        assert np.array_equal(read.arrays[0], GREY)
        (tmp_path / "images" / "000000.png").unlink(missing_ok=True)


def test_a_reader_passes_over_what_cannot_be_read_and_tells_why(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    np.save(tmp_path / "b.npy", np.where(GREY == 0, np.nan, 0.5))
    (tmp_path / "c.png").write_bytes(b"nonsense")
    reader = Reader(list_images([tmp_path]))
    assert [file.name for file, _ in reader] == ["a.png"]
    assert [one.name for one in reader.skipped] == ["c.png", "b.npy#0"]
    assert reader.read(1) is None
    assert len(reader.skipped) == 2, "each is named once"
    with pytest.raises(InputError, match=r"c\.png cannot be read \(it is not an image that can be read\)"):
        Reader(list_images([tmp_path]), strict=True)
    with pytest.raises(InputError, match=r"c\.png cannot be read"):
        read_images(tmp_path)
    (tmp_path / "c.png").unlink()
    with pytest.raises(InputError, match=r"b\.npy#0 cannot be read"):
        list(Reader(list_images([tmp_path]), strict=True))


def test_a_reader_names_what_is_refused_and_where_nothing_is_left_why(tmp_path: Path) -> None:
    for name, pixels in (("a.png", GREY), ("b.png", COLOUR)):
        Image.fromarray(pixels).save(tmp_path / name)
    reader = Reader(list_images([tmp_path]), refusal=lambda image: "it has colours" if image.ndim == 3 else None)
    assert [file.name for file, _ in reader] == ["a.png"]
    assert [(one.name, one.reason) for one in reader.skipped] == [("b.png", "it has colours")]
    (tmp_path / "a.png").unlink()
    with pytest.raises(InputError, match=r"none of the images can be used; b\.png: it has colours"):
        read_all(Reader(list_images([tmp_path]), refusal=lambda _: "it has colours"))


@pytest.mark.parametrize("name", ["a.png", "a.npy"])
def test_a_file_that_has_changed_is_read_again(tmp_path: Path, name: str) -> None:
    for number, pixels in enumerate((GREY, GREY[::-1])):
        if name.endswith(".npy"):
            np.save(tmp_path / name, pixels)
        else:
            Image.fromarray(pixels).save(tmp_path / name)
        os.utime(tmp_path / name, ns=(0, number))
        (file,) = list_images([tmp_path / name]).files
        assert np.array_equal(read_image(file), pixels)


def test_images_of_two_sizes_are_named_with_their_sizes() -> None:
    with pytest.raises(InputError, match=r"a is 6 x 8 grey uint8 but b is 5 x 8 grey uint8"):
        stack_images(ImageSet(("a", "b"), (GREY, GREY[:5])))
