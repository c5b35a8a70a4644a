"""Depth frames to the points that stand out above the floor, in metres, and these to maps of heights seen from above.

On such a map a person has one form and size wherever the sensor sees them, a tilted camera is straight, and several
sensors share one ground. Pixels without a measurement give no point and so are nothing, neither floor nor object.
"""

from dataclasses import dataclass
from functools import reduce
from math import ceil
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8, UInt16
from numpy.lib.stride_tricks import sliding_window_view

from stampnet.data.overhead_depth.camera import Camera, origin, rays, to_ground
from stampnet.errors import InputError

Depth = UInt16[np.ndarray, "T S H W"]
"""T moments seen by S sensors, in millimetres; 0 where nothing was measured."""
Map = Float32[np.ndarray, "T rows columns"]
"""A height in metres for each cell of the ground, at each moment."""
Relief = UInt8[np.ndarray, "T rows columns"]
"""How near each cell of the ground is to the highest point around it: 255 is that point, 0 is much lower, or empty."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The piece of ground that is looked at, cut into cells."""

    x_m: tuple[float, float]
    y_m: tuple[float, float]
    """From where to where."""
    cell_m: float = 0.05
    """Side of a cell."""
    cut_m: float = 0.75
    """What is lower belongs to nobody."""
    top_m: float = 2.6
    """What is higher is nobody's head: a hand, a sign, a lamp."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (along -y) and columns (along x) of the map."""
        return (
            ceil((self.y_m[1] - self.y_m[0]) / self.cell_m),
            ceil((self.x_m[1] - self.x_m[0]) / self.cell_m),
        )


SEVERAL = 2
"""Points that a cell must have: sensors invent single ones."""
NEARBY_M, BELOW_M = 0.2, 0.45
"""A head is the highest thing so far around it, and what is so much lower than it is not told from the floor."""
AS_HIGH = 190
"""From this value of a relief on a cell is as high as a head: within 12 cm of what is highest around it."""
HEAD_M = 0.2
"""How far below the highest points around it a head is looked at."""
SPIKE_M = 0.15
"""A head does not stand out of what fills two cells by two by more."""
STANDS_OUT_MM = 150
"""Nearer than its background by so much, a pixel shows something else."""
COARSEST_M = 0.035
"""Of a pixel, so that cells of 5 cm have two points each."""
MOST_CELLS = 2_000_000
"""Some 70 x 70 metres."""
MARGIN_M = 0.4
"""Of ground beyond what is seen, so that a stamp may reach there."""


def ground_under(cameras: tuple[Camera, ...], **others: float) -> Ground:
    """All that the cameras see at the height of a head, 1.7 metres, and a margin: people whom the border of an image
    cuts are found too.

    Raises InputError where a camera cannot see heads from above, or the ground would be too large.

    >>> camera = Camera(size_px=(320, 240), focal_px=285, centre_px=(159.5, 119.5), height_m=5.3)
    >>> ground_under((camera,)).shape
    (77, 97)
    """
    corners = []
    for camera in cameras:
        width, height = camera.size_px
        column, row = (
            np.array([-0.5, width - 0.5, -0.5, width - 0.5]),
            np.array([-0.5, -0.5, height - 0.5, height - 0.5]),
        )
        ray = rays(camera, column, row)
        if camera.height_m <= 1.7 or (ray[:, 2] >= -1e-3).any():
            raise InputError(
                f"camera {camera.name} does not look down on people (height {camera.height_m} m, tilt "
                f"{camera.tilt_deg} degrees); give one that hangs above 1.7 m and sees no horizon"
            )
        corners.append(to_ground(camera, column, row, (1.7 - camera.height_m) / ray[:, 2]))
        if (coarse := (camera.height_m - 1.7) / camera.focal_px) > COARSEST_M:
            raise InputError(
                f"a pixel of camera {camera.name} covers {100 * coarse:.1f} cm at the height of a head, and a head is "
                f"told from {100 * COARSEST_M:g} cm or less; give frames of a higher resolution, or correct focal_px "
                "and height_m"
            )
    low, high = np.concatenate(corners).min(axis=0) - MARGIN_M, np.concatenate(corners).max(axis=0) + MARGIN_M
    ground = Ground(x_m=(float(low[0]), float(high[0])), y_m=(float(low[1]), float(high[1])), **others)
    if ground.shape[0] * ground.shape[1] > MOST_CELLS:
        raise InputError(
            f"the cameras see {high[0] - low[0]:.0f} x {high[1] - low[1]:.0f} m of ground, too much to look at "
            "together; correct position_m (metres), tilt_deg or height_m in the camera file, or give fewer cameras"
        )
    return ground


class View(NamedTuple):
    """What a sensor's pixels see, computed once."""

    camera: Camera
    across: Float32[np.ndarray, " P"]
    along: Float32[np.ndarray, " P"]
    up: Float32[np.ndarray, " P"]
    """The ray of each pixel, for one millimetre of depth, in metres along x, y and z."""
    farthest_mm: UInt16[np.ndarray, " P"]
    """Depth from which on a pixel shows the background or what is too low, see `views`."""


def views(cameras: tuple[Camera, ...], background_mm: UInt16[np.ndarray, "S H W"], ground: Ground) -> tuple[View, ...]:
    """A view for each camera. What is not nearer than the `background_mm` by 15 cm, or not higher than the ground's
    cut, is no point."""
    return tuple(_view(camera, still, ground) for camera, still in zip(cameras, background_mm, strict=True))


