"""Images to a fitted network: training on pytorch-lightning."""

import logging
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytorch_lightning as pl
import torch
from torch.utils.data import BatchSampler, SequentialSampler

from stampnet.errors import InputError
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.training.annealing import Annealing
from stampnet.training.batches import EpochBatches, Pixels, batches
from stampnet.training.checkpoint import BEST, LAST, KeepLastAndBest, SafetensorsIO, load_checkpoint
from stampnet.training.history import History, Row
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.progress import ProgressLine

WARM_BELOW = 1.0  # the temperature under which a validation error may name the best epoch


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained. Defaults are those of the authors' code where it has one."""

    epochs: int
    """Passes over the training images."""
    annealing: Annealing = field(default_factory=Annealing)
    """How the temperature falls."""
    num_train: int | None = None
    """Train on the first so many images only; None takes all that validation leaves."""
    num_validation: int = 0
    """Images, after those of training, that are held out to tell how well the run goes."""
    batch_size: int = 64
    """Images in a step, all processes together."""
    shuffle: bool = True
    """A new order every epoch; the authors' runs kept one order."""
    learning_rate: float = 0.002
    """Of Nadam."""
    keep: Literal["best", "last"] = "best"
    """Which epoch becomes the model: least validation error at low temperature, or simply the last one."""
    seed: int = 0
    """Of the first weights, the order of the images and the noise."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("num_train", "num_validation", "seed"):
            if (getattr(self, name) or 0) < 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be above 0, got {self.learning_rate}")
        if self.keep not in ("best", "last"):
            raise InputError(f"keep must be 'best' or 'last', got {self.keep!r}")


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the run is computed on; it does not change what is learned beyond rounding."""

    accelerator: str = "auto"
    """As the trainer names them: auto, cpu, gpu, mps."""
    devices: int = 1
    """Processes or GPUs on this machine."""
    strategy: str = "auto"
    """As the trainer names them: auto, ddp."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """bf16-mixed runs the encoder in half precision; stamping and errors stay in float32."""
    compile: bool = False
    """Whether torch.compile makes the network faster; the first step then takes a minute."""


@dataclass(frozen=True)
class Fitted:
    """A trained network and how it came about."""

    network: StampNetwork
    history: list[Row]
    """One row an epoch, the columns of metrics.csv."""
    interrupted: bool
    """Whether Ctrl-C ended the run early."""
    is_main_process: bool
    """False in the helping processes of a run on several devices: they must write nothing."""
    warning: str | None
    """About stamps that are hardly used."""


def fit(
    pixels: Pixels,
    network: NetworkConfig,
    training: TrainingConfig,
    hardware: Hardware = Hardware(),
    *,
    folder: Path | None = None,
    resume: bool = False,
    show_progress: bool = False,
) -> Fitted:
    """Trains a network on images (B, C, H, W), bytes or floats in [0, 1].

    With a `folder`, every epoch updates `metrics.csv` and `checkpoints/`; `resume` continues from there and ends as an
    uninterrupted run would. Ctrl-C returns what has been learned so far.

    Raises InputError where the images do not fit the settings.
    """
    train, validation = _split(pixels, training)
    if tuple(pixels.shape[1:]) != (network.num_channels, *network.image_size):
        raise InputError(
            f"the images are {tuple(pixels.shape[1:])} (channels, height, width), but the network expects "
            f"{(network.num_channels, *network.image_size)}"
        )
    with tempfile.TemporaryDirectory() as scratch, _quiet_trainer(), torch.random.fork_rng():
        folder = folder or Path(scratch)
        history = History(folder / "metrics.csv")
        trainer = pl.Trainer(
            max_epochs=training.epochs,
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            strategy=hardware.strategy,
            precision=hardware.precision,
            plugins=[SafetensorsIO()],
            callbacks=[
                history,
                KeepLastAndBest(folder / "checkpoints", warm_below=max(WARM_BELOW, training.annealing.minimum)),
                *([ProgressLine()] if show_progress else []),
            ],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            default_root_dir=folder,
        )
        torch.manual_seed(training.seed)
        # Convolutions on a CPU are a quarter faster with the channels last.
        fresh = StampNetwork(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        module = StampNetTraining(
            fresh,
            annealing=training.annealing,
            learning_rate=training.learning_rate,
            seed=training.seed,
        )
        if hardware.compile:
            module.network.compile()
        sampler = EpochBatches(
            len(train),
            training.batch_size,
            shuffle=training.shuffle,
            seed=training.seed,
            process=trainer.global_rank,
            num_processes=trainer.world_size,
        )
        interrupted = _run(
            trainer,
            module,
            train_dataloaders=batches(train, sampler),
            val_dataloaders=_validation_batches(validation, trainer) if len(validation) else None,
            ckpt_path=folder / "checkpoints" / LAST if resume else None,
        )
        best = folder / "checkpoints" / BEST
        if training.keep == "best" and not interrupted and trainer.is_global_zero and best.exists():
            module.load_state_dict(load_checkpoint(best)["state_dict"])
        return Fitted(module.network.cpu().eval(), history.rows, interrupted, trainer.is_global_zero, history.warning)


def _split(pixels: Pixels, training: TrainingConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """The first images for training, those after them for validation."""
    num_train = len(pixels) - training.num_validation if training.num_train is None else training.num_train
    if num_train + training.num_validation > len(pixels):
        raise InputError(
            f"{num_train} images for training and {training.num_validation} for validation were asked for, but there "
            f"are only {len(pixels)}; lower num_train or num_validation"
        )
    if num_train < training.batch_size:
        raise InputError(
            f"{num_train} training images do not fill one batch of {training.batch_size}; "
            "give more images or lower batch_size"
        )
    return pixels[:num_train], pixels[num_train : num_train + training.num_validation]


def _validation_batches(pixels: Pixels, trainer: pl.Trainer) -> "torch.utils.data.DataLoader[torch.Tensor]":
    share = pixels[trainer.global_rank :: trainer.world_size]
    return batches(share, BatchSampler(SequentialSampler(range(len(share))), batch_size=256, drop_last=False))


def _run(trainer: pl.Trainer, module: StampNetTraining, **data: object) -> bool:
    """Trains; whether Ctrl-C ended it. The trainer answers Ctrl-C by leaving the program, which we do not want."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    on_interrupt = signal.getsignal(signal.SIGINT) if on_main_thread else None
    try:
        trainer.fit(module, weights_only=False, **data)  # type: ignore[arg-type]
    except SystemExit:
        if not trainer.interrupted:
            raise
    finally:
        if on_main_thread:
            signal.signal(signal.SIGINT, on_interrupt)
    return trainer.interrupted


@contextmanager
def _quiet_trainer() -> Iterator[None]:
    """Silences the trainer's advice, which is about settings that are ours."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pytorch_lightning|lightning_fabric")
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
