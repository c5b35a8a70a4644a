"""What was found in images to a file of the run and back, so that no image is searched twice."""

import hashlib
import io
import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

import numpy as np

from stampnet.archive import arrays_of
from stampnet.data.image_files import ImageFile
from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.training.run_folder import MODEL, STATIC, WEIGHTS, load_config

STORE = "detections.sqlite"
MADE_BY = (WEIGHTS, MODEL, STATIC)
"""Files of a run that what is found depends on, beside its layout."""
PATIENCE = 60.0
"""Seconds that another program may write before this one gives up."""
OUT_OF_REACH = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
SCHEMA = """
CREATE TABLE IF NOT EXISTS found (
    model TEXT, path TEXT, page INTEGER, size INTEGER, modified INTEGER, arrays BLOB,
    PRIMARY KEY (path, page)
) WITHOUT ROWID
"""
REMEDY = "remove it, and all images are searched again"

Identity = tuple[str, int, int, int]


class DetectionStore:
    """The objects in images that a run has seen, before classes have names; a context manager.

    An image is known as long as neither its file nor the model has changed. Every image is kept at once, so that a
    search that is cut short goes on where it was. Where the folder cannot be written to, what it knows is known and
    nothing is remembered beyond this store.

    Raises InputError where the folder is no run, or the file is damaged or in use by another program for a minute.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / STORE
        self.model = _fingerprint(folder)
        self._asked: dict[ImageFile, Identity] = {}
        try:
            self._connection = _opened(self.path)
        except sqlite3.DatabaseError as error:
            raise self._complaint(error) from error

    def get(self, file: ImageFile) -> Detections | None:
        """What was found in the image; None where it is new or has changed.

        Ask before the image is read: `put` keeps what is found in it under what its file is now.
        """
        path, page, size, modified = identity = _identity(file)
        query = "SELECT arrays FROM found WHERE path = ? AND page = ? AND size = ? AND modified = ? AND model = ?"
        try:
            row = self._connection.execute(query, (path, page, size, modified, self.model)).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._complaint(error) from error
        if row is None:
            self._asked[file] = identity
            return None
        with arrays_of(self.path, REMEDY, row[0]) as stored:
            return Detections(**{one.name: stored[one.name] for one in fields(Detections) if one.name in stored})

    def put(self, file: ImageFile, found: Detections) -> None:
        """Remembers what was found in the image, in the place of what was. A file that has changed since `get` was
        asked for it is new to the next search."""
        path, page, size, modified = self._asked.pop(file) if file in self._asked else _identity(file)
        values = (self.model, path, page, size, modified, _packed(found))
        try:
            self._connection.execute("INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?, ?, ?)", values)
        except sqlite3.DatabaseError as error:
            if _code(error) in IN_USE:
                raise self._complaint(error) from error
            raise InputError(f"{self.path} cannot be written ({error}); make room, or remove it") from error

    def __enter__(self) -> "DetectionStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def _complaint(self, error: sqlite3.DatabaseError) -> InputError:
        if _code(error) in IN_USE:
            return InputError(f"{self.path} is in use by another program ({error}); end that, or wait and try again")
        return InputError(f"{self.path} is damaged ({error}); {REMEDY}")


def _opened(path: Path) -> sqlite3.Connection:
    """The file; where it cannot be written, a copy of it in memory."""
    try:
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(SCHEMA)
        # Where the table is there already, only a change tells whether file and folder can be written.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE change (mark)")
        connection.execute("ROLLBACK")
        return connection
    except sqlite3.OperationalError as error:
        if _code(error) not in OUT_OF_REACH:
            raise
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as known:  # perhaps nothing can be read
        known.backup(memory)
    memory.execute(SCHEMA)
    return memory


def _code(error: sqlite3.Error) -> int:
    """What is wrong, without the details; 0 where it is not sqlite that says so."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _identity(file: ImageFile) -> Identity:
    """Path, page, and what changes with the file: its size and when it was written."""
    state = file.path.stat()
    return str(file.path.resolve()), file.page, state.st_size, state.st_mtime_ns


def _fingerprint(folder: Path) -> str:
    """Of the model: changes with anything that what is found depends on, and with nothing else."""
    try:
        by = version("stampnet")
    except PackageNotFoundError:  # run from its source, which is not installed
        by = ""
    digest = hashlib.sha256(f"{by} {load_config(folder).layout!r}".encode())
    for name in MADE_BY:
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"")
        digest.update(b"\0")
    return digest.hexdigest()


def _packed(found: Detections) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **{name: values for name, values in asdict(found).items() if values is not None})
    return stream.getvalue()
