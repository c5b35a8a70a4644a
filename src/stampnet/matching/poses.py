"""Stamps turned and scaled over wide ranges: a grid of poses to search with, and windows seen through a pose."""

from dataclasses import dataclass
from itertools import product
from math import ceil, cos, log, radians, sin
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from stampnet.errors import InputError
from stampnet.model.config import check_pair
from stampnet.model.deformation import Basis, Bends
from stampnet.notation import Stamps, Windows

Frames = Float[Tensor, "_ C H W"]
"""Cut-outs that hold a stamp in every pose."""


@dataclass(frozen=True, kw_only=True)
class PoseConfig:
    """How far stamps may be turned and scaled; by default not at all, but for what bending does."""

    max_angle_deg: float = 0.0
    """Angles from minus this to this; 180 is any angle."""
    scale_range: tuple[float, float] = (1.0, 1.0)
    """Least and largest factor of size."""
    angle_step_deg: float = 22.5
    """Between the angles of the grid, at most: half of it is left to bending."""
    scale_step: float = 1.25
    """Between the scales of the grid, at most."""

    def __post_init__(self) -> None:
        if not 0 <= self.max_angle_deg <= 180:
            raise InputError(f"max_angle must be between 0 and 180 degrees, got {self.max_angle_deg}")
        check_pair("scale_range", self.scale_range, "numbers")
        low, high = self.scale_range
        if not 0.1 <= low <= high <= 10:
            raise InputError(f"scale_range must be two rising factors between 0.1 and 10, got {low} to {high}")
        if not (self.angle_step_deg > 0 and self.scale_step > 1):
            raise InputError(
                "angle_step_deg must be above 0 and scale_step above 1, "
                f"got {self.angle_step_deg} and {self.scale_step}"
            )

    @property
    def is_fixed(self) -> bool:
        """Whether there is but one pose."""
        return self.max_angle_deg == 0 and tuple(self.scale_range) == (1.0, 1.0)

    @property
    def middle_scale(self) -> float:
        """The geometric mean of the scales."""
        low, high = self.scale_range
        return (low * high) ** 0.5


class Poses(NamedTuple):
    """How each of some windows is turned, counter-clockwise as seen on the screen, and scaled."""

    angle_deg: Float[Tensor, "*shape"]
    scale: Float[Tensor, "*shape"]


def pose_grid(config: PoseConfig, device: torch.device | None = None) -> Poses:
    """All combinations of angles and scales, no further apart than the steps.

    >>> pose_grid(PoseConfig(max_angle_deg=180.0, angle_step_deg=90.0)).angle_deg.tolist()
    [-180.0, -90.0, 0.0, 90.0]
    >>> pose_grid(PoseConfig(scale_range=(0.5, 2.0), scale_step=2.0)).scale.tolist()
    [0.5, 1.0, 2.0]
    """
    turn = config.max_angle_deg
    number = 2 * ceil(turn / config.angle_step_deg)
    # A whole turn ends where it begins.
    angles = [-turn + 2 * turn * k / max(number, 1) for k in range(number + (turn < 180))]
    low, high = config.scale_range
    number = ceil(log(high / low) / log(config.scale_step) - 1e-9)
    scales = [low * (high / low) ** (k / max(number, 1)) for k in range(number + 1)]
    angle_deg, scale = torch.tensor(list(product(angles, scales)), device=device).T
    return Poses(angle_deg, scale)


def frame_size(stamp_size: tuple[int, int], config: PoseConfig) -> tuple[int, int]:
    """Height and width of frames that hold a stamp in every pose, even numbers of pixels more than the stamp's own.

    >>> frame_size((28, 28), PoseConfig(max_angle_deg=180.0)), frame_size((28, 20), PoseConfig())
    ((40, 40), (28, 20))
    """
    if config.is_fixed:
        return stamp_size
    turn = radians(min(config.max_angle_deg, 45))
    side = max(stamp_size) if config.max_angle_deg else 0
    largest = config.scale_range[1] * (cos(turn) + sin(turn))
    height, width = (size + 2 * max(0, ceil((largest * max(size, side) - size) / 2 - 1e-6)) for size in stamp_size)
    return height, width


def posed(stamps: Windows, poses: Poses, frame: tuple[int, int]) -> Frames:
    """Each stamp turned and scaled about its middle, pixel h // 2, w // 2, in the middle of a frame."""
    return _through(stamps, torch.linalg.inv(_linear(poses)), frame)


def unposed(frames: Frames, poses: Poses, size: tuple[int, int]) -> Windows:
    """The inverse of `posed`: each object as its stamp would show it."""
    return _through(frames, _linear(poses), size)


def bank_of(stamps: Stamps, grid: Poses, frame: tuple[int, int]) -> Frames:
    """Every stamp in every pose, all poses of the first stamp first."""
    number = len(grid.scale)
    each = Poses(*(one.repeat(len(stamps)) for one in grid))
    return posed(stamps.repeat_interleave(number, dim=0), each, frame)


def composed(outer: Poses, inner: Poses) -> Poses:
    """One pose after another, angles from -180 to 180 degrees."""
    return Poses((outer.angle_deg + inner.angle_deg + 180) % 360 - 180, outer.scale * inner.scale)


def poses_of_bends(bends: Bends, basis: Basis, size: tuple[int, int]) -> Poses:
    """By how much stamps are turned and scaled where they bend: rotation and area of the linear map that is nearest to
    the field."""
    if len(basis) == 0:
        nothing = bends.new_zeros(len(bends))
        return Poses(nothing, nothing + 1)
    row, column = (basis[k].unflatten(0, size) for k in (1, 2))
    slope = bends.new_tensor(
        [
            (row[-1, 0] - row[0, 0]) / max(size[0] - 1, 1),
            (column[0, -1] - column[0, 0]) / max(size[1] - 1, 1),
        ]
    )
    linear = torch.eye(2, device=bends.device) + bends[:, :, 1:3] * slope
    angle = torch.atan2(linear[:, 1, 0] - linear[:, 0, 1], linear[:, 0, 0] + linear[:, 1, 1])
    return Poses(angle.rad2deg(), torch.linalg.det(linear).clamp(min=1e-6).sqrt())


def _linear(poses: Poses) -> Float[Tensor, "K 2 2"]:
    """From rows and columns of a stamp to those of the image."""
    angle = poses.angle_deg.deg2rad()
    cosine, sine = poses.scale * angle.cos(), poses.scale * angle.sin()
    return torch.stack([torch.stack([cosine, -sine], -1), torch.stack([sine, cosine], -1)], -2)


def _through(windows: Windows, linear: Float[Tensor, "K 2 2"], size: tuple[int, int]) -> Frames:
    """Windows of `size`: pixel p from the middle is what lies at linear p from the middle of the given window."""
    device = windows.device
    place = torch.stack(
        torch.meshgrid(*(torch.arange(length, device=device) - length // 2 for length in size), indexing="ij")
    ).float()
    source = (linear @ place.flatten(1)).unflatten(2, size)  # K 2 h w
    height, width = windows.shape[-2:]
    grid = torch.stack(
        [
            (source[:, 1] + width // 2) * (2 / max(width - 1, 1)) - 1,
            (source[:, 0] + height // 2) * (2 / max(height - 1, 1)) - 1,
        ],
        dim=-1,
    )
    return F.grid_sample(windows, grid, align_corners=True)
