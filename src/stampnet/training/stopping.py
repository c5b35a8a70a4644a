"""Errors of the epochs so far to the end of a fit that has nothing left to learn."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from stampnet.training.matching_module import MatchingTraining

EXACT = 0.05 / 255
"""Error of a pixel (root of the mean square) that is rounding only: a twentieth of a grey level."""
SETTLED = 0.5
"""Part of the run after which the threshold between objects and noise is known, too."""


class StopWhenExact(Callback):
    """Ends a fit by matching where the stamps explain all images exactly, those of validation, too: further passes
    would find the same stamps. Where stamps bend, the passes in which they do follow, and the fit goes on."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, MatchingTraining)
        if pl_module.bending is not None or pl_module.num_steps_done < SETTLED * pl_module.num_steps:
            return
        config, metrics = pl_module.model.config, trainer.callback_metrics
        num_values = config.num_channels * config.image_size[0] * config.image_size[1]
        error = max(float(metrics[name]) for name in ("train_sse", "val_sse") if name in metrics)
        if error < num_values * EXACT**2:
            trainer.should_stop = True
