"""A table of true heads to what results are compared with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, Int64

from stampnet.tracking.files.rows_text import pandas, told

REMEDY = (
    "give a CSV table with the columns frame, x, y, id where people are followed, and counted (0 or 1) where some need "
    "not be found: frame number, metres"
)


@dataclass(frozen=True)
class Heads:
    """Where heads are, true or found: one row for each person in each frame."""

    frame: Int64[np.ndarray, " R"]
    xy_m: Float64[np.ndarray, "R 2"]
    id: Int64[np.ndarray, " R"] | None
    """Who is who; None where that is not known."""

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, chosen: Bool[np.ndarray, " R"] | Int64[np.ndarray, " K"]) -> "Heads":
        """Some of the heads: those that are chosen, or the rows."""
        return Heads(self.frame[chosen], self.xy_m[chosen], None if self.id is None else self.id[chosen])


def read_truth(path: Path) -> tuple[Heads, Heads]:
    """The true heads of a table, and those that do not count: their `counted` is 0.

    Raises InputError where it cannot be read.
    """
    with told(path, "table of true heads", REMEDY):
        table = pandas().read_csv(path)
        if missing := {"frame", "x", "y"}.difference(table.columns):
            raise ValueError(f"no column {', '.join(sorted(missing))}")
        xy_m = table[["x", "y"]].to_numpy(np.float64)
        if not np.isfinite(xy_m).all():
            raise ValueError("a position is not finite")
        number = table["id"].to_numpy(np.int64) if "id" in table else None
        counted = table["counted"].to_numpy(np.int64) != 0 if "counted" in table else np.ones(len(table), bool)
        heads = Heads(table["frame"].to_numpy(np.int64), xy_m, number)
        return heads.where(counted), heads.where(~counted)
