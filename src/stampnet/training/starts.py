"""Several fits that differ in their seed alone, and the best of them."""

import math
import tempfile
from dataclasses import replace
from pathlib import Path

from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig
from stampnet.training.checkpoint import LAST
from stampnet.training.config import Hardware, MatchingTrainingConfig
from stampnet.training.fitted import Fitted, Start
from stampnet.training.history import write_history
from stampnet.training.pixels import Pixels
from stampnet.training.trainer import train


def best_of_several(
    pixels: Pixels,
    model: MatchingConfig,
    training: MatchingTrainingConfig,
    hardware: Hardware,
    folder: Path | None,
    resume: bool,
    show_progress: bool,
) -> Fitted:
    """Start after start, each in a folder of its own below `starts/`; the one with the least error.

    Ctrl-C ends the start that is running and those to come.
    """
    if hardware.devices > 1:
        raise InputError(
            f"several starts run on one device, got {hardware.devices} devices; ask for one start or one device"
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = folder or Path(scratch)
        done: dict[Start, Fitted] = {}
        for seed in range(training.seed, training.seed + training.num_starts):
            own = folder / "starts" / f"seed-{seed}"
            goes_on = resume and (own / "checkpoints" / LAST).exists()
            fitted = train(pixels, model, replace(training, seed=seed), hardware, own, goes_on, show_progress)
            if fitted.interrupted and done:
                break
            last = fitted.history[-1] if fitted.history else {}
            done[Start(seed, last.get("val_sse") or last.get("train_sse") or math.inf)] = fitted
            if fitted.interrupted:
                break
        best = done[min(done, key=lambda start: start.error)]
        write_history(best.history, folder / "metrics.csv")
    return replace(best, interrupted=fitted.interrupted, starts=tuple(done))
