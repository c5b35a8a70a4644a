"""What a run knows of a site beside its stamps (cameras, ground, background, where heads are) to files, and back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import UInt16
from pydantic import TypeAdapter, ValidationError

from stampnet.atomic import whole_file
from stampnet.data.overhead_depth.camera import Camera, read_cameras, write_cameras
from stampnet.errors import InputError
from stampnet.pedestrians.points import MOST_CELLS, Ground

CAMERAS, SITE, BACKGROUND = "camera.yaml", "site.yaml", "depth-background.npy"


@dataclass(frozen=True)
class Site:
    """Where people are looked for."""

    cameras: tuple[Camera, ...]
    ground: Ground
    background_mm: UInt16[np.ndarray, "S H W"]
    """Depth of what always stands there, see `background_mm`."""
    outwards: float
    """By what part of their distance to the camera's foot heads lie further out than is seen of them, see `heads`."""


@dataclass(frozen=True)
class _SiteFile:
    ground: Ground
    outwards: float


def _check(told: _SiteFile) -> None:
    """Raises ValueError where no site is like this."""
    sides = [high - low for low, high in (told.ground.x_m, told.ground.y_m)]
    if not all(0 < side < 1e5 for side in sides) or not 0.001 <= told.ground.cell_m <= 1 or not abs(told.outwards) < 1:
        raise ValueError("no ground is like this")
    # Memory is given for what a file says.
    if told.ground.shape[0] * told.ground.shape[1] > MOST_CELLS:
        raise ValueError("the ground has too many cells")


def save_site(site: Site, folder: Path) -> None:
    """Writes `camera.yaml`, `site.yaml` and `depth-background.npy` into a run folder."""
    write_cameras(site.cameras, folder / CAMERAS)
    content = TypeAdapter(_SiteFile).dump_python(_SiteFile(site.ground, site.outwards), mode="json")
    with whole_file(folder / SITE) as temporary:
        temporary.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with whole_file(folder / BACKGROUND) as temporary:
        np.save(temporary, site.background_mm, allow_pickle=False)


def has_site(folder: Path) -> bool:
    """Whether the run was fitted on depth frames."""
    return (folder / SITE).exists()


def load_site(folder: Path) -> Site:
    """What `save_site` has written.

    Raises InputError where the run was not fitted on depth frames, or its files are damaged.
    """
    if not has_site(folder):
        raise InputError(
            f"{folder} is no run on depth frames; make one with stampnet fit FRAMES --camera camera.yaml --out RUN"
        )
    cameras = read_cameras(folder / CAMERAS)
    try:
        content: Any = yaml.safe_load((folder / SITE).read_text(encoding="utf-8"))
        told = TypeAdapter(_SiteFile).validate_python(content)
        _check(told)
        still = np.load(folder / BACKGROUND, allow_pickle=False)
    except (OSError, EOFError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise InputError(f"{folder} is damaged: {SITE} or {BACKGROUND} cannot be read; fit again") from error
    expected = (len(cameras), *cameras[0].size_px[::-1])
    if still.dtype != np.uint16 or still.shape != expected:
        raise InputError(f"{folder / BACKGROUND} is {still.dtype} {still.shape}, not uint16 {expected}; fit again")
    return Site(cameras, told.ground, still, told.outwards)
