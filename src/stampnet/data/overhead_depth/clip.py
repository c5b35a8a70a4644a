"""A recipe to a clip: successive frames of one camera, in which every person keeps one track."""

from dataclasses import dataclass, replace
from math import cos, pi, sin
from typing import NamedTuple

import numpy as np

from stampnet.data.overhead_depth.anthropometry import Bodies, draw_bodies
from stampnet.data.overhead_depth.belongings import Belongings, draw_belongings, things_of
from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.motion import Street, Walkers
from stampnet.data.overhead_depth.people import Pose, Thing
from stampnet.data.overhead_depth.pictures import Pictures, pictures_of
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.render import render
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import BOB_M, CLIPS, SPLITS, YAW_SWING, check_common, footprint
from stampnet.errors import InputError

FPS = (15, 25, 30)
CLOCK_S, DROPPED = 0.003, 0.002
"""Jitter of the sensor's clock, and the share of frames that it loses."""
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

    def __post_init__(self) -> None:
        check_common(self.num_images, self.split, self.seed, self.density)
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
    frames, times, things, seen = [], [], [], []
    for number in range(recipe.num_images + int(10 + 0.02 * recipe.num_images)):
        late = float(rng.uniform(-CLOCK_S, CLOCK_S))
        if rng.random() >= DROPPED:
            present = _things(rng, street.walkers, cast, late)
            frames.append(number)
            times.append(number / recipe.fps + late)
            things.append(present)
            seen.append(render(site.camera, [thing.shapes for thing in present], site.background, site.cut_m))
        if len(frames) == recipe.num_images:
            break
        street.pass_time(1 / recipe.fps)
    known = {"mode": "clip", "placement": "uniform", "site": 0}
    pictures = pictures_of(rng, site, things, seen, 0, known)
    clock = {"fps": np.array(recipe.fps), "frame": np.array(frames), "time_s": np.array(times)}
    return replace(pictures, times=clock), site.camera


def _things(rng: np.random.Generator, walkers: Walkers, cast: _Cast, late: float) -> list[Thing]:
    """Who is there at a moment, so many seconds after that of the walkers."""
    while len(cast.bodies) <= walkers.track.max(initial=-1):
        bodies = draw_bodies(rng, 1)
        cast.bodies.append(bodies)
        cast.belongings.append(draw_belongings(rng, 1, bodies.is_child))
    things = []
    for place, track in enumerate(walkers.track.tolist()):
        bodies, belongings = cast.bodies[track], cast.belongings[track]
        pose = _pose(walkers, place, late, float(bodies.head_ahead[0]))
        things += things_of(bodies, belongings, 0, pose, track)
    return things


def _pose(walkers: Walkers, place: int, late: float, head_ahead: float) -> Pose:
    velocity, phase = walkers.velocity[place], float(walkers.phase[place])
    pace = min(1.0, float(np.hypot(*velocity)) / FREE_SPEED)
    yaw = float(walkers.yaw[place] + walkers.yaw_noise[place]) + YAW_SWING * pace * sin(phase)
    side = np.array([sin(walkers.yaw[place]), -cos(walkers.yaw[place])])
    head = walkers.xy[place] + late * velocity + pace * walkers.sway[place] * cos(phase) * side
    x, y = head - head_ahead * np.array([cos(yaw), sin(yaw)])
    yaw = (yaw + pi) % (2 * pi) - pi
    return Pose(x, y, yaw, phase % (2 * pi), swing=pace, rise=BOB_M * pace * cos(2 * phase))
