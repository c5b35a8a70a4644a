"""Pictures with known answers: images, the boxes of the objects in them, and their classes."""

from dataclasses import dataclass

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

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, which: slice) -> "Scenes":
        return Scenes(self.images[which], self.boxes_xyxy[which], self.classes[which], self.class_names)
