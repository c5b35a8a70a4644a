"""Cameras and stamps to the rule that finds heads under them, learned on simulated people."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.frames import FrameRecipe
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.presets import Preset, Sensor
from stampnet.data.overhead_depth.site import frame_site
from stampnet.data.overhead_depth.still import make_stills
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.heads import Placed, Rule, Tops, learned_rule, tops
from stampnet.pedestrians.localizer import localizer
from stampnet.pedestrians.points import ground_under, points
from stampnet.pedestrians.site_folder import Site

FRAMES = 150
"""Of one person each, for each camera."""
NEAR_M = 0.35
"""A stamp so near to a head is that person's."""


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
) -> tuple[Tops, Placed, np.ndarray]:
    """What the points of simulated people tell, and where their heads are."""
    recipe = FrameRecipe(num_images=FRAMES, mode="single", seed=seed)
    made = make_stills(recipe, partial(frame_site, preset=Preset(camera, sensor, 0.0)))
