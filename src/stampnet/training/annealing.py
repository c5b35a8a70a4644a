"""Training step to temperature (section 3.3)."""

from dataclasses import dataclass
from math import exp, log
from typing import Literal

from stampnet.errors import InputError
from stampnet.model.config import at_least_one


@dataclass(frozen=True, kw_only=True)
class Annealing:
    """tau(t) = max(minimum, initial * exp(-rate * t)), with t in epochs.

    >>> Annealing()(step=0)
    7.0
    >>> Annealing()(step=400 * 128)
    0.2
    """

    initial: float = 7.0
    """Temperature of the first step."""
    minimum: float = 0.2
    """Temperature that is kept once it is reached."""
    rate: float = 0.01
    """Decay for each epoch of `steps_per_epoch` steps."""
    steps_per_epoch: int = 128
    """Steps by which t grows by 1; the authors always count 128, whatever the data."""
    update: Literal["step", "epoch"] = "step"
    """Whether t grows with every step (the authors' code) or jumps with every epoch (the paper)."""

    def __post_init__(self) -> None:
        if not 0 < self.minimum <= self.initial:
            raise InputError(
                f"temperatures must satisfy 0 < minimum <= initial, got minimum {self.minimum} "
                f"and initial {self.initial}"
            )
        if self.rate < 0:
            raise InputError(f"the annealing rate must be at least 0, got {self.rate}")
        at_least_one(steps_per_epoch=self.steps_per_epoch)
        if self.update not in ("step", "epoch"):
            raise InputError(f"update must be 'step' or 'epoch', got {self.update!r}")

    def __call__(self, step: int) -> float:
        """Temperature of training step `step`, counted from 0."""
        epochs = step // self.steps_per_epoch if self.update == "epoch" else step / self.steps_per_epoch
        return max(self.minimum, self.initial * exp(-self.rate * epochs))

    @classmethod
    def over(
        cls, num_steps: int, *, initial: float = 7.0, minimum: float = 0.2, reached_at: float = 0.6
    ) -> "Annealing":
        """A schedule that reaches its minimum after the share `reached_at` of `num_steps` steps.

        >>> round(Annealing.over(1000, reached_at=0.5)(500), 6)
        0.2
        """
        if not 0 < reached_at <= 1:
            raise InputError(f"reached_at must be above 0 and at most 1, got {reached_at}")
        rate = log(initial / minimum) / (reached_at * max(num_steps, 1))
        return cls(initial=initial, minimum=minimum, rate=rate, steps_per_epoch=1)
