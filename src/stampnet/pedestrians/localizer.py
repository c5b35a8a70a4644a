"""Depth frames to people: maps of heights, stamps on them, heads."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64, Int64, UInt16
from rich.console import Console

from stampnet.data.overhead_depth.anthropometry import HALF_HEAD_MM
from stampnet.data.overhead_depth.camera import Camera, read_cameras, to_image
from stampnet.matching.matcher import StampMatcher
from stampnet.matching.windows import explained_windows, occupied
from stampnet.naming import IGNORED
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.fitting import check_frames, people_at_most
from stampnet.pedestrians.heads import Placed, Tops, heads, lie_flat, tops
from stampnet.pedestrians.points import Ground, Relief, View, ground_under, pictured, views
from stampnet.pedestrians.site_folder import Site, load_site
from stampnet.pedestrians.stamps import show_people
from stampnet.predictor import StampNet
from stampnet.tracking.people import People
from stampnet.training.pixels import to_images

LOW_M, SURE = 1.2, 0.6
"""Hands, bicycles and prams are lower than nearly all heads: who is lower must be like a head, by this score."""
APART_M = 0.28
"""What lies so close to a higher head is a part of it."""
BESIDE_M, LOWER_M, SURE_BESIDE = 0.35, 0.12, 0.7
"""So close to a head, what is so much lower is mostly a shoulder: to be a head it must be like one, by this score."""
MIDDLE_OF_HEAD_M = HALF_HEAD_MM / 1000
"""Below the top: half of a head's height. Where a person would point at a head in the image."""