def _view(camera: Camera, background_mm: UInt16[np.ndarray, "H W"], ground: Ground) -> View:
    width, height = camera.size_px
    row, column = np.mgrid[:height, :width].reshape(2, -1).astype(float)
    across, along, up = (rays(camera, column, row) / 1000).T
    at_cut = (ground.cut_m - camera.height_m) / np.minimum(up, -1e-9)
    still = background_mm.reshape(-1).astype(float)
    nearer = np.where(still > 0, still - STANDS_OUT_MM, np.inf)
    farthest = np.clip(np.minimum(at_cut, nearer), 1, 65535).astype(np.uint16)
    across, along, up = (one.astype(np.float32) for one in (across, along, up))
    return View(camera, across, along, up, farthest)


class Points(NamedTuple):
    """Points above the cut."""

    cell: Int64[np.ndarray, " F"]
    """Of all moments together: moment times rows times columns, plus row times columns, plus column."""
    sensor: UInt8[np.ndarray, " F"]
    x_m: Float32[np.ndarray, " F"]
    y_m: Float32[np.ndarray, " F"]
    z_m: Float32[np.ndarray, " F"]


def points(depth_mm: Depth, seen: tuple[View, ...], ground: Ground) -> Points:
    """What stands out of the background, on the piece of ground."""
    found = []
    for number, view in enumerate(seen):
        flat = depth_mm[:, number].reshape(len(depth_mm), -1)
        # One comparison: 0, no measurement, wraps around to the largest number.
        place = np.flatnonzero(flat - np.uint16(1) < view.farthest_mm - np.uint16(1))
        moment, pixel = np.divmod(place, flat.shape[1])
        depth = flat.reshape(-1)[place].astype(np.float32)
        x, y, z = (
            np.float32(at) + depth * ray[pixel]
            for at, ray in zip(origin(view.camera), (view.across, view.along, view.up), strict=True)
        )
        cell, inside = cells(moment, x, y, ground)
        inside &= z <= ground.top_m
        found.append(select(Points(cell, np.full(len(cell), number, np.uint8), x, y, z), inside))
    return found[0] if len(found) == 1 else Points(*(np.concatenate(field) for field in zip(*found, strict=True)))


def cells(
    moment: Int64[np.ndarray, " F"], x_m: Float32[np.ndarray, " F"], y_m: Float32[np.ndarray, " F"], ground: Ground
) -> tuple[Int64[np.ndarray, " F"], Bool[np.ndarray, " F"]]:
    """The cell of each place at its moment, see `Points`, and whether it is on the piece of ground at all."""
    rows, columns = ground.shape
    row = np.floor((np.float32(ground.y_m[1]) - y_m) / np.float32(ground.cell_m)).astype(np.int64)
    column = np.floor((x_m - np.float32(ground.x_m[0])) / np.float32(ground.cell_m)).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return (moment * rows + row) * columns + column, inside


def select(some: Points, which: Bool[np.ndarray, " F"]) -> Points:
    """Some of the points."""
    return Points(*(field[which] for field in some))


def heights(of: Points, num_moments: int, ground: Ground) -> Map:
    """Height of the highest point above each cell, in metres; 0 where there is none."""
    shape = (num_moments, *ground.shape)
    highest = np.zeros(num_moments * ground.shape[0] * ground.shape[1], np.float32)
    np.maximum.at(highest, of.cell, of.z_m)
    highest[np.bincount(of.cell, minlength=len(highest)) < SEVERAL] = 0
    return highest.reshape(shape)


def nearby_tops(highest: Map, ground: Ground) -> Map:
    """Height of the highest thing around each cell that fills two cells by two: what fills less is a sensor's spike."""
    filled = _of_squares(np.minimum, np.pad(highest, ((0, 0), (0, 1), (0, 1))), 2)
    reach = round(NEARBY_M / ground.cell_m)
    around = np.pad(filled, ((0, 0), (reach, reach), (reach, reach)))
    return _of_squares(np.maximum, around, 2 * reach + 1)


def _of_squares(extreme: np.ufunc, maps: Float32[np.ndarray, "T _ _"], width: int) -> Float32[np.ndarray, "T _ _"]:
    """The least or largest value of each square of cells. Two axes, and shifted maps: ten times faster than pooling."""
    for axis in (1, 2):
        maps = reduce(extreme, np.moveaxis(sliding_window_view(maps, width, axis), -1, 0))
    return maps


def near_tops(of: Points, tops_m: Map) -> Points:
    """The points that are about as high as what is highest around them: heads, and no spikes above them."""
    above = of.z_m - tops_m.reshape(-1)[of.cell]
    return select(of, (above >= -HEAD_M) & (above <= SPIKE_M))


def relief(highest: Map, tops_m: Map) -> Relief:
    """How near each cell is to the highest thing around it (see `nearby_tops`): tall people and children look alike,
    as do heads in a crowd and heads alone."""
    near = 1 - (tops_m - highest) / BELOW_M
    near[(highest == 0) | (highest > tops_m + SPIKE_M)] = 0
    return (255 * near.clip(0, 1)).astype(np.uint8)


def pictured(depth_mm: Depth, seen: tuple[View, ...], ground: Ground) -> tuple[Points, Relief]:
    """Depth frames to the points of what may be heads, and the relief of each moment."""
    of = points(depth_mm, seen, ground)
    highest = heights(of, len(depth_mm), ground)
    tops_m = nearby_tops(highest, ground)
    return near_tops(of, tops_m), relief(highest, tops_m)
