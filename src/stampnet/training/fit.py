"""Images to a fitted network: training on pytorch-lightning."""

import logging
import math
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

import pytorch_lightning as pl
import torch
from torch.utils.data import BatchSampler, SequentialSampler

from stampnet.errors import InputError
from stampnet.matching.background import constant_background, is_uneven, smooth_background
from stampnet.matching.classes import classified
from stampnet.matching.condense import condensed
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.start import CANDIDATES, first_stamps
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.training.batches import Batch, EpochBatches, Pixels, batches, to_images
from stampnet.training.bending_passes import STIFFNESS, BendingPasses
from stampnet.training.checkpoint import BEST, LAST, KeepLastAndBest, SafetensorsIO, load_checkpoint
from stampnet.training.config import Hardware, MatchingTrainingConfig, PassesConfig, TrainingConfig
from stampnet.training.distillation import Distillation
from stampnet.training.history import History, Row, write_history
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.matching_module import MatchingTraining
from stampnet.training.progress import ProgressLine

FIRST_IMAGES = 2000  # from which background and first stamps are taken
OBJECTS_TO_GROUP, GROUPED_AT_ONCE = 15_000, 256

log = logging.getLogger("stampnet")

Model = StampNetwork | StampMatcher
"""Either way to make choices."""


class Start(NamedTuple):
    """One of several runs that differ in their seed alone."""

    seed: int
    error: float
    """Squared error of the validation images, of those of training where none are held out."""


@dataclass(frozen=True)
class Fitted:
    """A fitted model and how it came about."""

    model: Model
    history: list[Row]
    """One row an epoch, the columns of metrics.csv."""
    interrupted: bool
    """Whether Ctrl-C ended the run early."""
    is_main_process: bool
    """False in the helping processes of a run on several devices: they must write nothing."""
    warning: str | None
    """About stamps that are hardly used."""
    starts: tuple[Start, ...] = ()
    """What each start came to, where there were several; the model is that of the least error."""


def fit(
    pixels: Pixels,
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    hardware: Hardware = Hardware(),  # noqa: B008 (frozen)
    *,
    folder: Path | None = None,
    resume: bool = False,
    show_progress: bool = False,
    teacher: StampMatcher | None = None,
) -> Fitted:
    """Fits a model to images (B, C, H, W), bytes or floats in [0, 1]. A network may have a `teacher`.

    With a `folder`, every epoch updates `metrics.csv` and `checkpoints/`; `resume` continues from there and ends as an
    uninterrupted run would. Ctrl-C returns what has been learned so far.

    Raises InputError where the images do not fit the settings.
    """
    if isinstance(model, MatchingConfig) and model.num_classes is not None:
        alone = fit(
            pixels,
            replace(model, num_classes=None),
            training,
            hardware,
            folder=folder,
            resume=resume,
            show_progress=show_progress,
        )
        return _grouped(alone, pixels, model.num_classes, training.seed)
    if isinstance(training, MatchingTrainingConfig) and training.num_starts > 1:
        return _best_of_several(pixels, model, training, hardware, folder, resume, show_progress)
    train, validation = _split(pixels, training)
    if tuple(pixels.shape[1:]) != (model.num_channels, *model.image_size):
        raise InputError(
            f"the images are {tuple(pixels.shape[1:])} (channels, height, width), but the model expects "
            f"{(model.num_channels, *model.image_size)}"
        )
    with tempfile.TemporaryDirectory() as scratch, _quiet_trainer(), torch.random.fork_rng():
        folder = folder or Path(scratch)
        prune = isinstance(training, MatchingTrainingConfig) and training.prune
        bends = isinstance(model, MatchingConfig) and model.deform != "none"
        history = History(folder / "metrics.csv", warns=not (prune or bends))
        trainer = pl.Trainer(
            max_epochs=training.epochs + (len(STIFFNESS) if bends else 0),
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            strategy=hardware.strategy,
            precision=hardware.precision,
            plugins=[SafetensorsIO()],
            callbacks=[
                history,
                KeepLastAndBest(folder / "checkpoints"),
                *([ProgressLine()] if show_progress else []),
            ],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            default_root_dir=folder,
        )
        sampler = EpochBatches(
            len(train),
            training.batch_size,
            shuffle=training.shuffle,
            seed=training.seed,
            process=trainer.global_rank,
            num_processes=trainer.world_size,
        )
        torch.manual_seed(training.seed)
        module = _module(model, training, train, training.epochs * len(sampler), teacher)
        if hardware.compile:
            module.model.compile()
        interrupted = _run(
            trainer,
            module,
            train_dataloaders=batches(train, sampler),
            val_dataloaders=_validation_batches(validation, trainer) if len(validation) else None,
            ckpt_path=folder / "checkpoints" / LAST if resume else None,
        )
        best = folder / "checkpoints" / BEST
        if module.keep == "best" and not interrupted and trainer.is_global_zero and best.exists():
            module.load_state_dict(load_checkpoint(best)["state_dict"])
        fitted = module.model.cpu().eval()
        if isinstance(fitted, StampMatcher) and prune:
            fitted = condensed(fitted, to_images(train[:FIRST_IMAGES]))
        return Fitted(fitted, history.rows, interrupted, trainer.is_global_zero, history.warning)


