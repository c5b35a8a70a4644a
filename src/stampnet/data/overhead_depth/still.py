"""A place and a mode to one image of it: who stands where, what the camera sees, what its sensor delivers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import pi

import numpy as np
from jaxtyping import Float64

from stampnet.data.overhead_depth.anthropometry import draw_bodies
from stampnet.data.overhead_depth.belongings import draw_belongings, things_of
from stampnet.data.overhead_depth.camera import to_ground
from stampnet.data.overhead_depth.crowd import ALONG, DENSITY, Standing, crowd, group, headings
from stampnet.data.overhead_depth.people import Poses, Thing
from stampnet.data.overhead_depth.pictures import Pictures, joined_pictures, pictures_of
from stampnet.data.overhead_depth.processes import check_workers, in_processes
from stampnet.data.overhead_depth.render import Rendered, render
from stampnet.data.overhead_depth.site import SHOULDER_HEIGHT, Site
from stampnet.errors import InputError

PLACEMENTS = ("glow", "uniform", "border")
SPLITS: dict[str, int] = {"train": 0, "validation": 1, "test": 2}
"""Number of each split in the seed of its random streams: people and places are in one split only."""
SITES, IMAGES, CLIPS = range(3)
"""Numbers of the random streams of a split."""
NUM_SITES = 40
EMPTY = 0.1
"""Share of images without people, unless a mode is asked for."""
MODES: dict[str, float] = {"single": 0.55, "group": 0.20, "crowd": 0.25}
"""Shares of the others."""
GLOW_BODY_PX = ((27.0, 44.0), (9.0, 10.0))
"""Column and row of the body in the paper's images: mean and standard deviation."""
BORDER_PX, BORDER_VISIBLE = (-8.0, 12.0), (0.3, 0.9)
"""Of a body at the border: from the edge inwards; the share of it that is in the image."""
LEAST_PX, LEAST_INSIDE = 60, 0.3
"""Of the first person elsewhere: pixels above the cut, and the share of them in the image."""
MIDDLE_OF_BODY = 1.34
"""Height of what one sees of a body, in the mean."""
BEYOND_M = 0.5
"""Others stand in the view, and so far beyond it."""
YAW_SWING, BOB_M = np.radians(6), 0.022
"""Of the shoulders with each stride, and of the whole body with each step."""
TRIES = 50


@dataclass(frozen=True, kw_only=True)
class StillRecipe:
    """What images to generate. The same recipe gives the same images."""

    num_images: int
    camera: str = "glow"
    placement: str
    """glow, uniform or border."""
    mode: str | None = None
    """empty, single, group or crowd; None: all modes, and a tenth of the images empty."""
    density: float | None = None
    """Persons per square metre in a crowd; None: any from 0.5 to 3."""
    split: str = "train"
    """train, validation or test."""
    seed: int = 0
    num_workers: int = 1
    """Processes; their number changes nothing in the images."""

    def __post_init__(self) -> None:
        check_common(self.num_images, self.split, self.seed, self.density)
        check_workers(self.num_workers)
        for name, known in (("placement", PLACEMENTS), ("mode", (None, "empty", *MODES))):
            if getattr(self, name) not in known:
                raise InputError(f"{name} must be one of {', '.join(map(str, known))}, got {getattr(self, name)!r}")


def check_common(num_images: int, split: str, seed: int, density: float | None) -> None:
    """Raises InputError where what all recipes share cannot be."""
    if num_images < 1:
        raise InputError(f"num_images must be at least 1, got {num_images}")
    if split not in SPLITS:
        raise InputError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    if seed < 0:
        raise InputError(f"seed must be at least 0, got {seed}")
    if density is not None and not 0 < density <= 6:
        raise InputError(f"density must be above 0 and at most 6 persons per square metre, got {density:g}")


def make_stills(recipe: StillRecipe, build: Callable[[np.random.Generator], Site]) -> Pictures:
    """Images, each of one of the places that `build` makes."""
    parts = in_processes(partial(_some, recipe, build), range(recipe.num_images), recipe.num_workers)
    return parts[0] if len(parts) == 1 else joined_pictures(parts)


def _some(recipe: StillRecipe, build: Callable[[np.random.Generator], Site], numbers: Sequence[int]) -> Pictures:
    @cache
    def place(site: int) -> Site:
        return build(np.random.default_rng([recipe.seed, SPLITS[recipe.split], SITES, site]))

    return joined_pictures([_still(recipe, place, number) for number in numbers])


