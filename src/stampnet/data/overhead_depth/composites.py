"""Real people from the GOTPD sample to crops as the paper has them: at its scale, beside a wall that is rendered."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt8
from scipy import ndimage

from stampnet.data.overhead_depth.gotpd import CAMERA, GotpdSample

SIDE_PX = 80
MM_PER_PX = 13.6
FOCAL_PX = 285.0
CAMERA_HEIGHT_M = 5.3
REACH_PX = 82.5
"""Heads further from the image's centre are left out: their bodies are cut, or seen from the side."""
CUT_MM = 1000
BODY_PX = ((27.0, 42.0), (9.0, 10.0))
"""Column and row of the middle of the body: mean and standard deviation."""
BODY_WITHIN_PX = ((12.0, 15.0), (60.0, 65.0))
PRINCIPAL_LEFT_PX = (20.0, 60.0)
"""Of the crop's centre."""
WALL_AT_PX = (58.0, 72.0)
"""Column at which the wall meets the height of one metre."""
SEEN_BELOW_M = 4.35
FULL_SCALE_M = 10.0


@dataclass(frozen=True)
class Composites:
    """B crops, each with one person."""

    images: UInt8[np.ndarray, "B H W"]
    body_px: Float64[np.ndarray, "B 2"]
    """Column and row of the middle of the silhouette, whether or not all of it is in the image."""
    head_px: Float64[np.ndarray, "B 2"]
    """Of the labelled head."""
    wall: Bool[np.ndarray, "B H W"]
    principal_px: Float64[np.ndarray, " B"]
    """The column right below the camera, from which the wall is seen."""


@dataclass(frozen=True)
class Cutout:
    """One person: depth in mm, infinite beside them, and the column and row of head and middle."""

    depth_mm: Float64[np.ndarray, "h w"]
    head_px: Float64[np.ndarray, "2"]
    middle_px: Float64[np.ndarray, "2"]


def cut_outs(sample: GotpdSample) -> list[Cutout]:
    """The person of every frame whose head is near the image's centre."""
    near = np.linalg.norm(sample.head_px - sample.camera.centre_px, axis=1) <= REACH_PX
    found = []
    for depth, head in zip(sample.depth_mm[near].astype(float), sample.head_px[near], strict=True):
        above = (depth > 0) & (sample.background_mm - depth > CUT_MM)
        regions, _ = ndimage.label(ndimage.binary_opening(above))
        column, row = np.rint(head).astype(int)
        person = regions == regions[row, column]
        if regions[row, column]:
            rows, columns = np.nonzero(person)
            middle = np.array([columns.mean(), rows.mean()])
            found.append(Cutout(np.where(person, depth, np.inf), head, middle))
    return found


def make_composites(people: list[Cutout], rng: np.random.Generator, *, walls: bool = True) -> Composites:
    """One crop for each person."""
    made = [_composite(person, rng, walls) for person in people]
    return Composites(*(np.stack(part) for part in zip(*made, strict=True)))


def _composite(
    person: Cutout, rng: np.random.Generator, walls: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """The fields of `Composites`."""
    place = np.clip(rng.normal(*BODY_PX), *BODY_WITHIN_PX)
    depth, head = _placed(person, place, mirrored=rng.random() < 0.5)
    wall, principal = np.full((SIDE_PX, SIDE_PX), np.inf), SIDE_PX / 2
    if walls:
        principal -= rng.uniform(*PRINCIPAL_LEFT_PX)
        right = np.arange(SIDE_PX) - principal
        meets = rng.uniform(*WALL_AT_PX) - principal
        # A vertical plane: depth times distance from the principal column is the same everywhere.
        wall[:] = np.where(right > 0, (CAMERA_HEIGHT_M - CUT_MM / 1000) * meets / right.clip(1e-9), np.inf)
    seen = np.minimum(depth, wall)
    value = np.where(seen < SEEN_BELOW_M, seen / FULL_SCALE_M, 0)
    return np.rint(255 * value).astype(np.uint8), place, head, (wall < depth) & (wall < SEEN_BELOW_M), principal


def _placed(
    person: Cutout, place: Float64[np.ndarray, "2"], mirrored: bool
) -> tuple[Float64[np.ndarray, "H W"], Float64[np.ndarray, "2"]]:
    """Depth in metres below the high camera, at the paper's scale, and where the head is."""
    is_person = np.isfinite(person.depth_mm)
    step = MM_PER_PX * CAMERA.focal_px / np.median(person.depth_mm[is_person])  # pixels of the frame in one of the crop
    sign = -1 if mirrored else 1
    columns = np.rint(person.middle_px[0] + sign * step * (np.arange(SIDE_PX) - place[0])).astype(int)
    rows = np.rint(person.middle_px[1] + step * (np.arange(SIDE_PX) - place[1])).astype(int)
    height, width = person.depth_mm.shape
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    depth = person.depth_mm[np.ix_(rows.clip(0, height - 1), columns.clip(0, width - 1))]
    raised = depth / 1000 + CAMERA_HEIGHT_M - CAMERA.height_m
    head = place + np.array([sign, 1]) * (person.head_px - person.middle_px) / step
    return np.where(inside, raised, np.inf), head
