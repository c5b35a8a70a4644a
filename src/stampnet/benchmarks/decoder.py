"""Separable decoder against the paper's convolution: seconds a training step, and their ratio."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from stampnet.benchmarks.record import Measured
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Choices, choose
from stampnet.model.stamp import press
from stampnet.notation import Images, Stamps
from stampnet.report.page import Table
from stampnet.training.loss import squared_error


def press_by_convolution(stamps: Stamps, choices: Choices) -> Images:
    """Equations 1 and 2 as the paper writes them: spread the choices over a map, convolve it with the stamps.

    The reference for `press`: the same image, for H W h w N multiply-adds an image.
    """
    height, width = stamps.shape[-2:]
    placements = torch.einsum("bmn,bmy,bmx->bnyx", *choices)  # equation 1, summed over the slots
    padding = (width - 1, width - 1, height - 1, height - 1)
    return F.conv2d(F.pad(placements, padding), stamps.flip(-2, -1).transpose(0, 1))  # equation 2


@dataclass(frozen=True)
class DecoderTiming:
    """Median seconds for one batch."""

    num_stamps: int
    part: str
    """forward: the decoder alone; forward+backward: the decoder alone; training step: encoder, decoder and loss."""
    separable_seconds: float
    convolution_seconds: float

    @property
    def ratio(self) -> float:
        return self.convolution_seconds / self.separable_seconds


def time_decoders(
    num_stamps: int, *, max_shapes: int = 2, batch_size: int = 64, canvas: int = 84, repeats: int = 3
) -> list[DecoderTiming]:
    """Times both decoders in turn, A B A B, in the paper's setting of 28 x 28 stamps."""
    torch.manual_seed(0)
    config = NetworkConfig(
        image_size=(canvas, canvas), stamp_size=(28, 28), num_stamps=num_stamps, max_shapes=max_shapes
    )
    network = StampNetwork(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images = torch.rand(batch_size, 1, canvas, canvas)
    with torch.no_grad():
        logits = network.logits(images)
    choices = Choices(*(choice.requires_grad_() for choice in choose(logits, 1.0)))
    stamps = network.stamp.stamps

    def forward(decode: Callable[[Stamps, Choices], Images]) -> Tensor:
        with torch.no_grad():
            return decode(stamps, choices)

    def both_ways(decode: Callable[[Stamps, Choices], Images]) -> None:
        decode(stamps, choices).sum().backward()

    def training_step(decode: Callable[[Stamps, Choices], Images]) -> None:
        chosen = choose(network.logits(images), 1.0)
        squared_error(decode(stamps, chosen).clamp(max=1), images).backward()

    parts = {"forward": forward, "forward+backward": both_ways, "training step": training_step}
    return [
        DecoderTiming(num_stamps, part, *_alternate(run, (press, press_by_convolution), repeats))
        for part, run in parts.items()
    ]


def _alternate(
    run: Callable[[Callable[[Stamps, Choices], Images]], object],
    decoders: tuple[Callable[[Stamps, Choices], Images], Callable[[Stamps, Choices], Images]],
    repeats: int,
) -> tuple[float, float]:
    """Median seconds of each decoder: in turn, so that a machine that slows down slows both."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for repeat in range(repeats + 1):
        for decoder, times in zip(decoders, seconds, strict=True):
            start = time.perf_counter()
            run(decoder)
            if repeat > 0:  # the first round warms up
                times.append(time.perf_counter() - start)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def decoder_table(numbers_of_stamps: tuple[int, ...] = (10, 40), repeats: int = 3) -> Measured:
    """Both decoders at 84 x 84 pixels, M = 2, batch 64, for each number of stamps."""
    rows = [
        (
            str(timing.num_stamps),
            timing.part,
            f"{timing.separable_seconds * 1e3:.1f}",
            f"{timing.convolution_seconds * 1e3:.1f}",
            f"{timing.ratio:.1f}",
        )
        for num_stamps in numbers_of_stamps
        for timing in time_decoders(num_stamps, repeats=repeats)
    ]
    header = ("N", "part", "separable, ms a batch", "convolution, ms a batch", "ratio")
    return Measured(
        Table("Separable decoder against the paper's convolution", header, tuple(rows)),
        (
            (
                f"84 x 84 pixels, 28 x 28 stamps, M = 2, batch 64, {torch.get_num_threads()} threads, seed 0, median "
                f"of {repeats} after a warm-up, both in turn in one process. The training step is encoder, decoder and "
                "loss, forward and backward, without the optimiser."
            ),
        ),
    )
