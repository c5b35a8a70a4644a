"""Pictures of 16 bit, PNG in a folder and pages of a TIFF, to depth frames: see `depth_sources.DepthSource`."""

import os
import re
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from jaxtyping import UInt16
from PIL import Image

from stampnet.data.picture_files import page_pixels, page_sizes, pixels_of
from stampnet.errors import InputError

END_OF_PNG = b"IEND\xaeB`\x82"

Frames = UInt16[np.ndarray, "T H W"]


class PngSource:
    """Pictures of a folder, in the order of the numbers in their names; more may come, with later names."""

    def __init__(self, path: Path, is_growing: bool, held: ExitStack) -> None:
        del held
        self._path, self._is_growing = path, is_growing
        self._files: list[Path] = []
        self._size: tuple[int, int] | None = None

    def num_frames(self) -> int:
        files = sorted((file for file in self._path.iterdir() if file.suffix.lower() == ".png"), key=_in_order)
        files = [file for file in files if not file.name.startswith(".")]
        if not files and not self._is_growing:
            raise InputError("it holds no PNG; give a folder of 16-bit depth frames")
        known = len(self._files)
        if files[:known] != self._files:
            early = min(set(files) - set(self._files), key=_in_order, default=self._path)
            raise InputError(f"{early.name} has come before pictures that were read; name pictures in their order")
        for file in files[known:]:
            if self._is_growing and not _is_whole(file):
                break
            self._files.append(file)
        return len(self._files)

    def size_px(self) -> tuple[int, int]:
        if self._size is None:
            with Image.open(self._files[0], formats=("PNG",)) as picture:
                self._size = picture.height, picture.width
        return self._size

    def read(self, first: int, last: int) -> Frames:
        return np.stack([self._picture(file) for file in self._files[first:last]])

    def _picture(self, file: Path) -> UInt16[np.ndarray, "H W"]:
        with Image.open(file, formats=("PNG",)) as picture:
            _refuse_other(file.name, (picture.height, picture.width), self.size_px())
            return _millimetres(file.name, pixels_of(picture))

    def fps(self) -> float | None:
        return None


class TiffSource:
    """Pages of a picture. The number of pages is known when all headers were passed."""

    def __init__(self, path: Path, is_growing: bool, held: ExitStack) -> None:
        del is_growing, held
        self._path, self._modified = path, path.stat().st_mtime_ns
        self._num_frames, self._size = 0, (0, 0)
        for page, size in enumerate(page_sizes(path)):
            self._size = size if page == 0 else self._size
            _refuse_other(f"page {page}", size, self._size)
            self._num_frames += 1

    def num_frames(self) -> int:
        return self._num_frames

    def size_px(self) -> tuple[int, int]:
        return self._size

    def read(self, first: int, last: int) -> Frames:
        pages = range(first, last)
        return np.stack([_millimetres(f"page {page}", page_pixels(self._path, page, self._modified)) for page in pages])

    def fps(self) -> float | None:
        return None


def _refuse_other(name: str, size_px: tuple[int, int], expected_px: tuple[int, int]) -> None:
    if size_px != expected_px:
        raise InputError(
            f"{name} has {size_px[0]} x {size_px[1]} pixels, the first {expected_px[0]} x {expected_px[1]}; "
            "give frames of one sensor"
        )


def _millimetres(name: str, picture: np.ndarray) -> UInt16[np.ndarray, "H W"]:
    if picture.dtype != np.uint16 or picture.ndim != 2:
        raise InputError(f"{name} holds no 16-bit grey values; save depth in millimetres as uint16")
    return picture


def _in_order(file: Path) -> tuple[list[int | str], str]:
    """Frame 9 comes before frame 10, with or without zeros before the 9."""
    parts = re.split(r"(\d+)", file.name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], file.name


def _is_whole(file: Path) -> bool:
    """Whether a picture is written to its end."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - len(END_OF_PNG)))
        return stream.read() == END_OF_PNG
