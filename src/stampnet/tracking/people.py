"""People in frames to one table: where each head is on the ground, in metres."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from stampnet.errors import InputError
from stampnet.tracking.files.rows_text import pandas

RADIUS_M = 1e5
"""No position is further from the ground's origin; what is comes from a broken sensor or a wrong unit."""


@dataclass(frozen=True)
class People:
    """The P people found in some frames, one row for each person in each frame, in the order of the frames."""

    frame: Int64[np.ndarray, " P"]
    """Number of the frame in its recording, from 0."""
    x_m: Float64[np.ndarray, " P"]
    y_m: Float64[np.ndarray, " P"]
    """Where the top of the head is, on the ground."""
    z_m: Float64[np.ndarray, " P"]
    """How high the top of the head is above the ground."""
    score: Float32[np.ndarray, " P"]
    """How sure the finder is, in [0, 1]."""
    stamp: Int64[np.ndarray, " P"]
    """The stamp that a person was found by; -1 where none was used."""
    column_px: Float32[np.ndarray, " P"]
    row_px: Float32[np.ndarray, " P"]
    """Where the head is in the sensor's image."""
    sensor: Int64[np.ndarray, " P"]
    """Number of the camera in the camera file, from 0."""
    sure: Bool[np.ndarray, " P"]
    """Whether there is somebody, by this frame alone; else there is if somebody is missed about there."""

    def __post_init__(self) -> None:
        if len(self) == 0:
            return
        if self.frame[0] < 0 or (np.diff(self.frame) < 0).any():
            raise InputError(
                "people must be in the order of their frames, which are numbered from 0; sort them by frame"
            )
        for name in ("x_m", "y_m", "z_m"):
            values = getattr(self, name)
            if not (np.abs(values) <= RADIUS_M).all():  # so that NaN is refused, too
                wrong = values[~(np.abs(values) <= RADIUS_M)][0]
                raise InputError(f"{name} is {wrong:g} metres for one person; positions are finite numbers of metres")

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, chosen: Bool[np.ndarray, " P"]) -> "People":
        """Some of the people."""
        return People(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})

    def certain(self) -> "People":
        """Those who are sure."""
        return self.where(self.sure)

    def part(self, first: int, last: int) -> "People":
        """Rows `first` to `last` - 1."""
        return People(**{one.name: getattr(self, one.name)[first:last] for one in fields(self)})

    def to_frame(self, fps: float) -> Any:
        """The same as a pandas table; `time` is in seconds.

        >>> nobody().to_frame(fps=15.0).columns.tolist()
        ['frame', 'time', 'x', 'y', 'z', 'score', 'stamp', 'row_px', 'col_px', 'sensor']
        """
        return pandas().DataFrame(
            {
                "frame": self.frame,
                "time": self.frame / fps,
                "x": self.x_m,
                "y": self.y_m,
                "z": self.z_m,
                "score": self.score,
                "stamp": self.stamp,
                "row_px": self.row_px,
                "col_px": self.column_px,
                "sensor": self.sensor,
            }
        )


def nobody() -> People:
    """The people of empty frames.

    >>> len(nobody())
    0
    """
    whole, real, short = (np.zeros(0, kind) for kind in (np.int64, np.float64, np.float32))
    return People(whole, real, real, real, short, whole, short, short, whole, np.zeros(0, bool))


def concatenated(parts: Sequence[People]) -> People:
    """The people of several parts of a recording, or of several sensors, in the order of their frames.

    >>> len(concatenated([nobody(), nobody()]))
    0
    """
    parts = parts or [nobody()]
    together = {one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(People)}
    order = np.argsort(together["frame"], kind="stable")  # sensors of one frame stay in the order that was given
    return People(**{name: values[order] for name, values in together.items()})
