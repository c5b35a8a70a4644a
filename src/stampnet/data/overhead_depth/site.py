"""Chance to places: a camera, walls, rails, struts, posts and rings, and the height above which people are sought."""

from dataclasses import dataclass, replace
from math import cos, pi, sin

import numpy as np
from jaxtyping import Bool, Float64

from stampnet.data.overhead_depth.camera import Camera, to_ground
from stampnet.data.overhead_depth.presets import Preset
from stampnet.data.overhead_depth.render import View, empty_view, with_walls
from stampnet.data.overhead_depth.shapes import BOX, Shapes, about_z, capsules, solid

CROP = 80
"""Pixels along each side of a crop."""
CROP_MM_PER_PX = (12.0, 15.5)
"""At the shoulders."""
SHOULDER_HEIGHT = 1.42
"""Of people in their coats, in the mean."""
CUT_M, GLOW_CUT_M = (0.6, 1.1), (0.95, 1.1)
"""Heights above which things are foreground. The brightest stamps that the authors' network has learned, walls at their
foot, tell about 1 m for the paper's images."""
GLOW_HEIGHT_M = (4.5, 5.3)
"""Of the cameras of such crops: the authors' network tells sizes in pixels, not in metres, and images as dark as those
that it has seen come from nearer cameras than it seems from the sizes alone."""
GLOW_ASIDE_PX, GLOW_AHEAD_PX = (20, 50), (-60, 60)
"""From such a crop's middle to the principal point: to the left, and along the rows."""
NUM_WALLS = {0: 0.15, 1: 0.75, 2: 0.10}
"""Shares of sites. In the paper's images one wall stands at the right; people walk where another would be."""
WALL_COLUMN, WALL_COLUMN_SKEW = (50, 72), (1.0, 3.0)
"""Of a crop, where a wall at the right meets the cut: the range, and shape of the beta distribution from its end. Few
walls are wide: the images that the authors' network has seen have a mean value of 0.126."""
WALL_TILT = np.radians(8)
WALL_HEIGHT, WALL_DEPTH, WALL_HALF_LENGTH = (2.5, 3.0), 2.0, 12.0
RAIL, STRUT, POST, RING = 0.1, 0.15, 0.05, 0.05
"""Shares of sites that have one; rails and struts go with a wall."""
PASSAGE_M = 0.9
"""Between two walls, at least."""
CLEARANCE = 0.3
"""Between the middle of a person and a wall, at least."""


@dataclass(frozen=True)
class Wall:
    """An upright plane; people are where `inwards` points to."""

    point: Float64[np.ndarray, "2"]
    inwards: Float64[np.ndarray, "2"]


@dataclass(frozen=True)
class Post:
    """Something round that stands in the way."""

    middle: Float64[np.ndarray, "2"]
    radius: float


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place with a camera."""

    camera: Camera
    sensor: str
    cut_m: float
    """Lower things are background."""
    dropped_share: float
    """Of the pixels, lost to other projectors."""
    corridor: float
    """Direction in which most people walk, or against it, in radians."""
    walls: tuple[Wall, ...]
    posts: tuple[Post, ...]
    background: View
    """Without people, sample by sample."""

    def is_free(self, xy: Float64[np.ndarray, "P 2"]) -> Bool[np.ndarray, " P"]:
        """Where a person can stand."""
        free = np.ones(len(xy), bool)
        for wall in self.walls:
            free &= (xy - wall.point) @ wall.inwards > CLEARANCE
        for post in self.posts:
            free &= np.linalg.norm(xy - post.middle, axis=1) > post.radius + CLEARANCE
        return free


def crop_site(rng: np.random.Generator, preset: Preset, is_glow: bool) -> Site:
    """A window of 80 x 80 pixels of a frame, in which a wall lies as in the paper's images (`is_glow`) or anywhere."""
    frame = preset.camera
    if is_glow:
        frame = replace(frame, height_m=rng.uniform(*GLOW_HEIGHT_M))
    focal = 1000 * (frame.height_m - SHOULDER_HEIGHT) / rng.uniform(*CROP_MM_PER_PX)
    middle = (CROP - 1) / 2
    spare = (np.array(frame.size_px) - CROP) / 2
    if is_glow:
        centre = middle - rng.uniform(*GLOW_ASIDE_PX), middle + rng.uniform(*GLOW_AHEAD_PX)
    else:
        centre = middle + rng.uniform(-spare[0], spare[0]), middle + rng.uniform(-spare[1], spare[1])
    camera = replace(
        _tilted(rng, preset), height_m=frame.height_m, size_px=(CROP, CROP), focal_px=focal, centre_px=centre
    )
    right, left = WALL_COLUMN[1] - (WALL_COLUMN[1] - WALL_COLUMN[0]) * rng.beta(*WALL_COLUMN_SKEW, 2)
    columns = right, CROP - 1 - left
    return _site(rng, preset, camera, columns, is_glow)


def frame_site(rng: np.random.Generator, preset: Preset) -> Site:
    """A whole frame, in which walls lie anywhere."""
    width = preset.camera.size_px[0]
    columns = rng.uniform(0.6, 1) * width, rng.uniform(0, 0.4) * width
    return _site(rng, preset, _tilted(rng, preset), columns, False)


