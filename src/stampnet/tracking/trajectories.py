"""Trajectories as one table: what all files of trajectories are made from, and read back to."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float64, Int64


@dataclass(frozen=True)
class Trajectories:
    """The R rows of some trajectories: one for each person in each frame in which the person was seen. SI units."""

    id: Int64[np.ndarray, " R"]
    """Of the person, from 1."""
    frame: Int64[np.ndarray, " R"]
    x_m: Float64[np.ndarray, " R"]
    y_m: Float64[np.ndarray, " R"]
    z_m: Float64[np.ndarray, " R"]
    """As found: where the top of the head is."""
    smooth_x_m: Float64[np.ndarray, " R"]
    smooth_y_m: Float64[np.ndarray, " R"]
    vx_m_s: Float64[np.ndarray, " R"]
    vy_m_s: Float64[np.ndarray, " R"]
    """Velocities are NaN where a track has a single row."""
    score: Float64[np.ndarray, " R"]
    stamp: Int64[np.ndarray, " R"]

    def __len__(self) -> int:
        return len(self.id)

    def where(self, chosen: Bool[np.ndarray, " R"] | Int64[np.ndarray, " S"]) -> "Trajectories":
        """Some rows, or rows in another order."""
        return Trajectories(*(getattr(self, one.name)[chosen] for one in fields(self)))


def no_trajectories() -> Trajectories:
    """A table without rows."""
    return Trajectories(
        *(np.zeros(0, np.int64 if one.name in ("id", "frame", "stamp") else np.float64) for one in fields(Trajectories))
    )


NOTHING = no_trajectories()


def joined(parts: Sequence[Trajectories]) -> Trajectories:
    """The rows of several tables, one after the other.

    >>> len(joined([no_trajectories(), no_trajectories()]))
    0
    """
    parts = [part for part in parts if len(part)]
    if not parts:
        return NOTHING
    return Trajectories(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Trajectories)))


def by_person(rows: Trajectories) -> Trajectories:
    """The same rows, person after person, each in the order of frames."""
    return rows.where(np.lexsort((rows.frame, rows.id)))
