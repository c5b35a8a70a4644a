"""A recipe to a clip: successive frames of one camera, in which every person keeps one track."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import pi
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from stampnet.data.overhead_depth.anthropometry import Bodies, draw_bodies, joined_bodies
from stampnet.data.overhead_depth.belongings import Belongings, draw_belongings, joined_belongings, things_of
from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.motion import Street, Walkers
from stampnet.data.overhead_depth.people import Poses, Thing
from stampnet.data.overhead_depth.pictures import Pictures, pictures_of
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.processes import check_workers, in_processes
from stampnet.data.overhead_depth.render import Rendered, render
from stampnet.data.overhead_depth.shapes import Shapes
from stampnet.data.overhead_depth.site import Site, frame_site
from stampnet.data.overhead_depth.still import BOB_M, CLIPS, SPLITS, YAW_SWING, check_common, footprint
from stampnet.errors import InputError

FPS = (15, 25, 30)
CLOCK_S, DROPPED = 0.003, 0.002
"""Jitter of the sensor's clock, and the share of frames that it loses."""
FRAMES_AT_ONCE = 50
"""That a process is asked for."""
FREE_SPEED = 1.3
"""Metres per second at which arms and legs swing fully."""


@dataclass(frozen=True, kw_only=True)
class ClipRecipe:
    """What to generate. The same recipe gives the same clip."""

    num_images: int
    """Frames."""
    camera: str = "glow"
    density: float = 0.3
    """Persons per square metre."""
    fps: int = 30
    split: str = "train"
    seed: int = 0
    num_workers: int = 1
    """Processes that render; their number changes nothing in the frames."""

    def __post_init__(self) -> None:
        check_common(self.num_images, self.split, self.seed, self.density)
        check_workers(self.num_workers)
        if self.fps not in FPS:
            raise InputError(f"fps must be one of {', '.join(map(str, FPS))}, got {self.fps}")


class _Cast(NamedTuple):
    """Everybody of a clip, by track."""

    bodies: list[Bodies]
    belongings: list[Belongings]


def make_clip(recipe: ClipRecipe) -> tuple[Pictures, Camera]:
    """The frames, with times and tracks, and the camera that saw them."""
    rng = np.random.default_rng([recipe.seed, SPLITS[recipe.split], CLIPS])
    looks_down = preset(recipe.camera)
    site = frame_site(rng, looks_down)
    low, high = footprint(site)
    street = Street(site, low, high, recipe.density, recipe.camera == "glow", rng)
    cast = _Cast([], [])
    frames, times, things = [], [], []
    for number in range(recipe.num_images + int(10 + 0.02 * recipe.num_images)):
        late = float(rng.uniform(-CLOCK_S, CLOCK_S))
        if rng.random() >= DROPPED:
            frames.append(number)
            times.append(number / recipe.fps + late)
            things.append(_things(rng, street.walkers, cast, late))
        if len(frames) == recipe.num_images:
            break
        street.pass_time(1 / recipe.fps)
    shapes = [[thing.shapes for thing in present] for present in things]
    parts = in_processes(partial(_render, site), shapes, recipe.num_workers, at_most=FRAMES_AT_ONCE)
    seen = [frame for part in parts for frame in part]
    known = {"mode": "clip", "placement": "uniform", "site": 0}
    pictures = pictures_of(rng, site, things, seen, 0, known)
    clock = {"fps": np.array(recipe.fps), "frame": np.array(frames), "time_s": np.array(times)}
    return replace(pictures, times=clock), site.camera


def _render(site: Site, frames: Sequence[Sequence[Shapes]]) -> list[Rendered]:
    return [render(site.camera, things, site.background, site.cut_m) for things in frames]


def _things(rng: np.random.Generator, walkers: Walkers, cast: _Cast, late: float) -> list[Thing]:
    """Who is there at a moment, so many seconds after that of the walkers."""
    for _ in range(len(cast.bodies), walkers.track.max(initial=-1) + 1):
        cast.bodies.append(draw_bodies(rng, 1))
        cast.belongings.append(draw_belongings(rng, 1, cast.bodies[-1].is_child))
    if not len(walkers):
        return []
    bodies = joined_bodies([cast.bodies[track] for track in walkers.track.tolist()])
    belongings = joined_belongings([cast.belongings[track] for track in walkers.track.tolist()])
    poses = _poses(walkers, late, bodies.head_ahead)
    return things_of(bodies, belongings, poses, walkers.track)


def _poses(walkers: Walkers, late: float, head_ahead: Float64[np.ndarray, " P"]) -> Poses:
    velocity, phase = walkers.velocity, walkers.phase
    pace = np.minimum(1.0, np.hypot(velocity[:, 0], velocity[:, 1]) / FREE_SPEED)
    yaw = walkers.yaw + walkers.yaw_noise + YAW_SWING * pace * np.sin(phase)
    side = np.stack([np.sin(walkers.yaw), -np.cos(walkers.yaw)], -1)
    sway = pace * walkers.sway * np.cos(phase)
    head = walkers.xy + late * velocity + sway[:, None] * side
    middle = head - head_ahead[:, None] * np.stack([np.cos(yaw), np.sin(yaw)], -1)
    yaw = (yaw + pi) % (2 * pi) - pi
    return Poses(middle, yaw, phase % (2 * pi), swing=pace, rise=BOB_M * pace * np.cos(2 * phase))
