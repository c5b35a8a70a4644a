"""Arrays in files, .npy, .npz and HDF5, to depth frames: see `depth_sources.DepthSource`."""

import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt16

from stampnet.data.array_files import ArrayHeader, read_header
from stampnet.errors import InputError

DEPTH = ("depth", "depth_mm")
"""Names of the array in .npz and HDF5."""
CHUNK_BYTES_AT_MOST = 2**28
"""Of HDF5, which unpacks a chunk as a whole."""

Frames = UInt16[np.ndarray, "T H W"]


class NpySource:
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


class NpzSource:
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


class Hdf5Source:
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
