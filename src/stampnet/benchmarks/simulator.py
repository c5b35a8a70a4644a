"""Kinds of overhead depth maps to how fast the simulator makes them, on all cores and in processor time."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console

from stampnet.benchmarks.record import Measured
from stampnet.data.overhead_depth.clip import ClipRecipe, make_clip
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.processes import num_cores
from stampnet.report.page import Table

NUM_CROPS, NUM_FRAMES = 11_000, 900
"""As many crops as the paper had; a clip of a minute, so that it does not matter how long processes take to begin."""
CLIPS = (("glow", 0.5), ("glow", 1.0), ("glow", 2.0), ("glow", 3.0), ("gotpd", 0.5))
"""Cameras, and persons per square metre."""
CROPS = {"crops, single, groups and crowds": None, "crops, single people": "single"}
"""Names of modes."""
HEADER = ("images", "number", "seconds", "images per second", "processor ms an image")


@dataclass(frozen=True)
class _Kind:
    name: str
    number: int
    make: Callable[[], object]


def simulator_table(
    num_crops: int = NUM_CROPS,
    num_frames: int = NUM_FRAMES,
    clips: tuple[tuple[str, float], ...] = CLIPS,
    num_workers: int | None = None,
) -> Measured:
    """One row for each kind of image, made by so many processes, by default one for each core."""
    workers = num_workers or num_cores()
    kinds = [_crops(name, mode, num_crops, workers) for name, mode in CROPS.items()]
    kinds += [_clip(camera, density, num_frames, workers) for camera, density in clips]
    rows = []
    for kind in kinds:
        seconds, of_processors = _time(kind.make)
        row = (
            kind.name,
            str(kind.number),
            f"{seconds:.1f}",
            f"{kind.number / seconds:.0f}",
            f"{1000 * of_processors / kind.number:.1f}",
        )
        Console(stderr=True, highlight=False).print(*row)
        rows.append(row)
    return Measured(
        Table("Speed of the simulator of overhead depth maps", HEADER, tuple(rows)),
        (
            (
                f"In {workers} processes, from their start to the images in memory, with depth, masks and labels; "
                "processor time is that of all of them, and counts what a process needs to start. Clips render in all "
                "processes; motion and sensor are simulated in one."
            ),
        ),
    )


def _crops(name: str, mode: str | None, number: int, workers: int) -> _Kind:
    return _Kind(name, number, lambda: make_crops(CropRecipe(num_images=number, mode=mode, num_workers=workers)))


def _clip(camera: str, density: float, number: int, workers: int) -> _Kind:
    recipe = ClipRecipe(num_images=number, camera=camera, density=density, num_workers=workers)
    return _Kind(f"clip, {camera}, {density:g} per square metre", number, lambda: make_clip(recipe))


def _time(make: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of the processors, children included."""
    start, before = time.perf_counter(), os.times()
    make()
    after = os.times()
    return time.perf_counter() - start, sum(after[:4]) - sum(before[:4])