def _tilted(rng: np.random.Generator, preset: Preset) -> Camera:
    tilt = rng.normal(0, preset.tilt_deg, 2).tolist()
    return replace(preset.camera, tilt_deg=(tilt[0], tilt[1]))


def _site(
    rng: np.random.Generator, preset: Preset, camera: Camera, columns: tuple[float, float], is_glow: bool
) -> Site:
    cut = rng.uniform(*(GLOW_CUT_M if is_glow else CUT_M))
    number = rng.choice(list(NUM_WALLS), p=list(NUM_WALLS.values()))
    apart = PASSAGE_M * camera.focal_px / (camera.height_m - cut)
    columns = columns[0], min(columns[1], columns[0] - apart)
    # Else the camera would hang behind the wall.
    possible = [
        side for side, column in zip((1, -1), columns, strict=True) if side * (column - camera.centre_px[0]) > 5
    ]
    sides = [1] if is_glow else rng.permutation(possible)[:number].tolist()
    tilt = rng.uniform(-WALL_TILT, WALL_TILT)
    things, walls, posts = [], [], []
    for side in sides:
        wall, parts = _wall(rng, camera, cut, columns[0 if side > 0 else 1], side, tilt)
        walls.append(wall)
        things += parts
    middle = _on_ground(camera, np.array(camera.size_px) / 2, cut)
    for share, build in ((POST, _post), (RING, _ring)):
        if rng.random() < share:
            post, parts = build(rng, middle, camera)
            posts.append(post)
            things += parts
    return Site(
        camera=camera,
        sensor=preset.sensor,
        cut_m=cut,
        dropped_share=rng.uniform(*preset.dropped_share),
        corridor=pi / 2 - tilt,
        walls=tuple(walls),
        posts=tuple(posts),
        background=with_walls(camera, empty_view(camera), things),
    )


def _on_ground(camera: Camera, pixel: np.ndarray, height: float) -> Float64[np.ndarray, "2"]:
    column, row = np.atleast_1d(pixel[0]).astype(float), np.atleast_1d(pixel[1]).astype(float)
    return to_ground(camera, column, row, np.full(1, camera.height_m - height))[0, :2]


def _wall(
    rng: np.random.Generator, camera: Camera, cut: float, column: float, side: int, tilt: float
) -> tuple[Wall, list[Shapes]]:
    """A wall that meets the cut at a column, and what is fixed to it; `side` 1 is the right."""
    point = _on_ground(camera, np.array([column, camera.size_px[1] / 2]), cut)
    outwards = side * np.array([cos(tilt), -sin(tilt)])
    along = np.array([sin(tilt), cos(tilt)])
    height = camera.height_m + 1 if rng.random() < 0.5 else rng.uniform(*WALL_HEIGHT)
    centre = np.array([*(point + outwards * WALL_DEPTH / 2), height / 2])
    parts = [solid(BOX, centre, (WALL_DEPTH / 2, WALL_HALF_LENGTH, height / 2), about_z(-tilt))]
    if rng.random() < RAIL:
        rail = point - outwards * rng.uniform(0.06, 0.12)
        ends = [[*(rail + along * reach), rng.uniform(0.9, 1.0)] for reach in (-WALL_HALF_LENGTH, WALL_HALF_LENGTH)]
        ends[1][2] = ends[0][2]
        parts.append(capsules(np.array(ends), 0.025))
    if rng.random() < STRUT:
        foot = point - outwards * rng.uniform(0.2, 0.5) + along * rng.uniform(-1.0, 1.0)
        top = point + along * ((foot - point) @ along + rng.uniform(-0.5, 0.5))
        parts.append(capsules(np.array([[*foot, 0.0], [*top, rng.uniform(1.4, 2.2)]]), rng.uniform(0.03, 0.06)))
    return Wall(point, -outwards), parts


def _post(rng: np.random.Generator, middle: np.ndarray, camera: Camera) -> tuple[Post, list[Shapes]]:
    radius = rng.uniform(0.1, 0.3)
    where = middle + _reach(rng, camera, radius)
    height = rng.uniform(1.0, 2.8)
    return Post(where, radius), [capsules(np.array([[*where, 0.0], [*where, height - radius]]), radius)]


def _ring(rng: np.random.Generator, middle: np.ndarray, camera: Camera) -> tuple[Post, list[Shapes]]:
    """A rail bent to a circle, on posts."""
    radius, height = rng.uniform(0.3, 0.7), rng.uniform(1.0, 1.2)
    where = middle + _reach(rng, camera, radius)
    angle = np.linspace(0, 2 * pi, 25)
    circle = np.column_stack([where[0] + radius * np.cos(angle), where[1] + radius * np.sin(angle)])
    rail = np.column_stack([circle, np.full(len(angle), height)])
    feet = rail[:-1:6] * [1, 1, 0]
    legs = np.stack([feet, rail[:-1:6]], axis=1)
    return Post(where, radius), [capsules(rail, 0.03), capsules(legs, 0.025)]


def _reach(rng: np.random.Generator, camera: Camera, radius: float) -> Float64[np.ndarray, "2"]:
    """From the middle of the view to where something round stands at its edge."""
    size = np.array(camera.size_px) * (camera.height_m - 1) / camera.focal_px
    angle = rng.uniform(0, 2 * pi)
    return (0.5 * size + 0.5 * radius) * np.array([cos(angle), sin(angle)])
