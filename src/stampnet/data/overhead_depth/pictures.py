"""What was rendered to pictures: measured depth, bytes, masks and labels, with all that is known of each image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int16, UInt8, UInt16

from stampnet.data.overhead_depth.capture import capture
from stampnet.data.overhead_depth.encoding import Encoding, encode
from stampnet.data.overhead_depth.labels import Labels, joined_labels, label
from stampnet.data.overhead_depth.people import Thing
from stampnet.data.overhead_depth.render import Rendered
from stampnet.data.overhead_depth.site import Site

ENCODINGS: dict[bool, dict[Encoding, float]] = {
    True: {"far10": 0.8, "far5": 0.2},
    False: {"far10": 0.65, "far5": 0.20, "near": 0.15},
}
"""Shares of the ways in which depth becomes bytes: of the paper's images, and of others."""


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """B images of overhead depth maps."""

    depth_mm: UInt16[np.ndarray, "B H W"]
    """0: no measurement."""
    images: UInt8[np.ndarray, "B H W"]
    """Encoded as a network sees them."""
    masks: Int16[np.ndarray, "B H W"]
    """Instances of labels; -1 is floor, -2 what stands still."""
    labels: Labels
    columns: dict[str, np.ndarray]
    """One value for each image: mode, placement, encoding, sensor, site, cut_m, and its camera."""
    times: dict[str, np.ndarray] = field(default_factory=dict)
    """Of a clip: `fps`; of each frame, its number in `frame`, and `time_s`."""


def draw_encoding(rng: np.random.Generator, is_glow: bool) -> Encoding:
    """How an image becomes bytes."""
    shares = ENCODINGS[is_glow]
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]


def pictures_of(
    rng: np.random.Generator,
    site: Site,
    things: Sequence[Sequence[Thing]],
    seen: Sequence[Rendered],
    first: int,
    known: Mapping[str, object],
) -> Pictures:
    """Successive frames of one camera, numbered from `first`; `known` is the same for all."""
    kind = draw_encoding(rng, known["placement"] == "glow")
    depth = capture(rng, site, [one.view for one in seen], things)
    camera = site.camera
    columns = {
        **known,
        "encoding": kind,
        "sensor": site.sensor,
        "cut_m": site.cut_m,
        "camera_height_m": camera.height_m,
        "camera_focal_px": camera.focal_px,
        "camera_centre_px": camera.centre_px,
        "camera_tilt_deg": camera.tilt_deg,
    }
    return Pictures(
        depth_mm=depth,
        images=encode(depth, camera.height_m, site.cut_m, kind, rng),
        masks=np.stack([one.view.shows for one in seen]),
        labels=joined_labels(
            [
                label(first + number, camera, present, one, site.cut_m)
                for number, (present, one) in enumerate(zip(things, seen, strict=True))
            ]
        ),
        columns={name: np.array([value] * len(seen)) for name, value in columns.items()},
    )


def joined_pictures(parts: Sequence[Pictures]) -> Pictures:
    """One after the other."""

    def all_of(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return Pictures(
        depth_mm=all_of("depth_mm"),
        images=all_of("images"),
        masks=all_of("masks"),
        labels=joined_labels([part.labels for part in parts]),
        columns=joined_labels([part.columns for part in parts]),
    )
