"""A recipe to crops of overhead depth maps: people at a placement, before a wall, as a sensor sees them, with labels."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import cos, pi, sin
from multiprocessing import get_context
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float64, Int8, UInt8, UInt16

from stampnet.data.overhead_depth.anthropometry import draw_bodies
from stampnet.data.overhead_depth.belongings import draw_belongings, things_of
from stampnet.data.overhead_depth.camera import to_ground
from stampnet.data.overhead_depth.capture import capture
from stampnet.data.overhead_depth.crowd import ALONG, DENSITY, Standing, crowd, group, headings
from stampnet.data.overhead_depth.encoding import encode
from stampnet.data.overhead_depth.labels import Labels, joined_labels, label
from stampnet.data.overhead_depth.people import Pose, Thing
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.render import Rendered, render
from stampnet.data.overhead_depth.site import CROP, SHOULDER_HEIGHT, Site, crop_site
from stampnet.errors import InputError

Placement = Literal["glow", "uniform", "border"]
Mode = Literal["empty", "single", "group", "crowd"]
Split = Literal["train", "validation", "test"]
SPLITS: dict[str, int] = {"train": 0, "validation": 1, "test": 2}
"""Number of each split in the seed of its random streams: people and places are in one split only."""
STREAM_SITES, STREAM_IMAGES = 0, 1
NUM_SITES = 40
EMPTY = 0.1
"""Share of images without people, unless a mode is asked for."""
MODES: dict[str, float] = {"single": 0.55, "group": 0.20, "crowd": 0.25}
ENCODINGS = {"glow": {"far10": 0.75, "far5": 0.25}, "other": {"far10": 0.65, "far5": 0.20, "near": 0.15}}
"""Shares of the ways in which depth becomes bytes."""
GLOW_BODY_PX = ((27.0, 44.0), (9.0, 10.0))
"""Column and row of the body in the paper's images: mean and standard deviation."""
BORDER_PX, BORDER_VISIBLE = (-8.0, 16.0), (0.3, 0.9)
"""Of a body at the border: from the edge inwards; the share of it that is in the image."""
MIDDLE_OF_BODY = 0.78
"""Height of what one sees of a body, in the mean, as a part of the stature."""
BEYOND_M = 0.5
"""Others stand in the view, and so far beyond it."""
TRIES = 50
CHUNK = 250


@dataclass(frozen=True, kw_only=True)
class CropRecipe:
    """What to generate. The same recipe gives the same crops."""

    num_images: int
    camera: str = "glow"
    placement: Placement = "glow"
    mode: Mode | None = None
    """One for all images; None: all modes, and a tenth of the images empty."""
    density: float | None = None
    """Persons per square metre in a crowd; None: any from 0.5 to 3."""
    split: Split = "train"
    seed: int = 0
    num_workers: int = 1
    """Processes; their number changes nothing in the crops."""

    def __post_init__(self) -> None:
        if self.num_images < 1:
            raise InputError(f"num_images must be at least 1, got {self.num_images}")
        if self.split not in SPLITS:
            raise InputError(f"split must be one of {', '.join(SPLITS)}, got {self.split!r}")
        if self.seed < 0:
            raise InputError(f"seed must be at least 0, got {self.seed}")
        if self.density is not None and not 0 < self.density <= 6:
            raise InputError(f"density must be above 0 and at most 6 persons per square metre, got {self.density:g}")


class Pictures(NamedTuple):
    """B images of overhead depth maps, with all that is known of them."""

    depth_mm: UInt16[np.ndarray, "B H W"]
    """0: no measurement."""
    images: UInt8[np.ndarray, "B H W"]
    """Encoded as a network sees them."""
    masks: Int8[np.ndarray, "B H W"]
    """Instances of labels; -1 is floor, -2 what stands still."""
    labels: Labels
    columns: dict[str, np.ndarray]
    """One value for each image: mode, placement, encoding, sensor, site, cut, and its camera."""


def make_crops(recipe: CropRecipe) -> Pictures:
    """Crops of 80 x 80 pixels."""
    build = partial(crop_site, preset=preset(recipe.camera), is_glow=recipe.placement == "glow")
    sites = draw_sites([recipe.seed, SPLITS[recipe.split], STREAM_SITES], build)
    parts = [range(start, min(start + CHUNK, recipe.num_images)) for start in range(0, recipe.num_images, CHUNK)]
    make = partial(_some, recipe, sites)
    if recipe.num_workers == 1 or len(parts) == 1:
        made = list(map(make, parts))
    else:
        with ProcessPoolExecutor(recipe.num_workers, get_context("spawn")) as pool:
            made = list(pool.map(make, parts))
    return joined_pictures(made)


def draw_sites(seed: Sequence[int], build: Callable[[np.random.Generator], Site]) -> list[Site]:
    """The places of a split, each from its own random stream."""
    return [build(np.random.default_rng([*seed, number])) for number in range(NUM_SITES)]


def joined_pictures(parts: Sequence[Pictures]) -> Pictures:
    """One after the other."""
    return Pictures(
        *(np.concatenate([part[field] for part in parts]) for field in range(3)),
        joined_labels([part.labels for part in parts]),
        joined_labels([part.columns for part in parts]),
    )


