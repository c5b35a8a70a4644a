"""Depth frames and a finder of heads, or a table of people, to batches that can be tracked."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from stampnet.data.depth_frames import frames_per_second, moments, num_moments
from stampnet.errors import InputError
from stampnet.progress import tracked
from stampnet.tracking.files.rows_text import told
from stampnet.tracking.people import People
from stampnet.tracking.people_file import frame_rate
from stampnet.tracking.stream import Batch, Batches
from stampnet.tracking.tally import inside_of

Localize = Callable[[UInt16[np.ndarray, "T S H W"], int], People]
"""Depth in millimetres and the number of the first frame to people. What it finds in a frame must not depend on which
frames come along, or a run that was cut off goes on differently."""

TOLERANCE = 0.01
"""By how much a frame rate may differ from what the file says: times have few digits."""
OF_A_RUN = (
    "config.yaml",
    "model.json",
    "model.safetensors",
    "names.yaml",
    "camera.yaml",
    "site.yaml",
    "depth-background.npy",
)
"""The files of a run folder that tell who is found; reports and what was found are left out."""


def localized(
    localize: Localize, frames: Sequence[Path], follow_s: float | None = None, *, show_progress: bool = False
) -> Batches:
    """The people in depth frames, from a frame on; with `follow_s`, of files that may still grow.

    Several sensors have a source each, of the same moments; what one of them lacks at the end is left out.
    """

    def batches(first_frame: int) -> Iterator[Batch]:
        some = moments(frames, first_frame, follow_s=follow_s)
        # To count them is to open each source once more, so only for who sees the bar.
        total = num_moments(frames) - first_frame if show_progress and follow_s is None else None
        bar = tracked(some, "finding people", total=total, worth=lambda one: len(one[1]), show=show_progress)
        for first, depth_mm in bar:
            yield Batch(first, first + len(depth_mm), localize(depth_mm, first))

    return batches


def frame_rate_of(path: Path, given: float | None, *, is_table: bool) -> float:
    """The frame rate of depth frames or of a table of people: what was given, else what the file says.

    Raises InputError where neither is known, or they differ.
    """
    if given is not None and not given > 0:
        raise InputError(f"--fps is {given:g}; give the frames of a second, a positive number")
    said = frame_rate(path) if is_table else frames_per_second(path)
    if said is None and given is None:
        raise InputError(f"{path} does not say how many frames a second has; give --fps")
    if said is not None and given is not None and abs(said - given) > TOLERANCE * given:
        raise InputError(f"{path} has {said:g} frames per second, --fps is {given:g}; leave it out")
    return float(given if given is not None else said)  # type: ignore[arg-type]


def read_area(path: Path) -> str:
    """The text of a file with a walkable area, a polygon in WKT.

    Raises InputError where it cannot be read or is none.
    """
    with told(path, "walkable area", "give a text file with a polygon in WKT, in metres"):
        text = path.read_text(encoding="utf-8").strip()
        inside_of(text)
        return text


def mark_of(path: Path) -> str:
    """What tells whether a file, or a folder of pictures, is the one that an earlier run was given."""
    pictures = sorted(file for file in path.glob("*") if file.suffix.lower() == ".png")
    return _mark(path, pictures if path.is_dir() else [path])


def mark_of_run(folder: Path) -> str:
    """What tells whether a run folder would still find the same people."""
    return _mark(folder, [folder / name for name in OF_A_RUN])


def _mark(path: Path, files: Sequence[Path]) -> str:
    """The path, and a digest of the sizes and times of its files: of pictures there may be many."""
    told = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()]
    return f"{path.resolve()} {sha256(repr(told).encode()).hexdigest()}"