@dataclass(frozen=True)
class Localizer:
    """Everything that people are found with."""

    cameras: tuple[Camera, ...]
    ground: Ground
    seen: tuple[View, ...]
    matcher: StampMatcher
    is_person: Bool[np.ndarray, " N"]
    """Which stamps show people; what others explain is left out."""
    outwards: float
    """See `heads`."""

    def __call__(self, depth_mm: UInt16[np.ndarray, "T *S H W"], first_frame: int) -> People:
        """The people in successive frames of one sensor (T, H, W) or of several (T, S, H, W), in millimetres; those who
        are not `sure` (see `People`) help only to follow them."""
        depth_mm = depth_mm[:, None] if depth_mm.ndim == 3 else depth_mm
        check_frames(depth_mm, self.cameras)
        of, maps = pictured(depth_mm, self.seen, self.ground)
        placed, stamp, score = self.placed(maps)
        found = tops(of, placed, len(depth_mm), self.ground, len(self.cameras))
        there = (found.number > 0) & ~lie_flat(maps, placed.moment, found, self.ground)
        found = Tops(*(field[there] for field in found))
        sensor = found.votes.argmax(axis=1)
        # A patch that several sensors see is the mean of what each sees: so is what is below them.
        feet = np.array([camera.position_m for camera in self.cameras])
        below = found.votes @ feet / found.votes.sum(axis=1, keepdims=True)
        xy = heads(found, below, self.outwards)
        column, row = self._pixels(np.column_stack([xy, found.z_m - MIDDLE_OF_HEAD_M]), sensor)
        people = People(
            frame=placed.moment[there] + first_frame,
            x_m=xy[:, 0],
            y_m=xy[:, 1],
            z_m=found.z_m,
            score=score[there],
            stamp=stamp[there],
            column_px=column,
            row_px=row,
            sensor=sensor,
            sure=np.ones(len(xy), bool),
        )
        return judged(people)

    def _pixels(
        self, xyz_m: Float64[np.ndarray, "P 3"], sensor: Int64[np.ndarray, " P"]
    ) -> tuple[Float32[np.ndarray, " P"], Float32[np.ndarray, " P"]]:
        """Column and row of points in the images of their sensors."""
        each = np.array([to_image(camera, xyz_m)[:2] for camera in self.cameras], np.float32)
        person = np.arange(len(sensor))
        return each[sensor, 0, person], each[sensor, 1, person]

    def placed(self, maps: Relief) -> tuple[Placed, Int64[np.ndarray, " P"], np.ndarray]:
        """Middles, numbers and scores of the stamps of people."""
        with torch.inference_mode():
            state = self.matcher.explain(to_images(torch.from_numpy(maps)[:, None]))
        here, size = state.placements, self.matcher.config.stamp_size
        present = here.present & torch.from_numpy(self.is_person)[here.stamp]
        moment, slot = present.nonzero(as_tuple=True)
        stamp = here.stamp[moment, slot]
        score = torch.zeros_like(state.gain)
        for m in range(int(here.present.sum(dim=1).max())):  # a crowd's slots are filled from the first on
            which = occupied(state, m)
            windows, left = explained_windows(state, m, which)
            energy = windows.square().sum((1, 2, 3)).clamp(min=1e-9)
            score[which, m] = (1 - left.square().sum((1, 2, 3)) / energy).clamp(0, 1)
        # A stamp's mass is centred in pixel h // 2, w // 2 of its frame, see `centring`.
        row, column = (
            (at[moment, slot] + length // 2 + 0.5).numpy() * self.ground.cell_m
            for at, length in zip((here.row, here.column), size, strict=True)
        )
        return (
            Placed(moment.numpy(), self.ground.x_m[0] + column.astype(float), self.ground.y_m[1] - row.astype(float)),
            stamp.numpy(),
            score[moment, slot].numpy(),
        )


def judged(people: People) -> People:
    """Who is sure to be there: not what is low and unlike a head, nor what is a part of a higher head or a shoulder."""
    sure = (people.z_m >= LOW_M) | (people.score >= SURE)
    for rows in np.split(np.arange(len(people)), np.nonzero(np.diff(people.frame))[0] + 1):
        rows = rows[sure[rows]]
        apart = np.hypot(*(at[rows, None] - at[None, rows] for at in (people.x_m, people.y_m)))
        lower = people.z_m[None, rows] - people.z_m[rows, None] >= LOWER_M
        unlike = people.score[rows, None] < SURE_BESIDE
        belongs = (apart < APART_M) | ((apart < BESIDE_M) & lower & unlike)
        np.fill_diagonal(belongs, False)
        if belongs.any():
            # From the highest down, of equals the surest first: what belongs to one that is kept is no head.
            order = np.lexsort((-people.score[rows], -people.z_m[rows]))
            for place, one in enumerate(order):
                before = order[:place]
                sure[rows[one]] = not (sure[rows[before]] & belongs[one, before]).any()
    return replace(people, sure=sure)


def localizer(matcher: StampMatcher, site: Site, is_person: Bool[np.ndarray, " N"] | None = None) -> Localizer:
    """Finds people with the stamps of a matcher: those that show people, unless it is told which (`show_people`)."""
    if is_person is None:
        is_person = show_people(matcher.stamp.stamps.detach()[:, 0].numpy(), site.ground)
    seen = views(site.cameras, site.background_mm, site.ground)
    return Localizer(site.cameras, site.ground, seen, matcher, is_person, site.outwards)


def load_localizer(run: Path, cameras: Path | None = None) -> Localizer:
    """What finds people with the stamps of a run; stamps that are named `ignore` are not people, others that have a
    name are.

    With a camera file that tells of others, the frames are of another site, of which nothing is known but its floor. Of
    the same cameras, by name, it may tell another place and direction on the ground: the site is the same.

    Raises InputError where the run was not fitted on depth frames, or a file cannot be used.
    """
    site = load_site(run)
    model = StampNet.load(run)
    assert isinstance(model.model_, StampMatcher)
    if cameras is not None:
        others = read_cameras(cameras)
        if not is_same_site(others, site.cameras):
            console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
            console.print(f"{cameras} tells of other cameras than those of {run}: only the floor is known there")
        site = site_under(site, others)
    is_person = show_people(model.stamps_, site.ground)
    for number, name in model.names_.items():
        is_person[number] = name != IGNORED
    return localizer(_on_ground(model.model_, site.ground), site, is_person)


def site_under(site: Site, cameras: tuple[Camera, ...]) -> Site:
    """The site under other cameras."""
    if _unnamed(cameras) == _unnamed(site.cameras):
        return site
    ground = ground_under(cameras, cell_m=site.ground.cell_m, cut_m=site.ground.cut_m, top_m=site.ground.top_m)
    still = site.background_mm
    if not is_same_site(cameras, site.cameras):
        still = np.stack([floor_mm(camera) for camera in cameras])
    return Site(cameras, ground, still, site.outwards)


def is_same_site(cameras: tuple[Camera, ...], others: tuple[Camera, ...]) -> bool:
    """Whether these are the same sensors in the same places; both may tell these on another ground."""
    if _unnamed(cameras) == _unnamed(others):
        return True

    def laid(some: tuple[Camera, ...]) -> list[Camera]:
        """On the ground of the first of them."""
        first, turn = np.array(some[0].position_m), np.radians(some[0].yaw_deg)
        axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        places = [tuple((axes @ (one.position_m - first)).round(3).tolist()) for one in some]
        return [
            replace(one, position_m=(at[0], at[1]), yaw_deg=round((one.yaw_deg - some[0].yaw_deg) % 360, 3))
            for one, at in zip(some, places, strict=True)
        ]

    return len(cameras) == len(others) and laid(cameras) == laid(others)


def _unnamed(cameras: tuple[Camera, ...]) -> list[Camera]:
    return [replace(camera, name="") for camera in cameras]


def _on_ground(matcher: StampMatcher, ground: Ground) -> StampMatcher:
    """The same stamps, sought on another piece of ground."""
    config = replace(matcher.config, image_size=ground.shape, max_shapes=people_at_most(ground))
    other = StampMatcher(config).eval()
    other.load_state_dict(matcher.state_dict())
    return other
