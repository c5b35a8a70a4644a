"""Choices to detections: boxes in pixels, the stamp of each, and how sure the network is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64


@dataclass(frozen=True)
class Detections:
    """The K objects found in one image."""

    boxes_xyxy: Float32[np.ndarray, "K 4"]
    """x0, y0, x1, y1 in pixels, half-open."""
    stamp: Int64[np.ndarray, " K"]
    class_id: Int64[np.ndarray, " K"]
    """The class of each object; without named classes it is the number of its stamp."""
    score: Float32[np.ndarray, " K"]
    """Probability in [0, 1] of the chosen stamp, row and column together."""

    def __len__(self) -> int:
        return len(self.stamp)
