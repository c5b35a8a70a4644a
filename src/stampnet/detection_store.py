"""What was found in images to a file of the run and back, so that no image is searched twice."""

import hashlib
import io
import sqlite3
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType

import numpy as np

from stampnet.data.image_files import ImageFile
from stampnet.detection import Detections
from stampnet.errors import InputError

STORE = "detections.sqlite"
MADE_BY = ("model.safetensors", "model.json", "config.yaml", "background.npy")
"""Files of a run that what is found depends on."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS found (
    model TEXT, path TEXT, page INTEGER, size INTEGER, modified INTEGER, arrays BLOB,
    PRIMARY KEY (path, page)
) WITHOUT ROWID
"""


class DetectionStore:
    """The objects in images that a run has seen, before classes have names; a context manager.

    An image is known as long as neither its file nor the model has changed. Every image is kept at once, so that a
    search that is cut short goes on where it was. Where the folder cannot be written to, nothing is remembered.

    Raises InputError where the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / STORE
        self.model = _fingerprint(folder)
        try:
            self._connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(SCHEMA)
        except sqlite3.OperationalError:  # a folder that cannot be written to
            self._connection = sqlite3.connect(":memory:", isolation_level=None)
            self._connection.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise self._damaged(error) from error

    def get(self, file: ImageFile) -> Detections | None:
        """What was found in the image; None where it is new or has changed."""
        path, page, size, modified = _identity(file)
        query = "SELECT arrays FROM found WHERE path = ? AND page = ? AND size = ? AND modified = ? AND model = ?"
        try:
            row = self._connection.execute(query, (path, page, size, modified, self.model)).fetchone()
            return None if row is None else _unpacked(row[0])
        except (sqlite3.DatabaseError, ValueError, KeyError, OSError) as error:
            raise self._damaged(error) from error

    def put(self, file: ImageFile, found: Detections) -> None:
        """Remembers what was found in the image, in the place of what was."""
        path, page, size, modified = _identity(file)
        values = (self.model, path, page, size, modified, _packed(found))
        try:
            self._connection.execute("INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?, ?, ?)", values)
        except sqlite3.DatabaseError as error:
            raise InputError(f"{self.path} cannot be written ({error}); make room, or remove it") from error

    def __enter__(self) -> "DetectionStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"{self.path} is damaged ({error}); remove it, and all images are searched again")


def _identity(file: ImageFile) -> tuple[str, int, int, int]:
    state = file.path.stat()
    return str(file.path.resolve()), file.page, state.st_size, state.st_mtime_ns


def _fingerprint(folder: Path) -> str:
    """Of the model: changes with anything that what is found depends on."""
    digest = hashlib.sha256()
    for name in MADE_BY:
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"")
        digest.update(b"\0")
    return digest.hexdigest()


def _packed(found: Detections) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **{name: values for name, values in asdict(found).items() if values is not None})
    return stream.getvalue()


def _unpacked(arrays: bytes) -> Detections:
    with np.load(io.BytesIO(arrays), allow_pickle=False) as stored:
        return Detections(**{one.name: stored[one.name] for one in fields(Detections) if one.name in stored.files})