def _grouped(fitted: Fitted, pixels: Pixels, num_classes: int | Literal["auto"], seed: int) -> Fitted:
    """The fitted stamps in classes; Ctrl-C leaves them without."""
    if not fitted.is_main_process:
        return fitted
    assert isinstance(fitted.model, StampMatcher)
    matcher = fitted.model
    matcher.config = replace(matcher.config, num_classes=num_classes)
    batches = pixels[: images_to_group(len(pixels), matcher.config.max_shapes)].split(GROUPED_AT_ONCE)
    try:
        grouped = classified(matcher, map(to_images, batches), seed)
    except KeyboardInterrupt:
        matcher.config = replace(matcher.config, num_classes=None)
        return replace(fitted, interrupted=True)
    if num_classes not in ("auto", grouped.config.num_classes):
        log.warning("too few stamps are in use: %s classes instead of %s", grouped.config.num_classes, num_classes)
    return replace(fitted, model=grouped)


def images_to_group(num_images: int, max_shapes: int) -> int:
    """On how many images it is seen which stamps explain the same objects."""
    return max(1, min(num_images, OBJECTS_TO_GROUP // max_shapes))


def _best_of_several(
    pixels: Pixels,
    model: NetworkConfig | MatchingConfig,
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
            fitted = fit(
                pixels,
                model,
                replace(training, seed=seed, num_starts=1),
                hardware,
                folder=own,
                resume=resume and (own / "checkpoints" / LAST).exists(),
                show_progress=show_progress,
            )
            if fitted.interrupted and done:
                break
            last = fitted.history[-1] if fitted.history else {}
            done[Start(seed, last.get("val_sse") or last.get("train_sse") or math.inf)] = fitted
            if fitted.interrupted:
                break
        best = done[min(done, key=lambda start: start.error)]
        write_history(best.history, folder / "metrics.csv")
    return replace(best, interrupted=fitted.interrupted, starts=tuple(done))


def _module(
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    train: Pixels,
    num_steps: int,
    teacher: StampMatcher | None,
) -> StampNetTraining | MatchingTraining:
    """What the trainer drives: a fresh model and how it learns."""
    if isinstance(model, MatchingConfig):
        chance = torch.Generator().manual_seed(training.seed)
        images = to_images(train[: max(FIRST_IMAGES, CANDIDATES * model.num_stamps)])
        if model.background == "auto":
            model = replace(model, background="smooth" if is_uneven(images, model.max_value) else "constant")
        matcher = StampMatcher(model)
        if matcher.is_smooth:
            matcher.background.copy_(smooth_background(images, model.max_value).mean((0, 2, 3))[:, None, None])
        else:
            matcher.background.copy_(constant_background(images, model.max_value))
        finders = matcher.finders
        finders.copy_(first_stamps(matcher.foreground(images), len(finders), model.stamp_size, chance, model.pose))
        bending = BendingPasses(matcher, train, training.seed) if matcher.bends else None
        return MatchingTraining(matcher, num_steps=num_steps, bending=bending)
    assert isinstance(training, TrainingConfig)
    if teacher is None and model.num_classes is not None:
        raise InputError(f"a network groups no stamps by itself, got num_classes={model.num_classes}; give a teacher")
    # Convolutions on a CPU are a quarter faster with the channels last.
    fresh = StampNetwork(model).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if teacher is None:
        return StampNetTraining(fresh, training)
    return Distillation(fresh, training, teacher, num_steps=num_steps, num_images=len(train))


def _split(pixels: Pixels, training: PassesConfig) -> tuple[torch.Tensor, torch.Tensor]:
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


def _validation_batches(pixels: Pixels, trainer: pl.Trainer) -> "torch.utils.data.DataLoader[Batch]":
    share = pixels[trainer.global_rank :: trainer.world_size]
    return batches(share, BatchSampler(SequentialSampler(range(len(share))), batch_size=256, drop_last=False))


def _run(trainer: pl.Trainer, module: pl.LightningModule, **data: object) -> bool:
    """Trains; whether Ctrl-C ended it. The trainer answers Ctrl-C by leaving the program, which we do not want, and a
    request to end (SIGTERM) by going on with a model that is not ready, which we want still less."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM) if on_main_thread}
    try:
        trainer.fit(module, weights_only=False, **data)  # type: ignore[arg-type]
    except SystemExit:
        if not trainer.interrupted:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if trainer.received_sigterm:
        raise SystemExit(128 + signal.SIGTERM)
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
