"""How a model is fitted, and on what."""

from dataclasses import dataclass, field
from typing import Literal

from stampnet.errors import InputError
from stampnet.model.config import at_least_one
from stampnet.training.annealing import Annealing


@dataclass(frozen=True, kw_only=True)
class PassesConfig:
    """Which images are seen, how often, in what order."""

    epochs: int
    """Passes over the training images."""
    num_train: int | None = None
    """Train on so many images only; None takes all that validation leaves."""
    num_validation: int = 0
    """Images that are held out to tell how well the run goes."""
    batch_size: int = 64
    """Images in a step, all processes together."""
    shuffle: bool = True
    """A new order every epoch; the authors' runs kept one order."""
    seed: int = 0
    """Of the first stamps or weights, the order of the images and the noise."""

    def __post_init__(self) -> None:
        at_least_one(epochs=self.epochs, batch_size=self.batch_size)
        for name in ("num_train", "num_validation", "seed"):
            if (getattr(self, name) or 0) < 0:
                raise InputError(f"{name} must be at least 0, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(PassesConfig):
    """How the network is trained. Defaults are those of the authors' code where it has one."""

    engine: Literal["network"] = "network"
    annealing: Annealing = field(default_factory=Annealing)
    """How the temperature falls."""
    learning_rate: float = 0.002
    """Of Nadam."""
    keep: Literal["best", "last"] = "best"
    """Which epoch becomes the model: least validation error at low temperature, or simply the last one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate must be above 0, got {self.learning_rate}")
        if self.keep not in ("best", "last"):
            raise InputError(f"keep must be 'best' or 'last', got {self.keep!r}")


@dataclass(frozen=True, kw_only=True)
class MatchingTrainingConfig(PassesConfig):
    """How the stamps of matching are fitted; stamps that bend are learned in five passes more, after the epochs."""

    engine: Literal["matching"] = "matching"
    batch_size: int = 256
    num_starts: int = 1
    """Runs with seeds from `seed` upwards, of which the one with the least squared error is kept."""
    prune: bool = False
    """Whether stamps that are hardly used are dropped in the end, and near-duplicates merged (see `condensed`)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(num_starts=self.num_starts)


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the run is computed on; it does not change what is learned beyond rounding."""

    accelerator: str = "auto"
    """As the trainer names them: auto, cpu, gpu, mps."""
    devices: int = 1
    """Processes or GPUs on this machine."""
    strategy: str = "auto"
    """As the trainer names them: auto, ddp."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """bf16-mixed runs the network's encoder in half precision; stamping, errors and all of matching stay in float32."""
    compile: bool = False
    """Whether torch.compile makes the network faster; the first step then takes a minute."""
