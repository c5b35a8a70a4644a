"""Archives of arrays (.npz), which may be damaged."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from stampnet.errors import InputError

DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    MemoryError,
    SyntaxError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile, zlib and numpy raise for archives that are cut short, have a wrong bit, or hold other arrays."""


@contextmanager
def arrays_of(path: Path, remedy: str, content: bytes | None = None) -> Iterator[Mapping[str, np.ndarray]]:
    """The arrays of an archive: the file at `path`, or `content` that comes from it. They are read when asked for.

    Raises InputError naming `path` and the remedy where the archive is damaged or what is made of its arrays meanwhile
    cannot be.
    """
    try:
        with (
            path.open("rb") if content is None else io.BytesIO(content) as stream,  # numpy leaves damaged files open
            np.load(stream, allow_pickle=False) as stored,
        ):
            yield stored
    except DAMAGED as error:
        raise InputError(f"{path} is damaged ({error}); {remedy}") from error
