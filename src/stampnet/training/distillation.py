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
from stampnet.model.deformation import Deformation
from stampnet.model.network import Decisions, NetworkConfig, StampNetwork
from stampnet.model.selection_localization import most_likely
from stampnet.training.batches import Batch
from stampnet.training.config import TrainingConfig
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.loss import squared_error
from stampnet.training.memory import Memory
from stampnet.training.pixels import to_images

BLACK = 0.02
"""The part of the largest value up to which a background counts as black, the only one that the network knows."""

DROPOUT = 0.0
"""Few passes do not overfit."""
MOMENTUM = 0.1
"""Of the means in batch normalisation: the authors' are too slow for a run of a few hundred steps."""


TOLERANCE = 0.5
"""Pixels (or parts of the strength) by which a coefficient may well be off: to bend a stamp wrongly by a pixel then
costs 2, about what it costs to place it wrongly by one."""


class Distillation(StampNetTraining):
    """Supervised training: the likelihood of the placements that matching finds on each batch, and of their bending.

    Where stamps bend, the squared error is added: coefficients that suit the teacher's choices do not suit others, such
    as a stamp that is nearly as good or a place one pixel off.

    The network keeps the teacher's stamps and classes. There is no chance in the choices, hence no temperature; the
    learning rate falls to 0 along a half cosine.
    """

    def __init__(
        self, network: StampNetwork, training: TrainingConfig, teacher: StampMatcher, *, num_steps: int, num_images: int
    ) -> None:
        super().__init__(network, training)
        _check(network.config, teacher)
        self.teacher = teacher.requires_grad_(False)
        self.num_steps = num_steps
        self.memory = Memory(num_images)
        network.stamp.requires_grad_(False)
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                layer.momentum = MOMENTUM
        with torch.no_grad():
            network.stamp.stamps.copy_(teacher.stamp.stamps)
            network.class_of_stamp.copy_(teacher.class_of_stamp)

    @property
    def temperature(self) -> float:
        return 0.0

    def configure_optimizers(self) -> tuple[list[Optimizer], list[dict[str, object]]]:  # type: ignore[override]
        optimizer = super().configure_optimizers()
        schedule = LambdaLR(optimizer, lambda step: 0.5 + 0.5 * math.cos(math.pi * min(step / self.num_steps, 1)))
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:  # noqa: ARG002
        images = to_images(batch.pixels)

        def teach(new: Int64[Tensor, " K"]) -> tuple[Tensor, ...]:
            with torch.autocast(images.device.type, enabled=False):
                state = self.teacher.explain(images[new])
            return *state.placements, state.bends, state.tones

        *placed, bends, tones = self.memory.recall(batch.numbers, teach)
        placements, taught = Placements(*placed), Deformation(bends, tones)
        decisions = self.model.decisions(images)
        self.usage += torch.bincount(placements.stamp[placements.present], minlength=len(self.usage))
        error = squared_error(self.model.stamp(most_likely(decisions.logits), decisions.deformation), images)
        self.log("train_sse", error, on_step=False, on_epoch=True, sync_dist=True, batch_size=len(images))
        loss = surprise(decisions, placements, taught)
        # Its gradient is that of the coefficients alone: to fit what the network has chosen, right or wrong.
        return loss if decisions.deformation is None else loss + error


def taught_network(teacher: MatchingConfig) -> NetworkConfig:
    """The network of the paper with the sizes of its teacher, and without dropout."""
    return NetworkConfig(
        **{one.name: getattr(teacher, one.name) for one in fields(ModelConfig)},
        dropout=DROPOUT,
    )


def surprise(decisions: Decisions, placements: Placements, taught: Deformation) -> Tensor:
    """Negative log-likelihood of the placements, and of their coefficients where stamps bend, the mean over the images.

    Slots have no order: those of the network are assigned to those of the teacher so that the sum is least. Empty slots
    ask for nothing.
    """
    cost = sum(_cross(x, index) for x, index in zip(decisions.logits, placements[:3], strict=True))
    assert isinstance(cost, Tensor)
    if decisions.deformation is not None:
        cost = cost + _misbent(decisions.deformation, taught)
    cost = cost * placements.present[:, None, :]
    assigned = _assignment(cost.detach())
    return (cost * assigned).sum() / len(cost)


def _cross(logits: Float[Tensor, "B M K"], index: Int64[Tensor, "B M"]) -> Float[Tensor, "B M M"]:
    """The negative log-likelihood of each of the teacher's choices (last axis) by each slot of the network."""
    number = index[:, None, :].expand(-1, logits.shape[1], -1)
    return -F.log_softmax(logits, dim=-1).gather(2, number)


def _misbent(deformation: Deformation, taught: Deformation) -> Float[Tensor, "B M M"]:
    """The same for the coefficients, normally distributed around those of the network, but for a constant.

    Coefficients are orthonormal: their squared differences add up to the mean square, over the frame, of the pixels by
    which the displacements differ.
    """
    squared = [
        (ours[:, :, None] - theirs[:, None]).flatten(3).square().sum(3)
        for ours, theirs in zip(deformation, taught, strict=True)
    ]
    return (squared[0] + squared[1]) / (2 * TOLERANCE**2)


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
    pose = teacher.config.pose
    if not pose.is_fixed:
        raise InputError(
            "the network's stamps turn and scale no further than they bend, but this teacher's by "
            f"{pose.max_angle_deg} degrees and factors of {pose.scale_range}; fit one without max_angle and scale_range"
        )
    for name in (one.name for one in fields(ModelConfig)):
        if getattr(network, name) != getattr(teacher.config, name):
            raise InputError(
                f"the network must have its teacher's {name}, {getattr(teacher.config, name)}, "
                f"got {getattr(network, name)}"
            )