def _still(recipe: StillRecipe, place: Callable[[int], Site], number: int) -> Pictures:
    rng = np.random.default_rng([recipe.seed, SPLITS[recipe.split], IMAGES, number])
    mode = recipe.mode or draw_mode(rng)
    for _ in range(TRIES):  # another place, too, for one may have no room where the placement wants a person
        which = int(rng.integers(NUM_SITES))
        made = _people_at(rng, place(which), recipe, mode)
        if made is not None:
            known = {"mode": mode, "placement": recipe.placement, "site": which}
            return pictures_of(rng, place(which), [made[0]], [made[1]], number, known)
    raise InputError(f"nobody finds room before the camera {recipe.camera}; choose another seed than {recipe.seed}")


def draw_mode(rng: np.random.Generator) -> str:
    """Of one image."""
    if rng.random() < EMPTY:
        return "empty"
    return str(rng.choice(list(MODES), p=list(MODES.values())))


def _people_at(
    rng: np.random.Generator, site: Site, recipe: StillRecipe, mode: str
) -> tuple[list[Thing], Rendered] | None:
    """People of an image, the first of them where the placement wants one; None where that cannot be."""
    if mode == "empty":
        return [], render(site.camera, [], site.background, site.cut_m)
    standing = _stand(rng, site, recipe, mode)
    if standing is None:
        return None
    things = _people(rng, standing)
    seen = render(site.camera, [thing.shapes for thing in things], site.background, site.cut_m)
    least, most = BORDER_VISIBLE if recipe.placement == "border" else (LEAST_INSIDE, 1.0)
    is_wanted = seen.whole_px[0] >= LEAST_PX and least <= seen.inside_px[0] / seen.whole_px[0] <= most
    return (things, seen) if is_wanted else None


def _stand(rng: np.random.Generator, site: Site, recipe: StillRecipe, mode: str) -> Standing | None:
    """Where people are; None where the first would stand in a wall."""
    camera, size = site.camera, np.array(site.camera.size_px, float)
    pixel = _target(rng, recipe.placement, size)
    xy = to_ground(camera, pixel[:1], pixel[1:], np.full(1, camera.height_m - MIDDLE_OF_BODY))[:, :2]
    if not site.is_free(xy)[0]:
        return None
    first = Standing(xy, headings(rng, 1, site.corridor, 1.0 if recipe.placement == "glow" else ALONG))
    if mode == "group":
        return group(rng, first, site)
    if mode == "crowd":
        low, high = footprint(site)
        density = recipe.density or rng.uniform(*DENSITY)
        return crowd(rng, first, site, density, low - BEYOND_M, high + BEYOND_M)
    return first


def footprint(site: Site) -> Float64[np.ndarray, "2 2"]:
    """Least and greatest x and y that the camera sees at the height of shoulders."""
    width, height = site.camera.size_px
    columns, rows = np.array([0.0, width, 0, width]), np.array([0.0, 0, height, height])
    corners = to_ground(site.camera, columns, rows, np.full(4, site.camera.height_m - SHOULDER_HEIGHT))[:, :2]
    return np.stack([corners.min(0), corners.max(0)])


def _target(rng: np.random.Generator, placement: str, size: Float64[np.ndarray, "2"]) -> Float64[np.ndarray, "2"]:
    """Column and row at which the first body should be."""
    if placement == "glow":
        return rng.normal(*GLOW_BODY_PX)
    pixel = rng.uniform(0, size)
    if placement == "border":
        side, inwards = rng.integers(4), rng.uniform(*BORDER_PX)
        pixel[side % 2] = inwards if side < 2 else size[side % 2] - inwards
    return pixel


def _people(rng: np.random.Generator, standing: Standing) -> list[Thing]:
    """Bodies, belongings and poses for people who walk."""
    number = len(standing.xy)
    bodies = draw_bodies(rng, number)
    belongings = draw_belongings(rng, number, bodies.is_child)
    phase = rng.uniform(0, 2 * pi, number)
    yaw = standing.heading + YAW_SWING * np.sin(phase)
    middle = standing.xy - bodies.head_ahead[:, None] * np.stack([np.cos(yaw), np.sin(yaw)], -1)
    poses = Poses(middle, yaw, phase, swing=np.ones(number), rise=BOB_M * np.cos(2 * phase))
    return things_of(bodies, belongings, poses, np.arange(number))
