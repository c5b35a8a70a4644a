"""Errors of the epochs so far to the end of a fit that has nothing left to learn."""

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from stampnet.training.matching_module import MatchingTraining

EXACT = 1e-6
"""Squared error of an image, the mean, that is rounding only: objects of a single grey level leave more."""
SETTLED = 0.5
"""Part of the run after which the threshold between objects and noise is known, too."""


class StopWhenExact(Callback):
    """Ends a fit by matching where the stamps explain all images exactly, those of validation, too: further passes
    would find the same stamps. Where stamps bend, the passes in which they do follow, and the fit goes on."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, MatchingTraining)
        if pl_module.bending is not None or pl_module.num_steps_done < SETTLED * pl_module.num_steps:
            return
        errors = [
            float(trainer.callback_metrics[name])
            for name in ("train_sse", "val_sse")
            if name in trainer.callback_metrics
        ]
        if max(errors) < EXACT:
            trainer.should_stop = True
