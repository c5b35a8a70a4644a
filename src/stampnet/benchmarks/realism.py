"""Crops of pedestrians to how the authors' network takes them: its weights hold moments of the images it learned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64, Int64, UInt8
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from stampnet.data.data_home import data_home
from stampnet.errors import InputError
from stampnet.metrics.assignment import box_iou
from stampnet.metrics.clustering import contingency, purity
from stampnet.metrics.localization import corloc
from stampnet.model.network import StampNetwork
from stampnet.model.selection_localization import Choices, most_likely, sampled
from stampnet.training.keras_weights import import_weights

BOX_PX, RELEASED_BOX_PX = 40, 28
"""Side of a stamp, and of the boxes in the evaluation as released."""
BATCH = 64


@dataclass(frozen=True)
class Located:
    """Scores of the stamp nearest to the label, an oracle's choice among three, as the authors' code has it."""

    corloc: float
    iou: float
    released_corloc: float
    """With boxes of 28 pixels, which the released code lays at the corners of stamps of 40."""
    released_iou: float
    purity: float
    """Two classes: the nearest stamp, and all others."""
    median_px: float
    """Distance of its middle from the label."""
    rmse_px: float


@dataclass(frozen=True)
class Moments:
    """How far the mean and variance of the activations lie from those of the authors' images, by layer, 1 to 6."""

    mean_z2: tuple[float, ...]
    """Mean over channels of (m - mu)^2 / (sigma^2 + 1e-4)."""
    log_var2: tuple[float, ...]
    """Mean over channels of the squared logarithm of s^2 / (sigma^2 + 1e-6)."""


def pedestrian_network(weights: Path | None = None) -> StampNetwork:
    """The authors' network for pedestrians; `weights` is the folder of the files, else `official_weights` in the home.

    Raises InputError where the files are not there.
    """
    folder = weights or data_home() / "official_weights"
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; put pedestrian.hdf5 and pedestrian.json there")
    return import_weights(folder / "pedestrian.hdf5", folder / "pedestrian.json")


@torch.inference_mode()
def locate(
    network: StampNetwork,
    images: UInt8[np.ndarray, "B H W"],
    centre_px: Float64[np.ndarray, "B 2"],
    seed: int | None = None,
) -> tuple[Located, float]:
    """Scores and the mean squared error of the most likely choices, or of a sample; labels are columns and rows."""
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    corners, stamps, error = [], [], 0.0
    for batch in _batches(images):
        logits = network.logits(batch)
        choices: Choices = most_likely(logits) if generator is None else sampled(logits, generator)
        error += float((network.stamp(choices) - batch).square().sum())
        corners.append(torch.stack([choices.column.argmax(-1), choices.row.argmax(-1)], -1).numpy())
        stamps.append(choices.stamp.argmax(-1).numpy())
    scores = score_nearest(np.concatenate(corners), np.concatenate(stamps), centre_px)
    return scores, error / len(images)


def score_nearest(
    corners: Int64[np.ndarray, "B M 2"], stamps: Int64[np.ndarray, "B M"], centre_px: Float64[np.ndarray, "B 2"]
) -> Located:
    """By the rules of the authors' code. A label's box may stick out of the image, and is not cut there.

    A stamp of -1 is a slot that is empty; an image in which all are has an overlap of 0, and no distance.

    >>> corners, stamps = np.array([[[5, 5], [30, 30]]]), np.array([[0, 1]])
    >>> score_nearest(corners, stamps, np.array([[29.0, 25.0]])).iou.__round__(3)
    0.818
    """
    label = np.ceil(centre_px) - BOX_PX // 2
    placed = stamps >= 0
    nearest = np.where(placed, np.abs(corners - label[:, None]).sum(-1), np.inf).argmin(1)
    corner, found = corners[np.arange(len(corners)), nearest], placed.any(1)
    overlaps = [found * box_iou(_boxes(label, box), _boxes(corner, box))[:, 0, 0] for box in (BOX_PX, RELEASED_BOX_PX)]
    is_nearest = (np.arange(corners.shape[1]) == nearest[:, None]).astype(np.int64)
    table = contingency(stamps[placed], is_nearest[placed], int(stamps.max(initial=0)) + 1, 2)
    distance = np.linalg.norm(corner + BOX_PX / 2 - centre_px, axis=1)[found]
    return Located(
        corloc(overlaps[0]),
        float(overlaps[0].mean()),
        corloc(overlaps[1]),
        float(overlaps[1].mean()),
        purity(table, int(placed.sum())),
        float(np.median(distance)),
        float(np.sqrt((distance**2).mean())),
    )


def _boxes(corner: np.ndarray, box_px: int) -> Float64[np.ndarray, "B 1 4"]:
    return np.concatenate([corner, corner + box_px], -1).astype(float)[:, None]


@torch.inference_mode()
def moments(network: StampNetwork, images: UInt8[np.ndarray, "B H W"], seed: int = 0) -> Moments:
    """Of what enters the encoder's batch normalisations, with dropout at work as in training."""
    layers = [block[2] for block in network.encode.blocks] + [network.encode.summary[2]]  # type: ignore[index]
    sums = [torch.zeros(2, layer.num_features, dtype=torch.float64) for layer in layers]
    counts = [0] * len(layers)

    def watch(number: int) -> RemovableHandle:
        def add(_: nn.Module, inputs: tuple[Tensor]) -> None:
            values = inputs[0].double()
            sums[number] += torch.stack([values.sum((0, 2, 3)), values.square().sum((0, 2, 3))])
            counts[number] += values.numel() // values.shape[1]

        return layers[number].register_forward_pre_hook(add)

    hooks = [watch(number) for number in range(len(layers))]
    with _dropping(network, seed):
        for batch in _batches(images):
            network.encode(batch)
    for hook in hooks:
        hook.remove()
    mean_z2, log_var2 = [], []
    for layer, total, count in zip(layers, sums, counts, strict=True):
        mean, square = total / count
        variance = (square - mean**2).clamp_min(0)
        stored_mean, stored_variance = layer.running_mean.double(), layer.running_var.double()
        mean_z2.append(float(((mean - stored_mean) ** 2 / (stored_variance + 1e-4)).mean()))
        log_var2.append(float((variance / (stored_variance + 1e-6)).log().square().mean()))
    return Moments(tuple(mean_z2), tuple(log_var2))


@contextmanager
def _dropping(network: StampNetwork, seed: int) -> Iterator[None]:
    """Dropout as in training, all else as at test time."""
    dropouts = [layer for layer in network.encode.modules() if isinstance(layer, nn.Dropout)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in dropouts:
            layer.train()
        try:
            yield
        finally:
            network.eval()


def _batches(images: UInt8[np.ndarray, "B H W"]) -> Iterator[Tensor]:
    for start in range(0, len(images), BATCH):
        yield torch.from_numpy(images[start : start + BATCH]).float()[:, None] / 255
