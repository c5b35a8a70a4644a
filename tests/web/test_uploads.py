"""Facts about files that somebody sends: what is an image becomes one, all else gets a sentence, nothing is run."""

import os
import pickle
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stampnet.errors import InputError
from stampnet.web.limits import Limits
from stampnet.web.uploads import image_of

LIMITS = Limits(max_pixels=10_000)
GREY = np.random.default_rng(0).integers(0, 255, (20, 30), np.uint8)
COLOUR = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


def saved(image: np.ndarray, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    Image.fromarray(image).save(stream, kind, **options)
    return stream.getvalue()


def npy(array: np.ndarray, **options: bool) -> bytes:
    stream = BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(height: int, width: int, body: bytes = b"", *, extra: bytes = b"") -> bytes:
    """A grey PNG of 8 bit that says it has so many pixels."""
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + start + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_pictures_come_as_they_were_saved(kind: str) -> None:
    assert np.array_equal(image_of(saved(GREY, kind), LIMITS).image, GREY)


def test_colour_and_depth_are_kept() -> None:
    assert np.array_equal(image_of(saved(COLOUR, "PNG"), LIMITS).image, COLOUR)
    assert image_of(saved(COLOUR, "JPEG"), LIMITS).image.shape == (20, 30, 3)
    deep = GREY.astype(np.uint16) * 200
    assert np.array_equal(image_of(saved(deep, "PNG"), LIMITS).image, deep)


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (GREY, (20, 30)),
        (COLOUR, (20, 30, 3)),
        (GREY[..., None], (20, 30)),
        (np.stack([GREY] * 5), (20, 30)),
        (np.stack([COLOUR] * 5), (20, 30, 3)),
        (np.asfortranarray(GREY), (20, 30)),
        (GREY > 9, (20, 30)),
        (GREY / 255, (20, 30)),
        (GREY.astype(">u2"), (20, 30)),
    ],
)
def test_arrays_are_images(array: np.ndarray, shape: tuple[int, ...]) -> None:
    image, has_more = image_of(npy(array), LIMITS)
    assert image.shape == shape
    assert image.dtype in (np.uint8, np.uint16, np.float32)
    assert np.allclose(image.ravel()[:9], np.asarray(array).reshape(-1)[:9] if array.ndim < 4 else COLOUR.ravel()[:9])
    assert has_more == (len(array) == 5)


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_what_an_array_shows_through_lies_on_white(kind: str) -> None:
    full = 1 if kind == "f4" else np.iinfo(kind).max
    seen = np.full((20, 30, 4), full, kind)
    seen[..., :3] = 0
    seen[3, 4, 3] = 0
    image = image_of(npy(seen), LIMITS).image
    assert image.shape == (20, 30, 3)
    assert (image[3, 4] == full).all()
    assert image.max(axis=2).sum() == full


def test_of_several_pages_the_first_is_taken() -> None:
    pages = [Image.fromarray(GREY), Image.fromarray(GREY[::-1])]
    stream = BytesIO()
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])
    image, has_more = image_of(stream.getvalue(), LIMITS)
    assert np.array_equal(image, GREY)
    assert has_more
    assert not image_of(saved(GREY, "TIFF"), LIMITS).has_more


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("pwned",)


BOMB = zlib.compress(bytes(50_000_000), 9)
TEXT_BOMB = chunk(b"zTXt", b"a\0\0" + BOMB)
HOSTILE = {
    "nothing": (b"", "empty"),
    "text": (b"this is no image, whatever it is called.png", "none of PNG"),
    "html": (b"<html><script>alert(1)</script></html>", "none of PNG"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "none of PNG"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n", "none of PNG"),
    "truncated": (saved(COLOUR, "PNG")[:-300], "damaged"),
    "truncated jpeg": (saved(COLOUR, "JPEG")[:-300], "damaged"),
    "truncated tiff": (saved(COLOUR, "TIFF")[:100], ""),
    "header alone": (header(20, 30)[:40], ""),
    "one pixel": (saved(GREY[:1, :1], "PNG"), "1 x 1 pixels, too small"),
    "many pixels": (header(200, 300, zlib.compress(bytes(60_200))), "200 x 300 pixels, more than 10000"),
    "huge header": (header(60_000, 60_000, BOMB[:1000]), "far more than 10000 pixels"),
    "larger than any": (header(2**31 - 1, 2**31 - 1), ""),
    "no side": (header(0, 30), ""),
    "text that grows": (header(20, 30, BOMB, extra=TEXT_BOMB), "too large"),
    "broken text": (header(20, 30, BOMB, extra=TEXT_BOMB[:12]), ""),
    "archive": (b"PK\x03\x04" + bytes(100), "archive"),
    "pickle": (pickle.dumps(Evil()), "none of PNG"),
    "npy with pickle": (npy(np.array([Evil()] * 9), allow_pickle=True), "holds object"),
    "npy of text": (npy(np.array([["a"] * 9] * 9)), "holds <U1"),
    "npy of complex": (npy(np.ones((9, 9), complex)), "holds complex"),
    "npy with NaN": (npy(np.full((9, 9), np.nan)), "not numbers"),
    "npy beyond float32": (npy(np.full((9, 9), 1e300)), "not numbers"),
    "npy cut short": (npy(GREY)[:-10], "ends before its array"),
    "npy huge": (npy(GREY).replace(b"(20, 30), }", b"(99, 99999)}"), "more than 10000"),
    "npy huge stack": (npy(GREY).replace(b"(20, 30), }       ", b"(99999999, 20, 30)}"), ""),
    "npy negative": (npy(GREY).replace(b"(20, 30)", b"(-2, 30)"), "shape"),
    "npy of one axis": (npy(GREY[0]), "shape (30,)"),
    "npy of no image": (npy(GREY[:0]), "shape (0, 30)"),
    "npy of the future": (npy(GREY).replace(b"NUMPY\x01", b"NUMPY\x09"), ""),
    "npy with code": (npy(GREY).replace(b"(20, 30)", b"exit(1) "), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_used_gets_a_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, complaint = HOSTILE[name]
    with pytest.raises(InputError) as raised:
        image_of(content, LIMITS)
    said = str(raised.value)
    assert complaint in said
    assert "\n" not in said
    assert len(said) < 300
    assert list(tmp_path.iterdir()) == []


def test_a_bomb_is_not_inflated_beyond_the_pixels_of_its_header() -> None:
    assert image_of(header(20, 30, BOMB), LIMITS).image.shape == (20, 30)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_damage_anywhere_does_no_harm(kind: str) -> None:
    rng = np.random.default_rng(0)
    content = saved(COLOUR, kind)
    complaints = []
    for _ in range(40):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), 4):
            damaged[place] = rng.integers(256)
        try:
            assert image_of(bytes(damaged), LIMITS).image.size <= 3 * LIMITS.max_pixels
        except InputError as error:
            complaints.append(str(error))
    assert all(one.endswith(("choose another", "shrink it", "choose a larger one")) for one in complaints)
