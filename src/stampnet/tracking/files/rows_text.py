"""Numbers to the cells of text files and back, with sentences for what is wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from stampnet.errors import InputError

DECIMALS = 4
"""A tenth of a millimetre."""


def cells(columns: Sequence[np.ndarray], separator: str) -> str:
    """A line for each row: whole numbers and texts as they are, others with four decimals, nothing for NaN.

    >>> cells([np.array([3, 4]), np.array([0.5, np.nan])], ",")
    '3,0.5000\\n4,\\n'
    """
    texts = [
        [str(value) for value in column.tolist()]
        if column.dtype.kind in "iuU"
        else ["" if value != value else f"{value:.{DECIMALS}f}" for value in column.tolist()]
        for column in columns
    ]
    return "".join(separator.join(row) + "\n" for row in zip(*texts, strict=True))


def times(frame: np.ndarray, fps: float) -> np.ndarray:
    """Seconds to the microsecond: the frame rate is read from them again.

    >>> times(np.array([0, 1]), 30.0).tolist()
    ['0.000000', '0.033333']
    """
    return np.array([f"{second:.6f}" for second in (frame / fps).tolist()], dtype=str)


def rate(frame: int, time_s: float) -> float | None:
    """Frames per second, of a row with its time; None where it is the first.

    >>> rate(1, 0.033333)
    30.0
    """
    return round(frame / time_s, 3) if frame > 0 and time_s > 0 else None


@contextmanager
def told(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Raises InputError naming `path` for what readers of tables raise meanwhile."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; {remedy}") from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} is no {what} ({reason}); {remedy}") from error


def pandas() -> Any:
    """The package.

    Raises InputError where it is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise InputError("pandas is not installed; pip install 'stampnet[track]'") from error
    return pd
