"""People to a CSV table and back, in batches: who was found in each frame, before anything is linked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.tracking.files.rows_text import cells, pandas, rate, times, told
from stampnet.tracking.people import People, concatenated, nobody
from stampnet.tracking.stream import Batch

NEEDED = ("frame", "x", "y", "z")
COLUMNS = ("frame", "time", "x", "y", "z", "score", "stamp", "row_px", "col_px", "sensor")
"""Metres on the ground, the height of the head, pixels in the sensor's image."""
OTHERWISE = {"score": 1.0, "stamp": -1, "row_px": np.nan, "col_px": np.nan, "sensor": 0}
"""Where a table has no such column."""
ROWS_AT_ONCE = 50_000
REMEDY = f"give a CSV table with the columns {', '.join(NEEDED)}: frame number, metres, height of the head"


def write_people(path: Path, people: People, fps: float) -> None:
    """Writes a row for each person who is sure to be one."""
    people = people.certain()
    table = people.to_frame(fps)
    with whole_file(path) as temporary:
        columns = {name: table[name].to_numpy() for name in COLUMNS} | {"time": times(people.frame, fps)}
        text = cells(list(columns.values()), ",")
        temporary.write_text(",".join(COLUMNS) + "\n" + text, encoding="utf-8")


def people_batches(path: Path, first_frame: int = 0, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[Batch]:
    """The people of a table from a frame on; frames without a row are empty. Only some rows are in memory.

    Raises InputError where the file cannot be read, or its frames are not in order.
    """
    kept, at = nobody(), first_frame
    with told(path, "table of people", REMEDY):
        tables = pandas().read_csv(path, chunksize=rows_at_once)
    with tables:
        while True:
            with told(path, "table of people", REMEDY):
                table = next(tables, None)
            if table is None:
                break
            with told(path, "table of people", REMEDY):
                if missing := set(NEEDED).difference(table.columns):
                    raise ValueError(f"no column {', '.join(sorted(missing))}")
                found = _people(path, table)
            found = found.where(found.frame >= first_frame)
            if len(kept) and len(found) and found.frame[0] < kept.frame[-1]:
                raise InputError(f"the rows of {path} are not in the order of their frames; sort them by frame")
            kept = concatenated([kept, found])
            # Of the last frame, more rows may come.
            last = int(kept.frame[-1]) if len(kept) else at
            whole = kept.frame < last
            if last > at:
                yield Batch(at, last, kept.where(whole))
                kept, at = kept.where(~whole), last
    if len(kept):
        yield Batch(at, int(kept.frame[-1]) + 1, kept)


def frame_rate(path: Path) -> float | None:
    """What times beside frame numbers say; None where there are none."""
    with told(path, "table of people", REMEDY):
        table = pandas().read_csv(path, nrows=ROWS_AT_ONCE)
        if "time" not in table or "frame" not in table:
            return None
        known = table[(table["frame"] > 0) & (table["time"] > 0)]
        if len(known) == 0:
            return None
        last = known.iloc[-1]
        return rate(int(last["frame"]), float(last["time"]))


def _people(path: Path, table: Any) -> People:
    """Rows of a pandas table."""
    for name, value in OTHERWISE.items():
        if name not in table:
            table[name] = value
    if (table["frame"] % 1 != 0).any():
        raise InputError(f"frames are whole numbers, {path} has others; number them from 0")
    if table[["stamp", "sensor"]].isna().any(axis=None):
        raise ValueError("a stamp or sensor is missing in a row")
    whole = {name: table[name].to_numpy(np.int64) for name in ("frame", "stamp", "sensor")}
    real = {name: table[name].to_numpy(np.float64) for name in ("x", "y", "z", "score", "row_px", "col_px")}
    try:
        return People(
            whole["frame"],
            real["x"],
            real["y"],
            real["z"],
            real["score"].astype(np.float32),
            whole["stamp"],
            real["col_px"].astype(np.float32),
            real["row_px"].astype(np.float32),
            whole["sensor"],
            np.ones(len(table), bool),
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
