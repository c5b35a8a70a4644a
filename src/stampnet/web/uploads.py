"""Bytes that somebody sent to an image; nothing is unpickled, and pixels are counted before any is decoded."""

import warnings
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from stampnet.data.array_files import as_image, as_stack, read_header
from stampnet.data.image_files import LEAST_SIDE, usable
from stampnet.data.picture_files import pixels_of
from stampnet.errors import InputError
from stampnet.web.limits import Limits

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
"""Pillow knows many more; decoders that nobody needs here are doors."""
ZIP = b"PK\x03\x04"


class Upload(NamedTuple):
    """An image, and whether it is the first of several in its file."""

    image: np.ndarray
    """uint8, uint16 or float32, (H, W) or (H, W, 3)."""
    has_more: bool


def image_of(content: bytes, limits: Limits) -> Upload:
    """The first image in a file: PNG, JPEG, BMP, GIF, WebP, TIFF, or NumPy's .npy.

    Raises InputError where it is none, damaged, too small or too large, or holds values that are no numbers.
    """
    if not content:
        raise InputError("the file is empty; choose an image")
    if content.startswith(ZIP):
        raise InputError("the file is an archive; choose an image, or an array saved as .npy")
    read = _array if content.startswith(np.lib.format.MAGIC_PREFIX) else _picture
    try:
        # One thread decodes (see `Worker`), so the filters of warnings are not changed under another one.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image, has_more = read(content, limits)
            # Torch shares memory with what it is given, and warns where that may not be written.
            return Upload(np.require(usable(image), requirements=("C", "W")), has_more)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"the file is none of {', '.join(FORMATS)} and .npy; choose another") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"the image has far more than {limits.max_pixels} pixels; cut or shrink it") from error
    except Exception as error:  # what decoders raise for files that were made to trouble them has no end
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(f"the file is damaged ({reason}); choose another") from error


def _picture(content: bytes, limits: Limits) -> Upload:
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        _check_size(picture.height, picture.width, limits)
        return Upload(pixels_of(picture), picture.format != "MPO" and _has_second(picture))


def _has_second(picture: Image.Image) -> bool:
    """Whether a second page can be found. Pages are not counted: a small file may have millions."""
    try:
        picture.seek(1)
    except Exception:  # as above; the first page, which was read, is what matters
        return False
    return True


def _array(content: bytes, limits: Limits) -> Upload:
    """Read without `np.load`, which gives memory for what a header says before it looks at what there is."""
    stream = BytesIO(content)
    header = read_header(stream)
    num, height, width, channels = as_stack(header.shape)
    _check_size(height, width, limits)
    if len(content) - stream.tell() < header.num_bytes:
        raise InputError(f"the file ends before its array of shape {header.shape}; save it anew")
    stored = np.frombuffer(content, header.dtype, num * height * width * channels, stream.tell())
    stack = stored.reshape(header.shape, order="F" if header.is_fortran else "C").reshape(num, height, width, channels)
    return Upload(as_image(stack[0]), num > 1)


def _check_size(height: int, width: int, limits: Limits) -> None:
    if min(height, width) < LEAST_SIDE:
        raise InputError(f"the image is {height} x {width} pixels, too small to hold a shape; choose a larger one")
    if height * width > limits.max_pixels:
        raise InputError(
            f"the image has {height} x {width} pixels, more than {limits.max_pixels} in all; cut or shrink it"
        )
