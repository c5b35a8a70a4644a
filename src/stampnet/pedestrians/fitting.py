"""Depth frames to what finds people in them: background, stamps of people seen from above."""

from dataclasses import replace
from math import ceil

import numpy as np
import torch
from jaxtyping import UInt8, UInt16

from stampnet.data.overhead_depth.camera import Camera
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig
from stampnet.matching.search import FEW
from stampnet.matching.sought import AS_CAMERAS_GIVE
from stampnet.pedestrians.points import AS_HIGH, MARGIN_M, Depth, Ground, Relief, pictured, views
from stampnet.pedestrians.site_folder import Site
from stampnet.training.config import MatchingTrainingConfig
from stampnet.training.defaults import matching_for

NUM_STAMPS = 4
"""Heads over shoulders, and what the border of an image leaves of them."""
STAMP_M = 0.46
"""Side of a stamp: a head and what is seen of the shoulders. In larger ones there is room for two heads that almost
touch, and one stamp learns to be such a pair; smaller ones take shoulders for heads."""
MOST_DENSE = 3.5
"""People on a square metre, at most."""
MAPS_AT_MOST = 1500
"""Maps that stamps are learned from, evenly spread over the frames in which something stands out."""
HEAD_CELLS = 16
"""About how many cells of a map are as high as a head, for each."""
BATCH, STEPS = 24, 100
"""Maps in a step, and steps: people are alike, so that few of them show what they look like."""
CONTRAST = (0.5, 1.6)
"""A child's head is half as high above the cut as its stamp's, that of a tall man on a kerb higher."""


def check_frames(depth_mm: Depth, cameras: tuple[Camera, ...]) -> None:
    """Raises InputError where frames and cameras do not belong together."""
    expected = [camera.size_px[::-1] for camera in cameras]
    if depth_mm.shape[1] != len(cameras):
        raise InputError(
            f"there are {depth_mm.shape[1]} source(s) of frames for {len(cameras)} camera(s); give one for each, in "
            "the order of the camera file"
        )
    if any(size != depth_mm.shape[2:] for size in expected):
        raise InputError(
            f"the frames are {depth_mm.shape[1:]} (sensors, height, width), the cameras {expected} (height, width); "
            "give the camera file of these frames"
        )


def maps_to_learn_from(depth_mm: Depth, site: Site) -> UInt8[np.ndarray, "L rows columns"]:
    """Maps of frames in which something stands out.

    Raises InputError where nothing does.
    """
    seen = views(site.cameras, site.background_mm, site.ground)
    found = [pictured(some, seen, site.ground)[1] for some in _chunks(depth_mm)]
    maps = np.concatenate([one[one.any(axis=(1, 2))] for one in found])
    if not len(maps):
        raise InputError(
            f"nothing stands {site.ground.cut_m:g} m above the floor in {len(depth_mm)} frames; "
            "give frames in which people walk (who stands still is background), or correct height_m in the camera file"
        )
    return maps[np.unique(np.linspace(0, len(maps) - 1, MAPS_AT_MOST).round().astype(int))]


def _chunks(depth_mm: Depth, size: int = 32) -> list[UInt16[np.ndarray, "_ S H W"]]:
    return [depth_mm[start : start + size] for start in range(0, len(depth_mm), size)]


def people_at_most(ground: Ground) -> int:
    """How many people there is room for on a piece of ground; more than FEW, so that all are sought at once."""
    area = (ground.x_m[1] - ground.x_m[0] - 2 * MARGIN_M) * (ground.y_m[1] - ground.y_m[0] - 2 * MARGIN_M)
    return max(FEW + 1, ceil(MOST_DENSE * area))


def model_for(maps: Relief, ground: Ground, num_stamps: int = NUM_STAMPS) -> MatchingConfig:
    """The model of stamps on such maps."""
    side = round(STAMP_M / ground.cell_m)
    return MatchingConfig(
        image_size=(maps.shape[1], maps.shape[2]),
        stamp_size=(side, side),
        num_stamps=num_stamps,
        max_shapes=people_at_most(ground),
        background="constant",
        boxes="stamp",
        search=replace(AS_CAMERAS_GIVE, contrast=CONTRAST, rounds=1, second_start=False),
    )


def training_on(maps: Relief, num_stamps: int, seed: int) -> MatchingTrainingConfig:
    """How to fit them; how much is bright, a head's area each, tells about how many people there are."""
    heads = (maps > AS_HIGH).sum() / len(maps) / HEAD_CELLS
    training = matching_for(len(maps), num_stamps, max(1.0, float(heads)), seed=seed)
    batch = min(BATCH, training.batch_size)
    seen = len(maps) - training.num_validation
    return replace(training, batch_size=batch, epochs=max(1, round(STEPS * batch / seen)))


def to_tensor(maps: Relief) -> torch.Tensor:
    """As training takes them."""
    return torch.from_numpy(np.ascontiguousarray(maps[:, None]))
