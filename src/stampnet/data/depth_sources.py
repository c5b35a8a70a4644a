"""The formats that depth frames come in: how many whole frames a source has, and some of them."""

import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt16
from PIL import Image

from stampnet.archive import DAMAGED
from stampnet.data.array_files import ArrayHeader, read_header
from stampnet.data.picture_files import page_pixels, page_sizes, pixels_of
from stampnet.errors import InputError

DEPTH = ("depth", "depth_mm")
"""Names of the array in .npz and HDF5."""
MAX_SIDE, MAX_PIXELS = 8192, 2**25
"""Of one frame: no depth sensor has more, and memory is given for what a header says."""
CHUNK_BYTES_AT_MOST = 2**28
"""Of HDF5, which unpacks a chunk as a whole."""
END_OF_PNG = b"IEND\xaeB`\x82"

Frames = UInt16[np.ndarray, "T H W"]


@runtime_checkable  # for beartype
class DepthSource(Protocol):
    """Depth frames of one size. All methods may raise what decoders raise; `opened` makes sentences of that."""

    def num_frames(self) -> int:
        """Those that are whole by now."""

    def size_px(self) -> tuple[int, int]:
        """Height and width; asked only when there is a frame."""

    def read(self, first: int, last: int) -> Frames:
        """Frames `first` to `last` - 1, in millimetres; asked in rising order."""

    def fps(self) -> float | None:
        """As the source says."""


