"""Images to batches: the same shuffled order for the same seed and epoch, split between processes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from stampnet.training.pixels import Pixels, Selection


class Batch(NamedTuple):
    """Some images of a set, and which they are."""

    pixels: Pixels
    numbers: Int64[Tensor, " B"]
    """The places of the images in the set: the same in every epoch."""


class _Batches(Dataset[Batch]):
    """Gives a whole batch for a list of numbers: one gather instead of one call for each image."""

    def __init__(self, pixels: Pixels | Selection) -> None:
        self.pixels = pixels

    def __getitem__(self, which: list[int]) -> Batch:
        return Batch(self.pixels[which], torch.tensor(which))


class EpochBatches(Sampler[list[int]]):
    """Numbers of the images of each batch; the order depends on seed and epoch alone.

    `batch_size` counts the images of all processes together: each takes every `num_processes`-th image of a batch,
    so that two processes see the batches that one would. Images that do not fill a batch wait for another epoch.
    """

    def __init__(
        self,
        num_images: int,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        process: int = 0,
        num_processes: int = 1,
    ) -> None:
        self.num_images, self.batch_size = num_images, batch_size
        self.shuffle, self.seed = shuffle, seed
        self.process, self.num_processes = process, num_processes
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.num_images // self.batch_size

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(self.num_images)
        if self.shuffle:
            np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            batch = order[start : start + self.batch_size]
            yield batch[self.process :: self.num_processes].tolist()


def batches(pixels: Pixels | Selection, sampler: Sampler[list[int]]) -> "DataLoader[Batch]":
    """Batches of `pixels` in the order of `sampler`."""
    return DataLoader(_Batches(pixels), sampler=sampler, batch_size=None, pin_memory=torch.cuda.is_available())
