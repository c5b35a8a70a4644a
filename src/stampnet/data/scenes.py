"""Pictures with known answers: images, the boxes of the objects in them, and their classes."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from stampnet.errors import InputError

ImageArray = (
    UInt8[np.ndarray, "B H W"]
    | UInt8[np.ndarray, "B H W C"]
    | Float32[np.ndarray, "B H W"]
    | Float32[np.ndarray, "B H W C"]
)
"""Images outside the network: uint8, or float32 in [0, 1]; grey without a channel axis."""


@dataclass(frozen=True)
class Scenes:
    """B images with up to G objects each.

    An image with fewer than G objects has class -1 and an all-zero box in the places that are left over.
    """

    images: ImageArray
    boxes_xyxy: Float32[np.ndarray, "B G 4"]
    """x0, y0, x1, y1 in pixels, half-open."""
    classes: Int64[np.ndarray, "B G"]
    class_names: tuple[str, ...]
    angles_deg: Float32[np.ndarray, "B G"] | None = None
    """By how much each object is turned from how its class looks by itself, counter-clockwise as seen on the screen;
    nan where there is no object, None where nobody knows."""
    scales: Float32[np.ndarray, "B G"] | None = None
    """How many times as large as by itself each object is; nan and None likewise."""

    def __post_init__(self) -> None:
        if not len(self.images) == len(self.boxes_xyxy) == len(self.classes):
            raise InputError(
                f"images, boxes and classes must be equally many, got {len(self.images)}, "
                f"{len(self.boxes_xyxy)} and {len(self.classes)}"
            )
        if self.classes.size and self.classes.max() >= len(self.class_names):
            raise InputError(
                f"class {self.classes.max()} has no name: only {len(self.class_names)} class names were given"
            )

        for name in ("angles_deg", "scales"):
            field = getattr(self, name)
            if field is not None and field.shape != self.classes.shape:
                raise InputError(f"{name} must have the shape of classes, {self.classes.shape}, got {field.shape}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, which: slice) -> "Scenes":
        return replace(
            self,
            images=self.images[which],
            boxes_xyxy=self.boxes_xyxy[which],
            classes=self.classes[which],
            angles_deg=None if self.angles_deg is None else self.angles_deg[which],
            scales=None if self.scales is None else self.scales[which],
        )
