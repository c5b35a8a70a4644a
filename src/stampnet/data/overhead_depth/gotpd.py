"""Real depth frames of one person, from the data home: the sample of GOTPD1, at half resolution."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64, UInt16

from stampnet.archive import arrays_of
from stampnet.data.data_home import data_home
from stampnet.data.overhead_depth.camera import Camera
from stampnet.data.overhead_depth.presets import gotpd_half
from stampnet.errors import InputError

CAMERA = gotpd_half().camera
FLOOR_MM = 3343
PLAUSIBLE_FLOOR_MM = (3200, 3450)


@dataclass(frozen=True)
class GotpdSample:
    """Frames in which a head is labelled; the others show the person cut by the border."""

    depth_mm: UInt16[np.ndarray, "T H W"]
    """0 where nothing was measured."""
    head_px: Float64[np.ndarray, "T 2"]
    """Column and row."""
    background_mm: UInt16[np.ndarray, "H W"]
    """The empty room: at each pixel the median over time, or the floor where that is no floor."""
    recording_mm: UInt16[np.ndarray, "F H W"]
    """All frames, in their order: in those without a label the border cuts the person."""
    camera: Camera = CAMERA


def read_gotpd(data_dir: Path | None = None) -> GotpdSample:
    """The sample in the data home.

    Raises InputError where it is not there, or damaged.
    """
    path = data_home(data_dir) / "overhead_depth" / "gotpd_sample.npz"
    if not path.is_file():
        raise InputError(f"there is no file {path}; set STAMPNET_DATA_HOME to the folder that has overhead_depth/")
    with arrays_of(path, "fetch it anew") as stored:
        depth, head = stored["depth_mm"], stored["head_xy"]
    return GotpdSample(depth[head[:, 0].astype(int)], head[:, 1:], _background(depth), depth)


def _background(depth_mm: UInt16[np.ndarray, "T H W"]) -> UInt16[np.ndarray, "H W"]:
    """Near the border the few measurements of a pixel can be of the person; there the floor stands in."""
    middle = median_over_time(depth_mm)
    low, high = PLAUSIBLE_FLOOR_MM
    return np.where((middle > low) & (middle < high), middle, FLOOR_MM).astype(np.uint16)


def median_over_time(depth_mm: UInt16[np.ndarray, "T H W"]) -> Float64[np.ndarray, "H W"]:
    """Of the measurements of each pixel; 0 where there is none.

    >>> median_over_time(np.array([0, 0, 0, 5, 6, 9, 100], np.uint16).reshape(7, 1, 1)).tolist()
    [[7.5]]
    """
    count, height, width = depth_mm.shape
    # One row a pixel, sorted: what was not measured comes first.
    ordered = np.sort(depth_mm.reshape(count, -1).T.copy(), axis=1, kind="stable")
    measured: Int64[np.ndarray, " P"] = np.count_nonzero(ordered, axis=1)
    pixel, first = np.arange(len(ordered)), count - measured
    below = ordered[pixel, np.minimum(first + (measured - 1) // 2, count - 1)].astype(float)
    above = ordered[pixel, np.minimum(first + measured // 2, count - 1)].astype(float)
    return np.where(measured > 0, (below + above) / 2, 0).reshape(height, width)
