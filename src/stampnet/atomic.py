"""Files that are whole or not there: written under a temporary name, then renamed."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path`; what was written there replaces `path` only if nothing failed.

    The temporary name keeps the suffix, which many writers go by. Missing parent folders are made.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "results" / "scores.txt"
    >>> with whole_file(path) as temporary:
    ...     _ = temporary.write_text("0.99")
    >>> path.read_text()
    '0.99'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
