"""A camera file to rays, and pixels with a depth to points above the ground, in metres, and back.

The ground frame is right-handed: z up, the floor at z = 0. Under a camera without tilt and yaw, x runs along image
columns and y against image rows, and the camera stands at (`position_m`, `height_m`). Depth is the distance to the
camera's plane, not the length of the ray.
"""

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from math import cos, radians, sin
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from jaxtyping import Float
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from stampnet.atomic import whole_file
from stampnet.errors import InputError

Metres = Annotated[float, Field(ge=-1e4, le=1e4)]
Pixels = Annotated[float, Field(ge=-1e5, le=1e5)]


@checked(frozen=True, kw_only=True, config={"extra": "forbid"})
class Camera:
    """A pinhole that looks down: what a camera file holds, one for each sensor."""

    name: str = "camera"
    """Told in results where there are several sensors."""
    size_px: tuple[Annotated[int, Field(ge=8, le=8192)], Annotated[int, Field(ge=8, le=8192)]]
    """Width and height of a frame."""
    focal_px: Annotated[float, Field(gt=0, le=1e5)]
    """Focal length in pixels, the same along rows and columns."""
    centre_px: tuple[Pixels, Pixels]
    """Column and row of the principal point."""
    height_m: Annotated[float, Field(gt=0.5, le=100)]
    """Of the camera above the floor."""
    tilt_deg: tuple[Annotated[float, Field(ge=-45, le=45)], Annotated[float, Field(ge=-45, le=45)]] = (0.0, 0.0)
    """Turns of the camera about its x axis (image columns), then about its y axis (image rows)."""
    yaw_deg: Annotated[float, Field(ge=-360, le=360)] = 0.0
    """Turn of the image's columns against the ground's x axis, counter-clockwise as seen from above."""
    position_m: tuple[Metres, Metres] = (0.0, 0.0)
    """Where on the ground the camera stands."""


@lru_cache(maxsize=256)
def rotation(camera: Camera) -> Float[np.ndarray, "3 3"]:
    """Turns a point in the camera's frame (columns, rows, depth) into the ground's axes.

    >>> level = Camera(size_px=(320, 240), focal_px=285, centre_px=(159.5, 119.5), height_m=5.3)
    >>> rotation(level).round(3).tolist()
    [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]]
    """
    about_x, about_y, yaw = (radians(angle) for angle in (*camera.tilt_deg, camera.yaw_deg))
    x = np.array([[1, 0, 0], [0, cos(about_x), -sin(about_x)], [0, sin(about_x), cos(about_x)]])
    y = np.array([[cos(about_y), 0, sin(about_y)], [0, 1, 0], [-sin(about_y), 0, cos(about_y)]])
    z = np.array([[cos(yaw), -sin(yaw), 0], [sin(yaw), cos(yaw), 0], [0, 0, 1]])
    turn = z @ np.diag([1.0, -1.0, -1.0]) @ y @ x
    turn.flags.writeable = False  # it is kept
    return turn


def origin(camera: Camera) -> Float[np.ndarray, "3"]:
    """Where the camera is, in metres."""
    return np.array([*camera.position_m, camera.height_m])


def rays(
    camera: Camera, column_px: Float[np.ndarray, "..."], row_px: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "... 3"]:
    """Direction of each pixel's ray in the ground's axes, of depth one: a point at depth Z is origin + Z ray."""
    across = (column_px - camera.centre_px[0]) / camera.focal_px
    down = (row_px - camera.centre_px[1]) / camera.focal_px
    return np.stack([across, down, np.ones_like(across)], axis=-1) @ rotation(camera).T


def to_ground(
    camera: Camera,
    column_px: Float[np.ndarray, "..."],
    row_px: Float[np.ndarray, "..."],
    depth_m: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "... 3"]:
    """Pixels with a depth to x, y and height above the floor, in metres.

    >>> camera = Camera(size_px=(320, 240), focal_px=285, centre_px=(159.5, 119.5), height_m=5.3)
    >>> to_ground(camera, np.array([259.5]), np.array([119.5]), np.array([3.55])).round(3).tolist()
    [[1.246, 0.0, 1.75]]
    """
    return origin(camera) + depth_m[..., None] * rays(camera, column_px, row_px)


def to_image(
    camera: Camera, xyz_m: Float[np.ndarray, "... 3"]
) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
    """Points in metres to column, row (pixels) and depth (metres); behind the camera there is no pixel (NaN)."""
    across, down, depth = np.moveaxis((xyz_m - origin(camera)) @ rotation(camera), -1, 0)
    ahead = np.where(depth > 1e-6, depth, np.nan)
    return (
        camera.centre_px[0] + camera.focal_px * across / ahead,
        camera.centre_px[1] + camera.focal_px * down / ahead,
        depth,
    )


@dataclass(frozen=True)
class _CameraFile:
    cameras: tuple[Camera, ...]


def read_cameras(path: Path) -> tuple[Camera, ...]:
    """The cameras of a file, one or several.

    Raises InputError where the file is missing or a value cannot be.
    """
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        cameras = TypeAdapter(_CameraFile).validate_python(content).cameras
    except OSError as error:
        raise InputError(f"the camera file {path} cannot be read ({error.strerror}); give its path") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(
            f"{path} is not a camera file: it is not YAML; `stampnet generate pedestrians` writes one"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "cameras"
        given = "" if first["type"] == "missing" else f", it is {first['input']!r:.60}"
        raise InputError(
            f"{path} is not a camera file: {where}: {first['msg']}{given}; a camera has "
            f"{', '.join(one.name for one in fields(Camera))} (pixels, metres, degrees), and `stampnet generate "
            "pedestrians` writes a file to copy"
        ) from error
    if not cameras:
        raise InputError(f"{path} names no camera; `stampnet generate pedestrians` writes a file to copy")
    names = [camera.name for camera in cameras]
    if len(set(names)) < len(names):
        raise InputError(f"two cameras of {path} have one name ({', '.join(sorted(names))}); name them apart")
    return cameras


def write_cameras(cameras: tuple[Camera, ...], path: Path) -> None:
    """Writes what `read_cameras` reads."""
    entries = [
        {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(camera).items()}
        for camera in cameras
    ]
    with whole_file(path) as temporary:
        temporary.write_text(yaml.safe_dump({"cameras": entries}, sort_keys=False), encoding="utf-8")
