"""The same fits and searches on the CPU and on the GPU: how fast each is, and whether both find the same."""

import time
from dataclasses import replace

import torch
from rich.console import Console

from stampnet.benchmarks.classes import FEW
from stampnet.benchmarks.record import Measured
from stampnet.data.recipe import make_scenes
from stampnet.data.scenes import Scenes
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, num_finders
from stampnet.metrics.evaluation import score
from stampnet.model.deformation import Deform
from stampnet.model.network import NetworkConfig
from stampnet.predictor import StampNet
from stampnet.report.page import Table
from stampnet.training.annealing import Annealing
from stampnet.training.config import Hardware, MatchingTrainingConfig, TrainingConfig
from stampnet.training.defaults import matching_for
from stampnet.training.fit import fit
from stampnet.training.pixels import Pixels, to_pixels
from stampnet.training.presets import preset

ROW = "t-mnist-2"
BENDING = 4
"""Stamps that bend, which take longer, learn from so many times fewer images and are scored on so many times fewer."""
MATCHED: tuple[tuple[str, Deform, int, int], ...] = (
    ("matching, 40 stamps", "none", FEW, 1),
    ("matching, 300 stamps that bend", "smooth", 300, BENDING),
)
HEADER = ("method", "device", "CorLoc", "IoU (union)", "purity", "training images/s", "images/s in detection")


def devices_table(*, num_train: int = 4_000, num_test: int = 2_000, steps: tuple[int, int] = (10, 400)) -> Measured:
    """Matching to the end, the network for so many `steps` on the CPU and on the GPU.

    Raises InputError where there is no GPU.
    """
    if not torch.cuda.is_available():
        raise InputError("this machine has no GPU that torch can use; the other benchmarks need none")
    base = preset(ROW)
    assert base.recipe is not None
    pixels = to_pixels(make_scenes(replace(base.recipe, num_images=num_train)).images, 255.0)
    test = make_scenes(replace(base.recipe, num_images=num_test, split="test"))
    lines = []
    network = preset(f"{ROW}-as-run").model
    for precision in ("32-true", "bf16-mixed"):
        for device, number in zip(("cpu", "cuda"), steps, strict=True):
            training = TrainingConfig(epochs=1, num_train=64 * number, annealing=Annealing(), keep="last")
            seen = pixels[torch.arange(64 * number) % num_train]
            hardware = Hardware(accelerator=_NAMES[device], precision=precision)
            line = _line(seen, test, network, training, device, hardware)
            lines.append((f"network of the paper, {precision}", device, "", "", "", *line[4:]))
    for name, deform, num_stamps, part in MATCHED:
        model = replace(base.model, deform=deform, num_stamps=num_stamps)
        some = pixels[: num_train // part]
        passes = matching_for(len(some), num_finders(num_stamps, deform), model.max_shapes)
        lines += [(name, *_line(some, test[: num_test // part], model, passes, device)) for device in ("cpu", "cuda")]
    return Measured(
        Table("On the CPU and on the GPU", HEADER, tuple(lines)),
        (
            (
                f"{ROW}; GPU: {torch.cuda.get_device_name()}; CPU: {torch.get_num_threads()} threads of the same "
                f"machine. Matching learns from {num_train} images and is scored on {num_test} test images, a "
                f"{BENDING}th of these where stamps bend; training "
                "images a second count each image as often as it is passed over, with all that a fit does besides. "
                f"The network trains for {steps[0]} steps of 64 images on the CPU and {steps[1]} on the GPU, which is "
                "far too few to find anything, so only its speed is told. Detection copies images to the device and "
                "boxes back."
            ),
        ),
    )


_NAMES = {"cpu": "cpu", "cuda": "gpu"}
"""What the trainer calls them."""


def _line(
    pixels: Pixels,
    test: Scenes,
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    device: str,
    hardware: Hardware | None = None,
) -> tuple[str, ...]:
    """The line of the table from the device on."""
    hardware = hardware or Hardware(accelerator=_NAMES[device])
    few = replace(training, epochs=1, num_train=len(pixels[: 2 * training.batch_size]))
    fit(pixels, replace(model, deform="none"), few, hardware)  # what is done once in a process does not count
    start = time.perf_counter()
    fitted = fit(pixels, model, training, hardware)
    seconds = time.perf_counter() - start
    passes = len(fitted.history)
    estimator = StampNet.from_model(fitted.model).to(device)
    estimator.detect(test.images[:256])
    start = time.perf_counter()
    found = estimator.detect(test.images)
    searched = time.perf_counter() - start
    paper = score(test, found, model.num_stamps).paper
    line = (
        device,
        *(f"{number:.4f}" for number in (paper.corloc, paper.iou, paper.purity)),
        f"{passes * len(pixels) / seconds:.0f}",
        f"{len(test) / searched:.0f}",
    )
    Console(stderr=True, highlight=False).print(model.engine, *line)
    return line
