"""Batches to a better network: one step of training, one of validation."""

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.optim import NAdam, Optimizer

from stampnet.model.network import StampNetwork
from stampnet.model.selection_localization import most_likely
from stampnet.training.batches import Batch
from stampnet.training.config import TrainingConfig
from stampnet.training.loss import cost_of_bending, squared_error
from stampnet.training.pixels import to_images

WARM_BELOW = 1.0
"""At higher temperatures soft mixtures of stamps are being learned, and an early low error means nothing."""


class StampNetTraining(pl.LightningModule):
    """The paper's training: squared error, Nadam, Gumbel-softmax under a falling temperature.

    Where stamps may bend, doing so has a price: else one stamp could become all others.

    All chance of a step depends on the seed, the number of the step and the process alone, so that a resumed run
    draws what an uninterrupted one would have drawn.
    """

    usage: Tensor

    def __init__(self, network: StampNetwork, training: TrainingConfig) -> None:
        super().__init__()
        self.model = network
        self.annealing, self.learning_rate, self.seed = training.annealing, training.learning_rate, training.seed
        self.keep = training.keep
        # How often each stamp was the favourite of a slot in the current epoch; not part of the model.
        self.register_buffer("usage", torch.zeros(network.config.num_stamps), persistent=False)

    @property
    def num_steps_done(self) -> int:
        """Steps since the beginning of the run."""
        return self.global_step

    @property
    def temperature(self) -> float:
        return self.annealing(self.global_step)

    @property
    def is_comparable(self) -> bool:
        """Whether the temperature is so low that a validation error may name the best epoch."""
        return self.temperature <= max(WARM_BELOW, self.annealing.minimum)

    def configure_optimizers(self) -> Optimizer:
        # Keras' defaults for "nadam"; its epsilon is the authors' global one.
        return NAdam(self.model.parameters(), lr=self.learning_rate, momentum_decay=0.004, eps=1.19e-7)

    def on_train_epoch_start(self) -> None:
        self.usage.zero_()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        chance = np.random.SeedSequence([self.seed, self.global_step, self.global_rank])
        torch.manual_seed(int(chance.generate_state(1, np.uint64)[0] >> 1))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002
        images = to_images(batch.pixels)
        # A tensor, because a compiled network would be compiled anew for every other number.
        temperature = torch.full((), self.temperature, device=images.device)
        reconstruction, choices, deformation = self.model(images, temperature)
        error = squared_error(reconstruction, images)
        favourites = choices.stamp.argmax(-1).flatten()  # counted without bincount, for which a GPU would be waited for
        self.usage.index_add_(0, favourites, torch.ones_like(favourites, dtype=self.usage.dtype))
        self.log("train_sse", error, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(images))
        return error if deformation is None else error + cost_of_bending(deformation, images, self.model.stamp.basis)

    def optimizer_step(self, *args: object, **kwargs: object) -> None:
        super().optimizer_step(*args, **kwargs)  # type: ignore[arg-type]
        self.model.stamp.constrain()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """The error of the most likely choices: unlike the training loss it does not depend on the temperature."""
        images = to_images(batch.pixels)
        logits, deformation = self.model.decisions(images)
        error = squared_error(self.model.stamp(most_likely(logits), deformation), images)
        self.log("val_sse", error, on_epoch=True, sync_dist=True, batch_size=len(images))
