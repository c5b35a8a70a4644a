"""Matching's placements to a network: the paper's encoder taught what matching has found."""

import math
from dataclasses import fields

import torch
from jaxtyping import Bool, Float, Int64
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.placements import Placements
from stampnet.model.config import ModelConfig
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Logits, most_likely
from stampnet.training.batches import Pixels, to_images
from stampnet.training.config import TrainingConfig
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.loss import squared_error

BLACK = 0.02
"""The part of the largest value up to which a background counts as black, the only one that the network knows."""

MOMENTUM = 0.1
"""Of the means in batch normalisation: the authors' are too slow for a run of a few hundred steps."""


class Distillation(StampNetTraining):
    """Supervised training: the likelihood of the placements that matching finds on each batch.

    The network keeps the teacher's stamps. There is no chance in the choices, hence no temperature; the learning rate
    falls to 0 along a half cosine.
    """

    def __init__(self, network: StampNetwork, training: TrainingConfig, teacher: StampMatcher, num_steps: int) -> None:
        super().__init__(network, training)
        _check(network.config, teacher)
        self.teacher = teacher.requires_grad_(False)
        self.num_steps = num_steps
        network.stamp.requires_grad_(False)
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.momentum = MOMENTUM
        with torch.no_grad():
            network.stamp.stamps.copy_(teacher.stamp.stamps)

    @property
    def temperature(self) -> float:
        return 0.0

    def configure_optimizers(self) -> tuple[list[Optimizer], list[dict[str, object]]]:  # type: ignore[override]
        optimizer = super().configure_optimizers()
        schedule = LambdaLR(optimizer, lambda step: 0.5 + 0.5 * math.cos(math.pi * min(step / self.num_steps, 1)))
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def training_step(self, batch: Pixels, batch_idx: int) -> Tensor:  # noqa: ARG002
        images = to_images(batch)
        with torch.autocast(images.device.type, enabled=False):
            placements = self.teacher.explain(images).placements
        logits = self.model.logits(images)
        self.usage += torch.bincount(placements.stamp[placements.present], minlength=len(self.usage))
        error = squared_error(self.model.stamp(most_likely(logits)), images)
        self.log("train_sse", error, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(images))
        return surprise(logits, placements)


def taught_network(teacher: MatchingConfig) -> NetworkConfig:
    """The network of the paper with the sizes of its teacher, and without dropout: few passes do not overfit."""
    return NetworkConfig(
        **{one.name: getattr(teacher, one.name) for one in fields(ModelConfig)},
        dropout=0.0,
    )


def surprise(logits: Logits, placements: Placements) -> Tensor:
    """Negative log-likelihood of the placements, the mean over the images.

    Slots have no order: those of the network are assigned to those of the teacher so that the sum is least. Empty slots
    ask for nothing.
    """
    cost = sum(_cross(x, index) for x, index in zip(logits, placements[:3], strict=True))
    assert isinstance(cost, Tensor)
    cost = cost * placements.present[:, None, :]
    assigned = _assignment(cost.detach())
    return (cost * assigned).sum() / len(cost)


def _cross(logits: Float[Tensor, "B M K"], index: Int64[Tensor, "B M"]) -> Float[Tensor, "B M M"]:
    """The negative log-likelihood of each of the teacher's choices (last axis) by each slot of the network."""
    number = index[:, None, :].expand(-1, logits.shape[1], -1)
    return -F.log_softmax(logits, dim=-1).gather(2, number)


def _assignment(cost: Float[Tensor, "B M M"]) -> Bool[Tensor, "B M M"]:
    chosen = torch.zeros(cost.shape, dtype=torch.bool)
    for k, one in enumerate(cost.cpu().numpy()):
        chosen[(k, *linear_sum_assignment(one))] = True
    return chosen.to(cost.device)


def _check(network: NetworkConfig, teacher: StampMatcher) -> None:
    if teacher.is_smooth or bool((teacher.background > BLACK * network.max_value).any()):
        raise InputError(
            "the network knows no background but black, and this teacher's is "
            f"{'a smooth field' if teacher.is_smooth else teacher.background.flatten().tolist()}; subtract it first"
        )
    for name in (one.name for one in fields(ModelConfig)):
        if getattr(network, name) != getattr(teacher.config, name):
            raise InputError(
                f"the network must have its teacher's {name}, {getattr(teacher.config, name)}, "
                f"got {getattr(network, name)}"
            )
