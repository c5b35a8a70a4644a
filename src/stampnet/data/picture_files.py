"""Files of pictures, decoded by Pillow, to pixels."""

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
"""Pillow knows many more, and runs other programs for some: decoders that nobody needs here are doors."""
ONE_PICTURE = "MPO"
"""What Pillow calls a JPEG file that holds further views of the picture, or a smaller one."""
TURNED = ("JPEG", ONE_PICTURE, "WEBP")
"""Formats whose headers say how the camera was held. Pillow turns TIFF by itself; of PNG all pixels would have to be
decoded first."""
ON_ITS_SIDE = (5, 6, 7, 8)
"""Orientations that exchange height and width."""

_kept: dict[tuple[Path, int], Image.Image] = {}
"""The picture that was read last: to find a page in a file anew, all before it are passed."""


def page_sizes(path: Path) -> Iterator[tuple[int, int]]:
    """Height and width of one page after the other, from headers; those of an animated picture are its frames.

    Raises whatever decoders raise where the file is no picture, or a page is damaged: those after it are not found.
    """
    with _silent(), Image.open(path, formats=FORMATS) as picture:
        for page in itertools.count():
            if page > 0:
                try:
                    picture.seek(page)
                except EOFError:
                    return
            size = picture.height, picture.width
            yield size[::-1] if _orientation(picture) in ON_ITS_SIDE else size
            if picture.format == ONE_PICTURE:
                return


def page_pixels(path: Path, page: int, modified: int) -> np.ndarray:
    """One page, as `pixels_of` gives it. `modified` tells whether the file is the one that was read last.

    Raises whatever decoders raise where the page is damaged.
    """
    try:
        with _silent():
            if (path, modified) not in _kept:
                _forget()
                _kept[path, modified] = Image.open(path, formats=FORMATS)
            picture = _kept[path, modified]
            picture.seek(page)
            return pixels_of(picture)
    except Exception:
        _forget()  # it may be at any place
        raise


def _forget() -> None:
    for picture in _kept.values():
        picture.close()
    _kept.clear()


@contextmanager
def _silent() -> Iterator[None]:
    """Pillow warns of many pixels, which are counted here, and of what is odd in a file that can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _orientation(picture: Image.Image) -> int:
    """As EXIF has it: 1 is upright."""
    if picture.format not in TURNED:
        return 1
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damage to what cameras add has no end, and does no harm to the pixels
        return 1


def pixels_of(picture: Image.Image) -> np.ndarray:
    """8 bit grey or colour, 16 bit grey, or floats, upright; what is transparent lies on white.

    Pictures of a kind that has colours are (H, W, 3) even if this one shows none: others of its set may.
    """
    if _orientation(picture) != 1:
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("I;16", "I;16B", "I;16L", "I"):
        values = np.asarray(picture)
        if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
            raise ValueError("its values are not in 0 to 65535")
        return values.astype(np.uint16)
    if picture.mode == "F":
        return np.asarray(picture, np.float32)
    kind = "L" if picture.mode in ("1", "L", "LA", "La") else "RGB"
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
    return np.asarray(picture.convert(kind))