@contextmanager
def opened(path: Path, *, is_growing: bool) -> Iterator[DepthSource]:
    """The source at `path`. One that is growing may have fewer frames than it says.

    Raises InputError where it is none, and for whatever it raises later.
    """
    kind = "folder" if path.is_dir() else path.suffix.lower()
    if not path.exists():
        raise InputError(f"there is no file or folder {path}; check the path")
    if kind not in KINDS:
        raise InputError(f"{path} is no source of depth frames; give .npy, .npz, HDF5, 16-bit TIFF, or a folder of PNG")
    with ExitStack() as held:
        with sentences(path):
            source = KINDS[kind](path, is_growing, held)
        yield _Told(path, source)


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """What decoders raise meanwhile becomes an InputError that names `path`."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except DAMAGED as error:
        what = str(error) or type(error).__name__
        raise InputError(f"{path} cannot be read as depth frames ({what}); save it anew") from error


class _Told:
    """A source whose complaints are sentences."""

    def __init__(self, path: Path, source: DepthSource) -> None:
        self._path, self._source = path, source

    def num_frames(self) -> int:
        with sentences(self._path):
            return self._source.num_frames()

    def size_px(self) -> tuple[int, int]:
        with sentences(self._path):
            height, width = self._source.size_px()
            if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE and height * width <= MAX_PIXELS):
                raise InputError(f"frames of {height} x {width} pixels cannot be used; cut them")
            return height, width

    def read(self, first: int, last: int) -> Frames:
        with sentences(self._path):
            return self._source.read(first, last)

    def fps(self) -> float | None:
        with sentences(self._path):
            return self._source.fps()


class _Npy:
    """An array on disk. Its header is written before its frames, so their number is taken from the size of the file."""

    def __init__(self, path: Path, is_growing: bool, held: ExitStack) -> None:
        self._file = held.enter_context(path.open("rb", buffering=0))
        self._header = _checked(read_header(self._file))
        self._start = self._file.tell()
        self._path, self._is_growing = path, is_growing

    def num_frames(self) -> int:
        whole = max(0, self._path.stat().st_size - self._start) // self._frame_bytes()
        if not self._is_growing and whole < self._header.shape[0]:
            raise InputError(
                f"it ends after {whole} of its {self._header.shape[0]} frames; save it anew, "
                "or follow it while it grows"
            )
        return whole

    def size_px(self) -> tuple[int, int]:
        return self._header.shape[1], self._header.shape[2]

    def read(self, first: int, last: int) -> Frames:
        self._file.seek(self._start + first * self._frame_bytes())
        return _frames(self._file, last - first, self._header)

    def fps(self) -> float | None:
        return None

    def _frame_bytes(self) -> int:
        return 2 * self._header.shape[1] * self._header.shape[2]


class _Npz:
    """An array in an archive, unpacked from its beginning to its end, a few frames at a time."""

    def __init__(self, path: Path, is_growing: bool, held: ExitStack) -> None:
        del is_growing  # the directory of an archive is written last
        self._archive = held.enter_context(zipfile.ZipFile(path))
        names = self._archive.namelist()
        member = next((f"{name}.npy" for name in DEPTH if f"{name}.npy" in names), None)
        if member is None:
            raise InputError(f"it has no array {' or '.join(DEPTH)}; name the frames so")
        self._stream = held.enter_context(self._archive.open(member))
        self._header = _checked(read_header(self._stream))
        self._at = 0

    def num_frames(self) -> int:
        return self._header.shape[0]

    def size_px(self) -> tuple[int, int]:
        return self._header.shape[1], self._header.shape[2]

    def read(self, first: int, last: int) -> Frames:
        while self._at < first:  # an archive has no way to jump
            _frames(self._stream, 1, self._header)
            self._at += 1
        self._at = last
        return _frames(self._stream, last - first, self._header)

    def fps(self) -> float | None:
        if "fps.npy" not in self._archive.namelist():
            return None
        with self._archive.open("fps.npy") as stream:
            version = np.lib.format.read_magic(stream)
            if version != (1, 0):
                raise InputError("its fps is no number; save one")
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=1000)
            if dtype.kind not in "fiu" or shape not in ((), (1,)):
                raise InputError("its fps is no number; save one")
            return float(np.frombuffer(stream.read(dtype.itemsize), dtype)[0])


class _Hdf5:
    """A dataset that one program extends while others read it (SWMR), or a finished one."""

    def __init__(self, path: Path, is_growing: bool, held: ExitStack) -> None:
        try:
            import h5py
        except ImportError as error:
            raise InputError("h5py is not installed; pip install 'stampnet[track]'") from error
        self._file = held.enter_context(h5py.File(path, "r", swmr=is_growing))
        name = next((name for name in DEPTH if isinstance(self._file.get(name), h5py.Dataset)), None)
        if name is None:
            raise InputError(f"it has no dataset {' or '.join(DEPTH)}; name the frames so")
        self._depth: Any = self._file[name]
        self._is_growing = is_growing
        _checked(ArrayHeader(self._depth.shape, False, self._depth.dtype))
        if self._depth.chunks is not None and 2 * int(np.prod(self._depth.chunks)) > CHUNK_BYTES_AT_MOST:
            raise InputError(
                f"its chunks {self._depth.chunks} are too large to unpack; write chunks of one or few frames"
            )

    def num_frames(self) -> int:
        if self._is_growing:
            self._depth.refresh()
        return int(self._depth.shape[0])

    def size_px(self) -> tuple[int, int]:
        return int(self._depth.shape[1]), int(self._depth.shape[2])

    def read(self, first: int, last: int) -> Frames:
        return np.asarray(self._depth[first:last]).astype(np.uint16, copy=False)

    def fps(self) -> float | None:
        stored = self._depth.attrs.get("fps", self._file.attrs.get("fps"))
        return None if stored is None else float(stored)


class _Pngs:
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


class _Tiff:
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


KINDS: dict[str, Any] = {
    ".npy": _Npy,
    ".npz": _Npz,
    ".h5": _Hdf5,
    ".hdf5": _Hdf5,
    ".tif": _Tiff,
    ".tiff": _Tiff,
    "folder": _Pngs,
}
"""What reads each kind of source, by the suffix."""


def _checked(header: ArrayHeader) -> ArrayHeader:
    """Raises InputError where an array does not hold depth frames, before any of it is read."""
    shape, is_fortran, dtype = header
    if len(shape) != 3 or 0 in shape[1:]:
        raise InputError(f"its shape {shape} is not (frames, rows, columns); save depth frames so")
    if dtype.newbyteorder("=") != np.uint16:
        raise InputError(f"it holds {dtype}; save depth as uint16 in millimetres, 0 where nothing was measured")
    if is_fortran:
        raise InputError("its frames are interleaved (Fortran order); save np.ascontiguousarray of them")
    return header


def _frames(stream: Any, number: int, header: ArrayHeader) -> Frames:
    """The next frames of a stream of values."""
    _, height, width = header.shape
    wanted = 2 * number * height * width
    content = bytearray()
    while len(content) < wanted:
        if not (part := stream.read(wanted - len(content))):
            raise ValueError(f"it ends {wanted - len(content)} bytes too early")
        content += part
    frames = np.frombuffer(content, header.dtype).reshape(number, height, width)
    return frames.astype(np.uint16, copy=False)


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
