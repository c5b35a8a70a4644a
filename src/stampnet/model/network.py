"""Image to reconstruction: the whole network of the paper (figure 1)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Int64
from torch import Generator, Tensor, nn

from stampnet.errors import InputError
from stampnet.model.config import ModelConfig, at_least_one
from stampnet.model.deformation import Deformation
from stampnet.model.deformation_head import DeformationHead
from stampnet.model.encoder import Encoder
from stampnet.model.selection_localization import (
    Choices,
    Logits,
    SelectionLocalization,
    choose,
)
from stampnet.model.stamp import StampLayer
from stampnet.notation import Images


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(ModelConfig):
    """Sizes of the network. Defaults are those of the authors' code."""

    engine: Literal["network"] = "network"
    block_channels: tuple[int, ...] = (16, 32, 64, 128, 128)
    """Channels of the encoder's blocks; each block halves the map."""
    num_features: int = 256
    """Length of the encoder's vector."""
    head_features: int = 128
    """Width of the hidden layer of each head."""
    dropout: float = 0.2
    """Share of the encoder's values that are dropped while training, from 0 to below 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(
            num_features=self.num_features,
            head_features=self.head_features,
            **{"the smallest of block_channels": min(self.block_channels, default=1)},
        )
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}")
        if self.num_classes == "auto":
            raise InputError("a network has the classes of its teacher, got num_classes='auto'; give their number")


class Decisions(NamedTuple):
    """What the network says of a batch of images, before any chance; in float32 also under autocast."""

    logits: Logits
    """How likely each stamp, row and column is."""
    deformation: Deformation | None
    """How the stamp in each slot is changed; None where stamps keep their form."""


class Output(NamedTuple):
    """What the network makes of a batch of images."""

    reconstruction: Images
    choices: Choices
    deformation: Deformation | None
    """None where stamps keep their form."""


class StampNetwork(nn.Module):
    """Encoder, selection-and-localisation layer, stamp layer; where stamps may bend, a head that says how.

    Images are B x C x H x W with values in [0, max_value].
    """

    class_of_stamp: Int64[Tensor, " N"]
    """Its teacher's; not among the weights where each stamp is a class of its own, as in the authors' files."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.encode = Encoder(
            config.num_channels, config.image_size, config.block_channels, config.num_features, config.dropout
        )
        self.decide = SelectionLocalization(
            config.num_features, config.head_features, config.max_shapes, config.num_stamps, config.positions
        )
        self.stamp = StampLayer(
            config.num_stamps, config.num_channels, config.stamp_size, config.max_value, config.deform
        )
        self.register_buffer(
            "class_of_stamp", torch.arange(config.num_stamps), persistent=config.num_classes is not None
        )
        self.encode.apply(_initialise)
        self.decide.apply(_initialise)
        # After all others, which so begin with the weights of a network whose stamps keep their form.
        self.deform: DeformationHead | None = None
        if config.deform != "none":
            num_functions = len(self.stamp.basis)
            self.deform = DeformationHead(config.num_features, config.head_features, config.max_shapes, num_functions)
            self.deform.apply(_initialise)
            self.deform.keep_form()

    def forward(self, images: Images, temperature: float | Tensor, generator: Generator | None = None) -> Output:
        """One relaxed sample of the choices and the image it gives: what training sees."""
        logits, deformation = self.decisions(images)
        choices = choose(logits, temperature, generator)
        return Output(self.stamp(choices, deformation), choices, deformation)

    def decisions(self, images: Images) -> Decisions:
        """What each slot holds, and how it is bent."""
        features = self.encode(images)
        logits = Logits(*(x.float() for x in self.decide(features)))
        if self.deform is None:
            return Decisions(logits, None)
        return Decisions(logits, Deformation(*(x.float() for x in self.deform(features))))

    def logits(self, images: Images) -> Logits:
        """How likely each stamp, row and column is."""
        return self.decisions(images).logits


@torch.no_grad()
def _initialise(layer: nn.Module) -> None:
    """Glorot's uniform weights and biases of 0, as Keras starts its layers."""
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            layer.bias.zero_()
