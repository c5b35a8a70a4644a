"""NumPy's files, .npy and .npz, to images: what a header says is checked before memory is given for it."""

import os
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stampnet.errors import InputError

HEADER_AT_MOST = 10_000
"""Bytes, as NumPy has it; more would be read, and parsed, before anything is known of the file."""
CHANNELS = (1, 3, 4)
"""Grey, colour, colour and opacity."""


class ArrayHeader(NamedTuple):
    """What an array says of itself."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype

    @property
    def num_bytes(self) -> int:
        number = self.dtype.itemsize
        for length in self.shape:
            number *= length
        return number


def header_of(path: Path) -> ArrayHeader:
    """Of the images in an .npy or .npz file.

    Raises ValueError, or whatever decoders raise, where there are none.
    """
    if path.suffix.lower() == ".npy":
        with path.open("rb") as stream:
            header = read_header(stream)
            if path.stat().st_size - stream.tell() < header.num_bytes:
                raise ValueError(f"it ends before its array of shape {header.shape}")
            return header
    with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as stream:
        return read_header(stream)


def as_stack(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Number, height, width and channels of the images in an array of this shape.

    Raises InputError where it holds none.

    >>> as_stack((20, 30)), as_stack((20, 30, 3)), as_stack((20, 30, 40))
    ((1, 20, 30, 1), (1, 20, 30, 3), (20, 30, 40, 1))
    """
    if 0 not in shape:
        if len(shape) == 2:
            return 1, shape[0], shape[1], 1
        if len(shape) == 3:
            return (1, shape[0], shape[1], shape[2]) if shape[2] in CHANNELS else (*shape, 1)
        if len(shape) == 4 and shape[3] in CHANNELS:
            return shape
    raise InputError(f"its shape {shape} is none of (H, W), (H, W, C), (B, H, W), (B, H, W, C) with C of 1, 3 or 4")


def array_image(path: Path, page: int, modified: int) -> np.ndarray:
    """One image (H, W) or (H, W, 3); of an .npy file it stays on disk.

    `modified` tells whether the file is the one that was read last.
    """
    return as_image(_stack(path, modified)[page])


def as_image(image: np.ndarray) -> np.ndarray:
    """From (H, W, C), see `as_stack`, to grey (H, W) or colour (H, W, 3): what is transparent lies on white.

    Raises InputError where a fourth channel is no opacity.
    """
    image = image.astype(image.dtype.newbyteorder("="), copy=False)
    if image.shape[2] < 4:
        return image[..., 0] if image.shape[2] == 1 else image
    full = 1.0 if image.dtype.kind in "bf" else float(np.iinfo(image.dtype).max)
    opacity = image[..., 3:].astype(np.float32) / np.float32(full)
    if not ((opacity >= 0) & (opacity <= 1)).all():
        raise InputError("its fourth channel is no opacity: it is not in [0, 1]; save the others alone")
    seen = image[..., :3] * opacity + np.float32(full) * (1 - opacity)
    return seen if image.dtype.kind in "bf" else seen.round().astype(image.dtype)


def read_header(stream: Any) -> ArrayHeader:
    """Read an .npy file up to where its values begin.

    Raises InputError where they are none that images can have, and whatever decoders raise where it is damaged.
    """
    version = np.lib.format.read_magic(stream)
    size = 2 if version == (1, 0) else 4
    length = int.from_bytes(stream.read(size), "little")
    if length > HEADER_AT_MOST:
        raise ValueError(f"its header says that it has {length} bytes, more than {HEADER_AT_MOST}")
    stream.seek(-size, os.SEEK_CUR)
    read = np.lib.format.read_array_header_1_0 if size == 2 else np.lib.format.read_array_header_2_0
    header = ArrayHeader(*read(stream))
    if header.dtype.kind not in "bf" and header.dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        raise InputError(f"its array holds {header.dtype}, none of uint8, uint16, bool and float; convert it")
    return header


@lru_cache(maxsize=1)
def _stack(path: Path, modified: int) -> np.ndarray:  # noqa: ARG001 (see `array_image`)
    """Images (B, H, W, C), read from the bytes that the header was read from."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as stream:
            shape, is_fortran, dtype = read_header(stream)
            stored: np.ndarray = np.memmap(stream, dtype, "r", stream.tell(), shape, "F" if is_fortran else "C")
    else:
        with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as stream:
            read_header(stream)
            stream.seek(0)
            stored = np.lib.format.read_array(stream, allow_pickle=False)
    return stored.reshape(as_stack(stored.shape))


def _member(archive: zipfile.ZipFile) -> str:
    """The file of an archive that holds the images: what is checked and what is read are the same."""
    names = [name for name in archive.namelist() if name.endswith(".npy")]
    if "images.npy" in names:
        return "images.npy"
    if len(names) == 1:
        return names[0]
    arrays = ", ".join(name.removesuffix(".npy") for name in names)
    if any(name.startswith("depth") for name in names):
        raise ValueError(f"it holds the arrays {arrays}: to find people in depth frames, give --camera camera.yaml")
    raise ValueError(f"it holds the arrays {arrays}: name one of them images" if names else "it holds no arrays")
