"""What a camera sees to what its sensor delivers: depth in millimetres, 0 where there is none."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt16

from stampnet.data.overhead_depth.people import Thing
from stampnet.data.overhead_depth.render import View
from stampnet.data.overhead_depth.site import CROP, Site
from stampnet.data.overhead_depth.structured_light import structured_light
from stampnet.data.overhead_depth.time_of_flight import time_of_flight

HAIR = 0.12
"""Metres below the vertex that count as hair."""


def capture(
    rng: np.random.Generator, site: Site, views: Sequence[View], things: Sequence[Sequence[Thing]]
) -> UInt16[np.ndarray, "T H W"]:
    """Successive frames of one sensor; `things` are those of each frame, by number."""
    depth = np.stack([view.depth_m for view in views])
    camera = site.camera
    if site.sensor == "time of flight":
        body = np.stack([view.shows >= 0 for view in views])
        return time_of_flight(depth, body, camera.focal_px, camera.centre_px, rng)
    measured = structured_light(
        depth,
        camera.focal_px,
        rng,
        whole_frame=camera.size_px != (CROP, CROP),
        dropped_share=site.dropped_share,
    )
    for image, view, present in zip(measured, views, things, strict=True):
        _lose_dark_hair(rng, image, view, present, camera.height_m)
    return measured


def _lose_dark_hair(
    rng: np.random.Generator, image: UInt16[np.ndarray, "H W"], view: View, things: Sequence[Thing], height_m: float
) -> None:
    """Hair that returns too little light leaves holes."""
    for number, thing in enumerate(things):
        if thing.dark_hair:
            is_hair = (view.shows == number) & (view.depth_m < height_m - thing.head[2] + HAIR)
            image[is_hair & (rng.random(is_hair.shape, np.float32) < thing.dark_hair)] = 0
