"""Choices to detections: boxes in pixels, the stamp of each, and how sure the network is."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int64

from stampnet.model.selection_localization import Choices, Logits


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


def to_detections(choices: Choices, logits: Logits, stamp_size: tuple[int, int]) -> list[Detections]:
    """One Detections an image from one-hot choices; the score is their probability at temperature 1."""
    height, width = stamp_size
    stamp, row, column = (choice.argmax(dim=-1) for choice in choices)  # B M each
    boxes = torch.stack([column, row, column + width, row + height], dim=-1).float().cpu().numpy()
    probabilities = [torch.softmax(x, dim=-1) * choice for x, choice in zip(logits, choices, strict=True)]
    score = torch.stack([p.sum(dim=-1) for p in probabilities]).prod(dim=0).float().cpu().numpy()
    stamps = stamp.cpu().numpy()
    return [Detections(b, s, s.copy(), p) for b, s, p in zip(boxes, stamps, score, strict=True)]
