"""The name of an installation to its camera and the kind of its sensor."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from stampnet.data.overhead_depth.camera import Camera
from stampnet.errors import InputError

Sensor = Literal["structured light", "time of flight"]


class Preset(NamedTuple):
    """What looks down."""

    camera: Camera
    sensor: Sensor
    tilt_deg: float
    """Standard deviation of the camera's tilt about each image axis; installations are never quite level."""
    dropped_share: tuple[float, float] = (0.0, 0.0)
    """Of the pixels, lost to the projectors of other sensors beside this one: least and most."""


def glow() -> Preset:
    """Stands in for the images of the paper: an Orbbec camera high above a passage."""
    return Preset(
        Camera(name="glow", size_px=(320, 240), focal_px=285, centre_px=(159.5, 119.5), height_m=5.3),
        "structured light",
        1.5,
        (0.01, 0.02),
    )


def gotpd() -> Preset:
    """The Kinect v2 of the GOTPD sample."""
    return Preset(
        Camera(name="gotpd", size_px=(512, 424), focal_px=365, centre_px=(255.5, 211.5), height_m=3.338),
        "time of flight",
        0.15,
    )


def gotpd_half() -> Preset:
    """The same at half resolution."""
    return Preset(
        Camera(name="gotpd-half", size_px=(256, 212), focal_px=182.5, centre_px=(127.75, 105.75), height_m=3.338),
        "time of flight",
        0.15,
    )


def structured_light() -> Preset:
    """A Kinect v1 under a low ceiling."""
    return Preset(
        Camera(name="structured-light", size_px=(640, 480), focal_px=570, centre_px=(319.5, 239.5), height_m=2.5),
        "structured light",
        1.5,
    )


PRESETS: dict[str, Callable[[], Preset]] = {
    "glow": glow,
    "gotpd": gotpd,
    "gotpd-half": gotpd_half,
    "structured-light": structured_light,
}


def preset(name: str) -> Preset:
    """By name.

    >>> preset("gotpd-half").camera.size_px
    (256, 212)
    """
    if name not in PRESETS:
        raise InputError(f"there is no camera {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]()
