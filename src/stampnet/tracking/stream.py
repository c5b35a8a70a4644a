"""Batches of frames to a file of trajectories that grows with them; it may be cut off at any moment and go on.

Beside the output lies its state, written whole after each batch: how many frames are done, how long the output was
then, and the tracks that may go on. To go on means to cut the output back to that length, and to read on from that
frame: so no frame is lost or counted twice, and the output is that of a run that was not cut off.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from stampnet.archive import arrays_of
from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.tracking.config import TrackingConfig
from stampnet.tracking.files.by_suffix import GROWING, WHOLE, read_trajectories, refuse_unknown
from stampnet.tracking.open_tracks import OpenTracks
from stampnet.tracking.people import People
from stampnet.tracking.tally import SPEED_STEP_M_S, inside_of, median_place
from stampnet.tracking.trajectories import Trajectories, by_person, joined

FORMAT = 3
"""Of the state file."""


class Batch(NamedTuple):
    """The people of some frames that follow each other."""

    first_frame: int
    last_frame: int
    """One beyond the last."""
    people: People


Batches = Callable[[int], Iterator[Batch]]
"""The batches from a frame on."""


@dataclass(frozen=True)
class Summary:
    """What a stream has come to, with what it had before it was cut off."""

    num_frames: int
    num_heads: int
    num_tracks: int
    median_length_s: float | None
    """Of the tracks; None where there is none."""
    median_speed_m_s: float | None
    num_outside: int
    """Rows outside the walkable area."""


def state_path(out: Path) -> Path:
    """Where the state of an output lies.

    >>> state_path(Path("tracks.txt")).name
    'tracks.txt.state.npz'
    """
    return out.with_name(f"{out.name}.state.npz")


def track_stream(
    batches_from: Batches,
    out: Path,
    config: TrackingConfig,
    *,
    made_of: Mapping[str, str],
    area_wkt: str | None = None,
    keep_state: bool = False,
    anew: bool = False,
) -> Summary:
    """Tracks the people of all batches and writes them to `out`, in the format of its suffix.

    `batches_from` gives the batches from a frame on: from 0, or from where an earlier run was cut off. `made_of` names
    what these come from; a state that was made of something else, or with another `config` or area, is refused. The
    state is removed when the end is reached, unless it is kept for an input that may still grow. With `anew`, what an
    earlier run left to go on from is not looked at.

    Raises InputError where the state is damaged or of something else, and whatever the batches raise; where the first
    batch does, nothing that was written earlier is lost.
    """
    refuse_unknown(out)
    what = {"format": FORMAT, "made of": dict(made_of), "config": asdict(config), "area": area_wkt}
    identity = json.dumps(what, sort_keys=True)
    # Formats that are written whole come from a table that grows.
    rows_path = out if out.suffix.lower() in GROWING else out.with_name(f"{out.name}.rows.csv")
    kind = GROWING[rows_path.suffix.lower()]
    fps = config.linking.fps
    inside = None if area_wkt is None else inside_of(area_wkt)
    tracks, state = OpenTracks(config, inside), state_path(out)
    next_frame, length, num_heads = (0, 0, 0) if anew else _restored(state, identity, tracks, rows_path)
    batches = _in_order(batches_from(next_frame), next_frame)
    # Taken before the output is cut back: a source that is missing or does not fit must not cost what is there.
    first = list(islice(batches, 1))
    if anew:
        state.unlink(missing_ok=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    with rows_path.open("r+b" if length else "wb") as file:
        file.truncate(length)
        file.seek(length)
        if length == 0:
            file.write(kind.header(fps).encode())
        for batch in chain(first, batches):
            for frame, people in _frames(batch):
                file.write(kind.lines(tracks.advance(people, frame), fps).encode())
            next_frame, num_heads = batch.last_frame, num_heads + int(batch.people.sure.sum())
            _flush(file)
            _save(state, identity, tracks, (next_frame, file.tell(), num_heads))
        # Not in the state: the tracks may go on if the input does.
        file.write(kind.lines(tracks.close(), fps).encode())
        _flush(file)
    if rows_path != out:
        rows, _ = read_trajectories(rows_path)
        WHOLE[out.suffix.lower()](out, by_person(rows), fps, area_wkt)
    if not keep_state:
        state.unlink(missing_ok=True)
        if rows_path != out:
            rows_path.unlink()
    return _summary(tracks, fps, next_frame, num_heads)


def track_people(people: People, num_frames: int, config: TrackingConfig) -> Trajectories:
    """The trajectories of people that are all known."""
    tracks = OpenTracks(config)
    whole = _in_order(iter([Batch(0, num_frames, people)]), 0)
    parts = [tracks.advance(found, frame) for batch in whole for frame, found in _frames(batch)]
    return joined([*parts, tracks.close()])


def _in_order(batches: Iterator[Batch], next_frame: int) -> Iterator[Batch]:
    """The batches.

    Raises InputError where one does not follow the one before it, or its people are of other frames.
    """
    for batch in batches:
        first, last, people = batch
        if first != next_frame:
            raise InputError(f"frame {next_frame} was expected, frame {first} came; give all frames in order")
        if len(people) and not (first <= people.frame[0] and people.frame[-1] < last):
            raise InputError(
                f"people of frames {people.frame[0]} to {people.frame[-1]} came with frames {first} to {last - 1}; "
                "number them as the recording does"
            )
        yield batch
        next_frame = last


def _frames(batch: Batch) -> Iterator[tuple[int, People]]:
    """Each frame with its people."""
    first, last, people = batch
    ends = np.searchsorted(people.frame, np.arange(first, last + 1))
    for frame, (low, high) in zip(range(first, last), pairwise(ends.tolist()), strict=True):
        yield frame, people.part(low, high)


def _flush(file: BinaryIO) -> None:
    """To the disk: the state must not know of rows that a power cut takes away."""
    file.flush()
    os.fsync(file.fileno())


def _save(state: Path, identity: str, tracks: OpenTracks, place: tuple[int, int, int]) -> None:
    arrays: dict[str, Any] = {"identity": np.array(identity), "place": np.array(place)} | tracks.to_arrays()
    with whole_file(state) as temporary:
        np.savez(temporary, **arrays)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())


def _restored(state: Path, identity: str, tracks: OpenTracks, rows_path: Path) -> tuple[int, int, int]:
    """The next frame, the length of the output before it, and the number of people in it."""
    if not state.exists():
        return 0, 0, 0
    with arrays_of(state, "give --anew to begin anew") as stored:
        is_same = str(stored["identity"]) == identity
        if is_same:
            next_frame, length, num_heads = stored["place"].tolist()
            tracks.restore(stored)
    if not is_same:
        raise InputError(
            f"{state} was left by a run with other settings or another recording; "
            "give the same ones to go on, or --anew to begin anew"
        )
    if not rows_path.exists() or rows_path.stat().st_size < length:
        raise InputError(f"{rows_path} is shorter than {state} says; give --anew to begin anew")
    return next_frame, length, num_heads


def _summary(tracks: OpenTracks, fps: float, num_frames: int, num_heads: int) -> Summary:
    length, speed = median_place(tracks.tally.lengths), median_place(tracks.tally.speeds)
    return Summary(
        num_frames,
        num_heads,
        int(tracks.tally.lengths.sum()),
        None if length is None else length / fps,
        None if speed is None else speed * SPEED_STEP_M_S,
        tracks.tally.num_outside,
    )
