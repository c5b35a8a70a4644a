"""The formats that depth frames come in: how many whole frames a source has, and some of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt16

from stampnet.archive import DAMAGED
from stampnet.data.depth_arrays import Hdf5Source, NpySource, NpzSource
from stampnet.data.depth_pictures import PngSource, TiffSource
from stampnet.errors import InputError

MAX_SIDE, MAX_PIXELS = 8192, 2**25
"""Of one frame: no depth sensor has more, and memory is given for what a header says."""

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


KINDS: dict[str, Any] = {
    ".npy": NpySource,
    ".npz": NpzSource,
    ".h5": Hdf5Source,
    ".hdf5": Hdf5Source,
    ".tif": TiffSource,
    ".tiff": TiffSource,
    "folder": PngSource,
}
"""What reads each kind of source, by the suffix."""