def _some(recipe: CropRecipe, sites: Sequence[Site], numbers: range) -> Pictures:
    return joined_pictures([_crop(recipe, sites, number) for number in numbers])


def _crop(recipe: CropRecipe, sites: Sequence[Site], number: int) -> Pictures:
    rng = np.random.default_rng([recipe.seed, SPLITS[recipe.split], STREAM_IMAGES, number])
    which = int(rng.integers(len(sites)))
    mode = recipe.mode or draw_mode(rng)
    things, seen = _people_at(rng, sites[which], recipe, mode, number)
    return picture(rng, sites[which], which, things, seen, number, mode, recipe.placement)


def draw_mode(rng: np.random.Generator) -> str:
    """Of an image."""
    if rng.random() < EMPTY:
        return "empty"
    return str(rng.choice(list(MODES), p=list(MODES.values())))


def picture(
    rng: np.random.Generator,
    site: Site,
    which: int,
    things: Sequence[Thing],
    seen: Rendered,
    number: int,
    mode: str,
    placement: str,
) -> Pictures:
    """One image from what was rendered."""
    shares = ENCODINGS["glow" if placement == "glow" else "other"]
    kind = str(rng.choice(list(shares), p=list(shares.values())))
    depth = capture(rng, site, [seen.view], [things])
    camera = site.camera
    columns = {
        "mode": mode,
        "placement": placement,
        "encoding": kind,
        "sensor": site.sensor,
        "site": which,
        "cut_m": site.cut_m,
        "camera_height_m": camera.height_m,
        "camera_focal_px": camera.focal_px,
        "camera_centre_px": camera.centre_px,
        "camera_tilt_deg": camera.tilt_deg,
    }
    return Pictures(
        depth,
        encode(depth, camera.height_m, site.cut_m, kind, rng),
        seen.view.shows[None].astype(np.int8),
        label(number, camera, things, seen, site.cut_m),
        {name: np.array([value]) for name, value in columns.items()},
    )


def _people_at(
    rng: np.random.Generator, site: Site, recipe: CropRecipe, mode: str, number: int
) -> tuple[list[Thing], Rendered]:
    """People of an image, the first of them where the placement wants one."""
    if mode == "empty":
        return [], render(site.camera, [], site.background, site.cut_m)
    for _ in range(TRIES):
        standing = _stand(rng, site, recipe, mode)
        if standing is None:
            continue
        things = people(rng, standing, number)
        seen = render(site.camera, [thing.shapes for thing in things], site.background, site.cut_m)
        share = seen.inside_px[0] / max(seen.whole_px[0], 1)
        if seen.whole_px[0] and (recipe.placement != "border" or BORDER_VISIBLE[0] <= share <= BORDER_VISIBLE[1]):
            break
    else:
        raise InputError(f"nobody finds room before camera {recipe.camera}; choose another placement or seed")
    return things, seen


def _stand(rng: np.random.Generator, site: Site, recipe: CropRecipe, mode: str) -> Standing | None:
    """Where people are; None where the first would stand in a wall."""
    pixel = _target(rng, recipe.placement)
    depth = np.full(1, site.camera.height_m - MIDDLE_OF_BODY * 1.72)
    xy = to_ground(site.camera, pixel[:1], pixel[1:], depth)[:, :2]
    if not site.is_free(xy)[0]:
        return None
    along = 1.0 if recipe.placement == "glow" else ALONG
    first = Standing(xy, headings(rng, 1, site.corridor, along))
    if mode == "group":
        return group(rng, first, site)
    if mode == "crowd":
        corners = np.array([[0, CROP], [CROP, 0]], float)
        far = np.full(2, site.camera.height_m - SHOULDER_HEIGHT)
        low, high = to_ground(site.camera, corners[:, 0], corners[:, 1], far)[:, :2]
        density = recipe.density or rng.uniform(*DENSITY)
        return crowd(rng, first, site, density, low - BEYOND_M, high + BEYOND_M)
    return first


def _target(rng: np.random.Generator, placement: Placement) -> Float64[np.ndarray, "2"]:
    """Column and row at which the first body should be."""
    if placement == "glow":
        return rng.normal(*GLOW_BODY_PX)
    pixel = rng.uniform(0, CROP, 2)
    if placement == "border":
        side, inwards = rng.integers(4), rng.uniform(*BORDER_PX)
        pixel[side % 2] = inwards if side < 2 else CROP - inwards
    return pixel


def people(rng: np.random.Generator, standing: Standing, image: int) -> list[Thing]:
    """Bodies, belongings and poses for people who walk."""
    number = len(standing.xy)
    bodies = draw_bodies(rng, number)
    belongings = draw_belongings(rng, number, bodies.is_child)
    things = []
    for person, (xy, yaw) in enumerate(zip(standing.xy, standing.heading, strict=True)):
        phase = rng.uniform(0, 2 * pi)
        turned = yaw + np.radians(6) * sin(phase)
        ahead = bodies.head_ahead[person] * np.array([cos(turned), sin(turned)])
        pose = Pose(*(xy - ahead), turned, phase, rise=0.022 * cos(2 * phase))
        things.append(things_of(bodies, belongings, person, pose, person))
    return [thing for several in things for thing in several]
