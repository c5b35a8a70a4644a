"""Cameras and stamps to the rule that finds heads under them, learned on simulated people."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float64

from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.frames import FrameRecipe
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.presets import Preset, Sensor
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import make_stills
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.heads import UNCORRECTED, Placed, Rule, Tops, learned_rule, tops
from stampnet.pedestrians.localizer import localizer
from stampnet.pedestrians.points import Ground, ground_under, points
from stampnet.pedestrians.site_folder import Site
from stampnet.tracking.scores import match_heads
from stampnet.tracking.truth_file import Heads

FRAMES = 150
"""Of one person each, for each camera."""
NEAR_M = 0.25
"""A patch so near to a head is that person's."""
WELL_SEEN = 0.7
"""The share of a person that must be visible."""
STILL = -2
"""In masks, what does not move."""


def calibrated(cameras: Sequence[Camera], matcher: StampMatcher, like: Site, sensor: Sensor, seed: int) -> Rule:
    """The rule for heads of least squared error on simulated single people under each camera."""
    parts = [_seen(camera, matcher, like, sensor, seed + number) for number, camera in enumerate(cameras)]
    found, placed, truth = zip(*parts, strict=True)
    together = Tops(*(np.concatenate(field) for field in zip(*found, strict=True)))
    middles = Placed(*(np.concatenate(field) for field in zip(*placed, strict=True)))
    below = np.concatenate(
        [np.tile(camera.position_m, (len(one.number), 1)) for camera, one in zip(cameras, found, strict=True)]
    )
    return learned_rule(together, middles, below, np.concatenate(truth))


def _seen(
    camera: Camera, matcher: StampMatcher, like: Site, sensor: Sensor, seed: int
) -> tuple[Tops, Placed, Float64[np.ndarray, "P 2"]]:
    """What the points of simulated people tell, and where their heads are."""
    recipe = FrameRecipe(num_images=FRAMES, mode="single", seed=seed)
    made = make_stills(recipe, partial(frame_site, preset=Preset(camera, sensor, 0.0)))
    # Each frame is of a place of its own, whose walls are no matter here.
    depth = np.where(made.masks == STILL, 0, made.depth_mm)[:, None]
    ground = replace(like.ground, **_extent(ground_under((camera,))))
    site = Site((camera,), ground, floor_mm(camera)[None], UNCORRECTED)
    finder = localizer(matcher, site)
    of = points(depth, finder.seen, ground)
    placed, _, _ = finder.placed(of, len(depth))
    found = tops(of, placed, len(depth), ground)
    there = is_person(made.labels) & (made.labels["visible"] > WELL_SEEN) & ~made.labels["truncated"]
    true = Heads(made.labels["image"][there].astype(np.int64), made.labels["head_ground"][there, :2], None)
    matched = match_heads(true, Heads(placed.moment, found.patch, None), NEAR_M)
    row = matched.found_row
    return Tops(*(f[row] for f in found)), Placed(*(f[row] for f in placed)), true.xy_m[matched.true_row]


def _extent(ground: Ground) -> dict[str, tuple[float, float]]:
    return {"x_m": ground.x_m, "y_m": ground.y_m}
