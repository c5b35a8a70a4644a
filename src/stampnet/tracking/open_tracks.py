"""Linked people, frame by frame, to the rows of trajectories as soon as these are certain; memory is bounded.

A track is written when it has ended. One that becomes long is written in parts: all rows but the last, which smoothing
still needs, are certain by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from stampnet.tracking.config import TrackingConfig
from stampnet.tracking.linking import link_frame
from stampnet.tracking.live import Live, nothing_live
from stampnet.tracking.people import People
from stampnet.tracking.smoothing import smooth
from stampnet.tracking.tally import Inside, Tally, counted, empty_tally
from stampnet.tracking.trajectories import NOTHING, Trajectories, joined

LONG = 512
"""Rows beyond those that smoothing needs; of a longer track, rows are written while it goes on."""

Row = tuple[int | float, ...]
"""frame, x, y, z, score, stamp: where a person was found."""


@dataclass
class Track:
    """One that may go on: its last rows, and how much of it is written."""

    rows: list[Row] = field(default_factory=list)
    num_written: int = 0
    """Of `rows`; they are kept for smoothing."""
    id: int = 0
    """0 until something is written."""
    num_gone: int = 0
    """Rows that are not kept any more."""
    num_found: int = 0
    """How often the person was found; rows of frames between do not count."""


def between(before: Row, after: Row) -> list[Row]:
    """Rows of the frames in which a person was missed, on a straight line.

    >>> between((3, 1.0, 0.0, 1.7, 0.9, 2), (5, 2.0, 0.0, 1.7, 0.9, 2))
    [(4, 1.5, 0.0, 1.7, 0.0, -1)]
    """
    first, last = int(before[0]), int(after[0])
    rows = []
    for frame in range(first + 1, last):
        part = (frame - first) / (last - first)
        place = (start + part * (end - start) for start, end in zip(before[1:4], after[1:4], strict=True))
        rows.append((frame, *place, 0.0, -1))
    return rows


class OpenTracks:
    """The tracks that may go on; `advance` changes them, frame after frame."""

    def __init__(self, config: TrackingConfig, inside: Inside | None = None) -> None:
        self.config = config
        self.inside = inside
        self.tally: Tally = empty_tally()
        self.live: Live = nothing_live()
        self.next_number = 0
        self.next_id = 1
        self.tracks: dict[int, Track] = {}

    def advance(self, people: People, frame: int) -> Trajectories:
        """Takes the people of the next frame, perhaps nobody; returns the rows that have become certain."""
        xyz_m = np.stack([people.x_m, people.y_m, people.z_m], axis=1)
        linked = link_frame(self.live, xyz_m, people.sure, frame, self.next_number, self.config.linking)
        self.live = linked.live
        self.next_number = max(self.next_number, int(linked.number.max(initial=-1)) + 1)
        certain = [self._written(self.tracks.pop(number), is_over=True) for number in linked.ended.tolist()]
        for new, old in linked.recognized.items():
            self._append(old, self.tracks.pop(new))
        columns = (people.frame, people.x_m, people.y_m, people.z_m, people.score, people.stamp)
        for number, *row in zip(linked.number.tolist(), *(column.tolist() for column in columns), strict=True):
            if number < 0:
                continue
            track = self._append(number, Track([tuple(row)], num_found=1))
            if len(track.rows) >= max(LONG, self.config.least_rows) + 4 * max(1, self.config.smoothing.window):
                certain.append(self._written(track, is_over=False))
        return joined(certain)

    def _append(self, number: int, more: Track) -> Track:
        """The track with one at its end of which nothing is written, and rows of frames between, if wanted."""
        track = self.tracks.setdefault(number, Track())
        if self.config.fill_gaps and track.rows:
            track.rows += between(track.rows[-1], more.rows[0])
        track.rows += more.rows
        track.num_found += more.num_found
        return track

    def close(self) -> Trajectories:
        """The rows of all tracks that may have gone on."""
        certain = [self._written(self.tracks[number], is_over=True) for number in sorted(self.tracks)]
        self.tracks = {}
        self.live = nothing_live()
        return joined(certain)

    def _written(self, track: Track, *, is_over: bool) -> Trajectories:
        """The rows of a track that are certain and were not written before."""
        config = self.config
        if track.id == 0:
            if track.num_found < config.least_rows:
                return NOTHING
            track.id, self.next_id = self.next_id, self.next_id + 1
        context = max(1, config.smoothing.window)
        upto = len(track.rows) - (0 if is_over else context)
        frame, x, y, z, score, stamp = np.array(track.rows).T
        frame, stamp = frame.astype(np.int64), stamp.astype(np.int64)
        smooth_xy, velocity = smooth(frame, np.stack([x, y], axis=1), config.linking.fps, config.smoothing)
        new = slice(track.num_written, upto)
        rows = Trajectories(
            np.full(upto - track.num_written, track.id),
            frame[new],
            x[new],
            y[new],
            z[new],
            smooth_xy[new, 0],
            smooth_xy[new, 1],
            velocity[new, 0],
            velocity[new, 1],
            score[new],
            stamp[new],
        )
        lengths = [track.num_gone + len(track.rows)] if is_over else []
        self.tally = counted(self.tally, rows, lengths, self.inside)
        kept = max(0, upto - context)
        track.rows, track.num_written, track.num_gone = track.rows[kept:], upto - kept, track.num_gone + kept
        return rows

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All that is known, for a file."""
        numbers = sorted(self.tracks)
        tracks = [self.tracks[number] for number in numbers]
        known = {f"live_{one.name}": getattr(self.live, one.name) for one in fields(Live)}
        return known | {
            "next": np.array([self.next_number, self.next_id]),
            "number": np.array(numbers, np.int64),
            "id": np.array([track.id for track in tracks], np.int64),
            "num_gone": np.array([track.num_gone for track in tracks], np.int64),
            "num_found": np.array([track.num_found for track in tracks], np.int64),
            "num_written": np.array([track.num_written for track in tracks], np.int64),
            "num_rows": np.array([len(track.rows) for track in tracks], np.int64),
            "lengths": self.tally.lengths,
            "speeds": self.tally.speeds,
            "num_outside": np.array(self.tally.num_outside),
            "rows": np.array([row for track in tracks for row in track.rows], np.float64).reshape(-1, 6),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Makes everything as it was for `to_arrays`. Raises whatever broken arrays raise."""
        self.live = Live(*(arrays[f"live_{one.name}"] for one in fields(Live)))
        self.next_number, self.next_id = arrays["next"].tolist()
        parts = np.split(arrays["rows"], np.cumsum(arrays["num_rows"])[:-1]) if len(arrays["num_rows"]) else []
        columns = (arrays[name].tolist() for name in ("number", "num_written", "id", "num_gone", "num_found"))
        self.tracks = {
            number: Track([tuple(row) for row in part.tolist()], *numbers)
            for part, number, *numbers in zip(parts, *columns, strict=True)
        }
        self.tally = Tally(arrays["lengths"], arrays["speeds"], int(arrays["num_outside"]))
