"""Features to choices: which stamp, which row, which column, by the Gumbel-softmax (section 3.3)."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from stampnet.model.encoder import BATCH_NORM_EPS, BATCH_NORM_MOMENTUM, LEAKY_SLOPE
from stampnet.notation import Features

GUMBEL_EPS = torch.finfo(torch.float32).eps  # the authors' bound: noise stays within about [-2.8, 15.9]
LOGIT_MOMENTUM = 0.2  # 0.8 in Keras' way of counting


class Choices(NamedTuple):
    """For each of M slots one distribution over stamps, one over rows and one over columns.

    Soft while training; one-hot once a choice has been made.
    """

    stamp: Float[Tensor, "B M N"]
    row: Float[Tensor, "B M Y"]
    column: Float[Tensor, "B M X"]


class Logits(NamedTuple):
    """Unnormalised log-probabilities of the choices."""

    stamp: Float[Tensor, "B M N"]
    row: Float[Tensor, "B M Y"]
    column: Float[Tensor, "B M X"]


def gumbel_noise(logits: Float[Tensor, "*shape"], generator: Generator | None = None) -> Float[Tensor, "*shape"]:
    """Standard Gumbel noise of the shape of `logits`, bounded as in the authors' code."""
    uniform = torch.empty_like(logits).uniform_(generator=generator)
    return -torch.log(-torch.log(uniform + GUMBEL_EPS) + GUMBEL_EPS)


def choose(logits: Logits, temperature: float | Tensor, generator: Generator | None = None) -> Choices:
    """Gumbel-softmax: a relaxed sample of each choice, the closer to one-hot the lower the temperature.

    Soft, without a straight-through step, as in the authors' code. `temperature` is above 0.
    """
    return Choices(*(torch.softmax((x + gumbel_noise(x, generator)) / temperature, dim=-1) for x in logits))


def one_hot(scores: Float[Tensor, "B M K"]) -> Float[Tensor, "B M K"]:
    """1 at the largest score of each slot, 0 elsewhere."""
    return torch.zeros_like(scores).scatter_(-1, scores.argmax(dim=-1, keepdim=True), 1.0)


def most_likely(logits: Logits) -> Choices:
    """The most likely stamp, row and column of each slot, one-hot: no noise, no temperature."""
    return Choices(*(one_hot(x) for x in logits))


def sampled(logits: Logits, generator: Generator | None = None) -> Choices:
    """One exact sample of each choice, one-hot: the paper's evaluation, which keeps the noise on at test time.

    The paper's temperature of 0.01 leaves the argmax of the noisy logits, as any temperature near 0 does.
    """
    return Choices(*(one_hot(x + gumbel_noise(x, generator)) for x in logits))


class SelectionLocalization(nn.Module):
    """Three heads on one vector of features: stamp, row and column of each of `max_shapes` slots.

    The logits pass LeakyReLU and batch normalisation, as in the authors' code: the learned scale of that last
    normalisation is what sharpens the softmax.
    """

    def __init__(
        self,
        num_features: int,
        head_features: int,
        max_shapes: int,
        num_stamps: int,
        positions: tuple[int, int],
    ) -> None:
        super().__init__()
        rows, columns = positions
        self.stamp = _head(num_features, head_features, max_shapes, num_stamps)
        self.row = _head(num_features, head_features, max_shapes, rows)
        self.column = _head(num_features, head_features, max_shapes, columns)

    def forward(self, features: Features) -> Logits:
        return Logits(self.stamp(features), self.row(features), self.column(features))


def _head(num_features: int, head_features: int, max_shapes: int, num_choices: int) -> nn.Sequential:
    logits = max_shapes * num_choices
    return nn.Sequential(
        nn.Linear(num_features, head_features),
        nn.LeakyReLU(LEAKY_SLOPE),
        nn.BatchNorm1d(head_features, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
        nn.Linear(head_features, logits),
        nn.LeakyReLU(LEAKY_SLOPE),
        nn.BatchNorm1d(logits, eps=BATCH_NORM_EPS, momentum=LOGIT_MOMENTUM),
        nn.Unflatten(1, (max_shapes, num_choices)),
    )
