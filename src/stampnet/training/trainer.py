"""Images to a fitted model: one run of pytorch-lightning."""

import logging
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch.utils.data import BatchSampler, SequentialSampler

from stampnet.errors import InputError
from stampnet.matching.background import constant_background, is_uneven, smooth_background
from stampnet.matching.condense import condensed
from stampnet.matching.matcher import MatchingConfig, StampMatcher, num_finders
from stampnet.matching.start import CANDIDATES, first_stamps
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.training.batches import Batch, EpochBatches, batches
from stampnet.training.bending_passes import STIFFNESS, BendingPasses
from stampnet.training.checkpoint import BEST, LAST, KeepLastAndBest, SafetensorsIO, load_checkpoint
from stampnet.training.config import Hardware, MatchingTrainingConfig, PassesConfig, TrainingConfig
from stampnet.training.distillation import Distillation
from stampnet.training.fitted import Fitted
from stampnet.training.history import History
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.matching_module import MatchingTraining
from stampnet.training.pixels import Pixels, Selection, drawn, to_images
from stampnet.training.progress import ProgressLine
from stampnet.training.stopping import StopWhenExact

FIRST_IMAGES = 2000  # from which background and first stamps are taken
PIXELS_AFTER_CTRL_C = 10**7
"""In which objects are sought, at most, for what is left to do when Ctrl-C has ended a fit: nobody waits for long."""


def train(
    pixels: Pixels,
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    hardware: Hardware,
    folder: Path | None,
    resume: bool,
    show_progress: bool,
    teacher: StampMatcher | None = None,
) -> Fitted:
    """One fit from one start, without classes; see `fit`, which also says what raises InputError."""
    seen, held_out = _split(pixels, training)
    if tuple(pixels.shape[1:]) != (model.num_channels, *model.image_size):
        raise InputError(
            f"the images are {tuple(pixels.shape[1:])} (channels, height, width), but the model expects "
            f"{(model.num_channels, *model.image_size)}"
        )
    if isinstance(model, MatchingConfig) and hardware.precision != "32-true":
        raise InputError(f"matching computes in full precision, got {hardware.precision}; leave precision out")
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
                *([StopWhenExact()] if isinstance(model, MatchingConfig) else []),
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
            len(seen),
            training.batch_size,
            shuffle=training.shuffle,
            seed=training.seed,
            process=trainer.global_rank,
            num_processes=trainer.world_size,
        )
        torch.manual_seed(training.seed)
        module = _module(model, training, seen, training.epochs * len(sampler), teacher)
        if hardware.compile:
            module.model.compile()
        interrupted = _run(
            trainer,
            module,
            train_dataloaders=batches(seen, sampler),
            val_dataloaders=_validation_batches(held_out, trainer) if len(held_out) else None,
            ckpt_path=folder / "checkpoints" / LAST if resume else None,
        )
        best = folder / "checkpoints" / BEST
        if module.keep == "best" and not interrupted and trainer.is_global_zero and best.exists():
            module.load_state_dict(load_checkpoint(best)["state_dict"])
        fitted = module.model.cpu().eval()
        if isinstance(fitted, StampMatcher) and prune:
            number = after_ctrl_c(FIRST_IMAGES, pixels.shape[2:]) if interrupted else FIRST_IMAGES
            fitted = condensed(fitted, to_images(seen[:number]))
        return Fitted(fitted, history.rows, interrupted, trainer.is_global_zero, history.warning)


def after_ctrl_c(number: int, size: Sequence[int]) -> int:
    """Of so many images of this height and width those that can be searched quickly.

    >>> after_ctrl_c(2000, (28, 28)), after_ctrl_c(2000, (224, 224))
    (2000, 199)
    """
    return min(number, max(1, PIXELS_AFTER_CTRL_C // (size[0] * size[1])))


def _module(
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    seen: Selection,
    num_steps: int,
    teacher: StampMatcher | None,
) -> StampNetTraining | MatchingTraining:
    """What the trainer drives: a fresh model and how it learns."""
    if isinstance(model, MatchingConfig):
        chance = torch.Generator().manual_seed(training.seed)
        images = to_images(seen[: max(FIRST_IMAGES, CANDIDATES * num_finders(model.num_stamps, model.deform))])
        if model.background == "auto":
            model = replace(model, background="smooth" if is_uneven(images, model.max_value) else "constant")
        matcher = StampMatcher(model)
        if matcher.is_smooth:
            matcher.background.copy_(smooth_background(images, model.max_value).mean((0, 2, 3))[:, None, None])
        else:
            matcher.background.copy_(constant_background(images, model.max_value))
        finders = matcher.finders
        finders.copy_(
            first_stamps(
                matcher.foreground(images),
                len(finders),
                model.stamp_size,
                chance,
                model.pose,
                is_crowd=model.is_crowd,
                on_grid=model.search.on_grid,
            )
        )
        bending = BendingPasses(matcher, seen, training.seed) if matcher.bends else None
        return MatchingTraining(matcher, num_steps=num_steps, bending=bending)
    assert isinstance(training, TrainingConfig)
    if teacher is None and model.num_classes is not None:
        raise InputError(f"a network groups no stamps by itself, got num_classes={model.num_classes}; give a teacher")
    # Convolutions on a CPU are a quarter faster with the channels last.
    fresh = StampNetwork(model).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if teacher is None:
        return StampNetTraining(fresh, training)
    return Distillation(fresh, training, teacher, num_steps=num_steps, num_images=len(seen))


def _split(pixels: Pixels, training: PassesConfig) -> tuple[Selection, Selection]:
    """Images for training, and others for validation: for matching drawn from all, for the network the first and those
    after them, as in the authors' code."""
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
    order = drawn(len(pixels)) if isinstance(training, MatchingTrainingConfig) else torch.arange(len(pixels))
    seen, held_out = order[:num_train], order[num_train : num_train + training.num_validation]
    return Selection(pixels, seen), Selection(pixels, held_out)


def _validation_batches(held_out: Selection, trainer: pl.Trainer) -> "torch.utils.data.DataLoader[Batch]":
    share = Selection(held_out.pixels, held_out.numbers[trainer.global_rank :: trainer.world_size])
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
