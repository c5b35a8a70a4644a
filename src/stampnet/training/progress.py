"""Training to a line that people can watch: share done, error, temperature, time left."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.matching_module import MatchingTraining


class ProgressLine(Callback):
    """One bar over all steps of a run, on standard error; nothing where that is not a terminal."""

    def __init__(self) -> None:
        columns = (
            TextColumn("fitting"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} % {task.description}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._console = Console(stderr=True)
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._task: TaskID | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        if trainer.is_global_zero and self._console.is_terminal:
            self._task = self._progress.add_task("", total=trainer.estimated_stepping_batches)
            self._progress.start()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: object,  # noqa: ARG002
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        assert isinstance(pl_module, StampNetTraining | MatchingTraining)
        if self._task is None or not isinstance(outputs, dict):
            return
        text = f"epoch {trainer.current_epoch} error {outputs['loss']:.1f}"
        if pl_module.temperature:
            text += f" temperature {pl_module.temperature:.2f}"
        self._progress.update(self._task, completed=pl_module.num_steps_done, description=text)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        self._progress.stop()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:  # noqa: ARG002
        self._progress.stop()
