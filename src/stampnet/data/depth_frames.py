"""Files of depth frames, finished or still growing, to arrays of millimetres, a few frames at a time.

| source | holds | may grow |
| --- | --- | --- |
| `.npy` | uint16 (frames, rows, columns), C order | yes: its size tells the whole frames, its header may say 0 |
| `.h5`, `.hdf5` | dataset `depth`, chunked along frames; attribute `fps` | yes, in SWMR mode: the dataset tells them |
| folder | 16-bit PNG, in the order of the numbers in their names | yes: a picture is whole when it ends as PNG do |
| `.npz` | array `depth` or `depth_mm`, as in `.npy`; `fps` | no |
| `.tif`, `.tiff` | 16-bit pages | no |

0 is a pixel that was not measured.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from stampnet.data.depth_sources import DepthSource, opened
from stampnet.errors import InputError

AT_ONCE = 64
"""Frames that are given together, at most."""
BYTES_AT_ONCE = 2**26
"""64 MB; of large frames, fewer are given together."""
PAUSE_S = 0.05
"""Between two looks at a file that has not grown."""


def depth_frames(
    path: Path, first_frame: int = 0, *, follow_s: float | None = None, at_once: int = AT_ONCE
) -> Iterator[tuple[int, UInt16[np.ndarray, "T H W"]]]:
    """The frames of a source from `first_frame` on: the number of the first, and up to `at_once` of them, in mm.

    With `follow_s` the source may still be growing; it ends when it has not grown for so many seconds. Without, it is
    what it is now. No more than 64 MB are in memory, or one frame.

    Raises InputError where the source cannot be read, is damaged, or has fewer frames than `first_frame`.
    """
    with opened(path, is_growing=follow_s is not None) as source:
        at, seen = first_frame, time.monotonic()
        while True:
            whole = source.num_frames()
            while at < whole:
                last = min(whole, at + min(at_once, _fitting(source)))
                yield at, source.read(at, last)
                at, seen = last, time.monotonic()
            if follow_s is None or time.monotonic() - seen >= follow_s:
                if whole < first_frame:
                    raise InputError(
                        f"{path} has {whole} frames, fewer than the {first_frame} that were read before; "
                        "give the same recording, or another output"
                    )
                return
            time.sleep(min(PAUSE_S, follow_s))


def moments(
    paths: Sequence[Path], first_frame: int = 0, *, follow_s: float | None = None
) -> Iterator[tuple[int, UInt16[np.ndarray, "T S H W"]]]:
    """The frames of several sources side by side, see `depth_frames`, as far as all of them have some.

    Raises InputError where a source cannot be read, or their frames have unlike sizes.
    """
    sources = [depth_frames(path, first_frame, follow_s=follow_s) for path in paths]
    waiting: list[UInt16[np.ndarray, "T H W"] | None] = [None] * len(sources)
    while True:
        waiting = [
            one if one is not None and len(one) else next(more, (0, None))[1]
            for one, more in zip(waiting, sources, strict=True)
        ]
        ready = [one for one in waiting if one is not None]
        if len(ready) < len(sources):
            return
        if len({one.shape[1:] for one in ready}) > 1:
            sizes = ", ".join(f"{path} {one.shape[1:]}" for path, one in zip(paths, ready, strict=True))
            raise InputError(f"the sources have frames of unlike sizes: {sizes}; give sensors of one size")
        together = min(map(len, ready))
        yield first_frame, np.stack([one[:together] for one in ready], axis=1)
        waiting = [one[together:] for one in ready]
        first_frame += together


def num_moments(paths: Sequence[Path]) -> int:
    """How many frames all of the sources have by now.

    Raises InputError where a source cannot be read.
    """
    return min(_num_frames(path) for path in paths)


def _num_frames(path: Path) -> int:
    with opened(path, is_growing=True) as source:
        return source.num_frames()


def frames_per_second(path: Path) -> float | None:
    """What the source itself says; None where it says nothing.

    Raises InputError where the source cannot be read.
    """
    with opened(path, is_growing=True) as source:
        fps = source.fps()
        if fps is not None and not 0 < fps <= 10_000:
            raise InputError(f"{path} says that it has {fps:g} frames per second; give the true number")
        return fps


def _fitting(source: DepthSource) -> int:
    height, width = source.size_px()
    return max(1, BYTES_AT_ONCE // (2 * height * width))
