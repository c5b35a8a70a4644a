"""What was computed for images in one epoch, for the epochs after it."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Int64
from torch import Tensor

Compute = Callable[[Int64[Tensor, " K"]], tuple[Tensor, ...]]
"""What is to be remembered of K images of a batch, named by their places in it: tensors with K rows each."""


class Memory:
    """Tensors with a row for each of `num_images` images, computed when an image is first seen.

    It is lost with the process: each process remembers the images that it has seen.
    """

    def __init__(self, num_images: int) -> None:
        self.num_images = num_images
        self._is_known: Bool[Tensor, " images"] = torch.zeros(num_images, dtype=torch.bool)
        self._rows: tuple[Tensor, ...] = ()

    def recall(self, numbers: Int64[Tensor, " B"], compute: Compute) -> tuple[Tensor, ...]:
        """The rows of a batch of images, given by their numbers; `compute` is asked for those that are not known."""
        self._is_known = self._is_known.to(numbers.device)
        new = (~self._is_known[numbers]).nonzero()[:, 0]
        if len(new):
            computed = compute(new)
            if not self._rows:
                self._rows = tuple(rows.new_zeros(self.num_images, *rows.shape[1:]) for rows in computed)
            for rows, values in zip(self._rows, computed, strict=True):
                rows[numbers[new]] = values
            self._is_known[numbers[new]] = True
        return tuple(rows[numbers] for rows in self._rows)
