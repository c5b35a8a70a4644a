"""Epochs to rows of numbers: what is written to metrics.csv, and the first sign of dead stamps."""

import csv
import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from jaxtyping import Int64
from pytorch_lightning.callbacks import Callback

from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.matching_module import MatchingTraining

log = logging.getLogger("stampnet")

Row = dict[str, float | int | None]
COLUMNS = (
    "epoch",
    "step",
    "temperature",
    "train_sse",
    "val_sse",
    "stamps_used",
    "seconds",
    "images_per_second",
)
HARDLY = 0.05  # a stamp with less than this part of its fair share, 1 / N, counts as dead


def stamps_used(usage: Int64[np.ndarray, " N"]) -> int:
    """How many stamps take at least a twentieth of their fair share of the placements.

    >>> stamps_used(np.array([98, 1, 1, 0]))
    1
    """
    return int((usage > HARDLY * usage.sum() / len(usage)).sum())


def advice(used: int, num_stamps: int) -> str:
    """What to do about stamps that are hardly used."""
    return (
        f"{num_stamps - used} of {num_stamps} stamps are hardly used: if shapes are missing or blurred, train longer "
        f"or with another seed; if not, num_stamps={used} is enough"
    )


def write_history(rows: list[Row], path: Path) -> None:
    """One line for each epoch; what was not measured is empty."""
    with whole_file(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def read_history(path: Path) -> list[Row]:
    """The rows of a metrics.csv; none where the file does not exist.

    Raises InputError where a field is not a number.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            return [
                {key: float(value) if value else None for key, value in row.items()} for row in csv.DictReader(file)
            ]
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is not a table of numbers ({error}); remove it or fit again") from error


class History(Callback):
    """Collects a row an epoch and writes the table after each; a resumed run continues its table."""

    def __init__(self, path: Path, *, warns: bool = True) -> None:
        self.path = path
        self.warns = warns
        """Whether stamps that are hardly used are worth a word; not where they are dropped in the end."""
        self.rows: list[Row] = []
        self.warning: str | None = None
        self._started = 0.0

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "warning": self.warning}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows, self.warning = state_dict["rows"], state_dict["warning"]

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, StampNetTraining | MatchingTraining)
        usage = trainer.strategy.reduce(pl_module.usage, reduce_op="sum").cpu().numpy().astype(np.int64)
        seconds = time.perf_counter() - self._started
        metrics = trainer.callback_metrics
        sampler = trainer.train_dataloader.sampler  # type: ignore[union-attr]
        images = len(sampler) * sampler.batch_size
        self.rows.append(
            {
                "epoch": trainer.current_epoch,
                "step": pl_module.num_steps_done,
                "temperature": round(pl_module.temperature, 6),
                "train_sse": float(metrics["train_sse"]),
                "val_sse": float(metrics["val_sse"]) if "val_sse" in metrics else None,
                "stamps_used": stamps_used(usage),
                "seconds": round(seconds, 3),
                "images_per_second": round(images / seconds, 1),
            }
        )
        self._warn_early(pl_module.temperature, stamps_used(usage), len(usage))
        if trainer.is_global_zero:
            write_history(self.rows, self.path)

    def _warn_early(self, temperature: float, used: int, num_stamps: int) -> None:
        """Once, when the choices have become clear enough to tell, and early enough to stop and start again."""
        if self.warns and self.warning is None and temperature <= 1 and used < num_stamps:
            self.warning = advice(used, num_stamps)
            log.warning(self.warning)
