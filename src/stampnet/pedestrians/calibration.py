"""Cameras and stamps to how far out heads are beside what is seen of them, learned on simulated people."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float64

from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.frames import FrameRecipe
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.presets import Preset, Sensor
from stampnet.data.overhead_depth.render import WALL
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import make_stills
from stampnet.errors import InputError
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.heads import Placed, Tops, learned_outwards, lie_flat, tops
from stampnet.pedestrians.localizer import localizer
from stampnet.pedestrians.points import Ground, ground_under, pictured
from stampnet.pedestrians.site_folder import Site
from stampnet.tracking.scores import match_heads
from stampnet.tracking.truth_file import Heads

FRAMES = 150
"""Of one person each, for each camera."""
NEAR_M = 0.25
"""A patch so near to a head is that person's."""
ENOUGH = 0.2
"""The part of the simulated people that is found, at least, if stamps show people; of some the border cuts too much."""
WELL_SEEN = 0.7
"""The share of a person that must be visible."""


def calibrated(cameras: Sequence[Camera], matcher: StampMatcher, like: Ground, sensor: Sensor, seed: int) -> float:
    """How far out heads are (see `heads`), of least squared error on simulated single people under each camera.

    Raises InputError where the stamps find nearly none of them: they show something else.
    """
    parts = [_seen(camera, matcher, like, sensor, seed + number) for number, camera in enumerate(cameras)]
    found, below, truth = (list(column) for column in zip(*parts, strict=True))
    together = Tops(*(np.concatenate(field) for field in zip(*found, strict=True)))
    if len(together.number) < ENOUGH * FRAMES * len(cameras):
        raise InputError(
            f"only {len(together.number)} of {FRAMES * len(cameras)} simulated people are found by these stamps: they "
            "do not show people; give frames in which more people walk, or check height_m and focal_px in the camera "
            "file"
        )
    return learned_outwards(together, np.concatenate(below), np.concatenate(truth))


def _seen(
    camera: Camera, matcher: StampMatcher, like: Ground, sensor: Sensor, seed: int
) -> tuple[Tops, Float64[np.ndarray, "P 2"], Float64[np.ndarray, "P 2"]]:
    """What the points of simulated people tell, what is below the camera, and where their heads are.

    The camera hangs level at the origin here: what is seen of a head depends on how far out it is and little on more.
    """
    camera = replace(camera, tilt_deg=(0.0, 0.0), yaw_deg=0.0, position_m=(0.0, 0.0))
    recipe = FrameRecipe(num_images=FRAMES, camera=camera.name, mode="single", seed=seed)
    made = make_stills(recipe, partial(frame_site, preset=Preset(camera, sensor, 0.0)))
    # Each frame is of a place of its own, whose walls are no matter here.
    depth = np.where(made.masks == WALL, 0, made.depth_mm)[:, None]
    ground = ground_under((camera,), cell_m=like.cell_m, cut_m=like.cut_m, top_m=like.top_m)
    site = Site((camera,), ground, floor_mm(camera)[None], 0.0)
    finder = localizer(matcher, site)
    of, maps = pictured(depth, finder.seen, ground)
    placed, _, _ = finder.placed(maps)
    found = tops(of, placed, len(depth), ground)
    head = ~lie_flat(maps, placed.moment, found, ground)
    placed, found = Placed(*(field[head] for field in placed)), Tops(*(field[head] for field in found))
    there = is_person(made.labels) & (made.labels["visible"] > WELL_SEEN) & ~made.labels["truncated"]
    true = Heads(made.labels["image"][there].astype(np.int64), made.labels["head_ground"][there, :2], None)
    matched = match_heads(true, Heads(placed.moment, found.patch, None), NEAR_M)
    row = matched.found_row
    below = np.tile(np.array(camera.position_m), (len(row), 1))
    return Tops(*(field[row] for field in found)), below, true.xy_m[matched.true_row]
