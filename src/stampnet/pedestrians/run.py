"""Files of depth frames and a camera file to a run folder whose stamps are people seen from above."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt16
from rich.console import Console

from stampnet.data.depth_frames import depth_frames
from stampnet.data.depth_sources import opened
from stampnet.data.overhead_depth.camera import Camera, read_cameras
from stampnet.data.overhead_depth.presets import Sensor
from stampnet.errors import InputError
from stampnet.matching.matcher import StampMatcher
from stampnet.pedestrians.background import floor_seen, measured_mm, or_floor
from stampnet.pedestrians.calibration import calibrated
from stampnet.pedestrians.fitting import NUM_STAMPS, check_frames, maps_to_learn_from, model_for, to_tensor, training_on
from stampnet.pedestrians.points import Depth, ground_under
from stampnet.pedestrians.site_folder import Site, save_site
from stampnet.predictor import StampNet
from stampnet.report.run_report import report_run, save_samples
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted
from stampnet.training.run_folder import CONFIG, RunConfig, save_config, save_model

FRAMES_AT_MOST = 1500
"""Frames that stamps and background are learned from, evenly spread over all."""
BYTES_AT_MOST = 300 * 10**6
"""Of these frames, all sensors together: of large frames, fewer are taken."""
HEIGHT_OFF_M, SLOPE_OFF_DEG = 0.1, 1.5
"""A floor that lies further off, or slopes more, is told of."""
STEP_MM = 3.0
"""Sensors that quantise depth more coarsely than this at four metres project a pattern (structured light)."""


def fit_site(
    sources: Sequence[str],
    camera_file: Path,
    folder: Path,
    *,
    num_stamps: int = NUM_STAMPS,
    seed: int = 0,
    show_progress: bool = False,
) -> Fitted:
    """Learns what people look like from above, what always stands on the site, and how far heads are from what is seen
    of them.

    Raises InputError where `folder` already holds a run, frames and cameras do not belong together, or nobody is seen.
    """
    if (folder / CONFIG).exists():
        raise InputError(f"{folder} already holds a run; name another folder")
    cameras = read_cameras(camera_file)
    depth = frames_of(sources, cameras)
    fitted, site, maps = fitted_site(depth, cameras, num_stamps, seed, folder, show_progress)
    if fitted.is_main_process and not fitted.interrupted:
        assert isinstance(fitted.model, StampMatcher)
        save_model(fitted.model, 255.0, folder)
        save_site(site, folder)
        save_samples(StampNet.from_model(fitted.model, 255.0), maps, folder)
        # Last, for it makes the folder a run: one that was cut off before it can be fitted again.
        training = training_on(maps, num_stamps, seed)
        save_config(RunConfig(images=tuple(sources), model=fitted.model.config, training=training), folder)
        report_run(folder)
    return fitted


def _tell_of_floor(measured_mm: UInt16[np.ndarray, "H W"], camera: Camera) -> None:
    """Says on standard error where the frames show another floor than the camera file tells."""
    floor = floor_seen(measured_mm, camera)
    if floor.slope_deg > SLOPE_OFF_DEG:
        what = f"slopes by {floor.slope_deg:.1f} degrees, so tilt_deg is wrong, or the floor is no plane"
    elif abs(floor.height_m) > HEIGHT_OFF_M:
        side = "above" if floor.height_m > 0 else "below"
        what = (
            f"lies {100 * abs(floor.height_m):.0f} cm {side} the one that is told, so height_m is about "
            f"{camera.height_m - floor.height_m:.2f}, and all heights are wrong"
        )
    else:
        return
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"the floor that the frames of camera '{camera.name}' show {what}")


def fitted_site(
    depth_mm: Depth,
    cameras: tuple[Camera, ...],
    num_stamps: int = NUM_STAMPS,
    seed: int = 0,
    folder: Path | None = None,
    show_progress: bool = False,
) -> tuple[Fitted, Site, np.ndarray]:
    """Stamps of people, the site, and the reliefs that the stamps were learned from.

    Raises InputError where frames and cameras do not belong together, or nobody is seen.
    """
    check_frames(depth_mm, cameras)
    measured = [measured_mm(depth_mm[:, number]) for number in range(len(cameras))]
    for one, camera in zip(measured, cameras, strict=True):
        _tell_of_floor(one, camera)
    still = np.stack([or_floor(one, camera) for one, camera in zip(measured, cameras, strict=True)])
    site = Site(cameras, ground_under(cameras), still, 0.0)
    maps = maps_to_learn_from(depth_mm, site)
    model = model_for(maps, site.ground, num_stamps)
    training = training_on(maps, num_stamps, seed)
    fitted = fit(to_tensor(maps), model, training, folder=folder, show_progress=show_progress)
    if fitted.interrupted or not fitted.is_main_process:
        return fitted, site, maps
    assert isinstance(fitted.model, StampMatcher)
    outwards = calibrated(cameras, fitted.model, site.ground, sensor_of(depth_mm), seed)
    return fitted, replace(site, outwards=outwards), maps


def sensor_of(depth_mm: Depth) -> Sensor:
    """How the frames were measured: projected patterns give depth in coarse steps, times of flight in millimetres.

    >>> sensor_of(np.arange(3000, 4000, dtype=np.uint16).reshape(1, 1, 20, 50))
    'time of flight'
    >>> sensor_of(np.arange(3000, 4000, 20, dtype=np.uint16).reshape(1, 1, 5, 10))
    'structured light'
    """
    values = np.unique(depth_mm[:: max(1, len(depth_mm) // 20)])
    values = values[values > 0].astype(int)
    return "structured light" if len(values) < 2 or np.median(np.diff(values)) > STEP_MM else "time of flight"


def frames_of(sources: Sequence[str], cameras: tuple[Camera, ...]) -> Depth:
    """Some frames of all sources, evenly spread; a source for each camera, in the order of the camera file. What one
    of them lacks at its end is left out.

    Raises InputError where there are fewer or more sources than cameras, or these have frames of unlike size, or none.
    """
    if len(sources) != len(cameras):
        raise InputError(
            f"there are {len(sources)} sources of frames for {len(cameras)} camera(s); give one for each, in the order "
            "of the camera file"
        )
    paths = [Path(source) for source in sources]
    shapes = [_shape(path) for path in paths]
    if len({shape[1:] for shape in shapes}) > 1:
        raise InputError(
            f"the sources differ in the size of their frames: {', '.join(f'{w} x {h}' for _, h, w in shapes)}; "
            "give recordings of one size"
        )
    total, (_, height, width) = min(number for number, _, _ in shapes), shapes[0]
    fitting = max(1, BYTES_AT_MOST // (2 * len(paths) * height * width))
    wanted = np.unique(np.linspace(0, total - 1, min(total, FRAMES_AT_MOST, fitting)).round().astype(int))
    depth_mm = np.zeros((len(wanted), len(paths), height, width), np.uint16)
    for number, path in enumerate(paths):
        for first, some in depth_frames(path):
            if first >= total:
                break
            low, high = np.searchsorted(wanted, (first, first + len(some)))
            depth_mm[low:high, number] = some[wanted[low:high] - first]
    return depth_mm


def _shape(source: Path) -> tuple[int, int, int]:
    """How many frames there are, and their height and width."""
    with opened(source, is_growing=False) as whole:
        total = whole.num_frames()
        if total == 0:
            raise InputError(f"{source} has no frame; give a recording of people")
        height, width = whole.size_px()
    return total, height, width
