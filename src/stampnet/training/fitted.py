"""What a fit gives."""

from dataclasses import dataclass
from typing import NamedTuple

from stampnet.matching.matcher import StampMatcher
from stampnet.model.network import StampNetwork
from stampnet.training.history import Row

Model = StampNetwork | StampMatcher
"""Either way to make choices."""


class Start(NamedTuple):
    """One of several runs that differ in their seed alone."""

    seed: int
    error: float
    """Squared error of the validation images, of those of training where none are held out."""


@dataclass(frozen=True)
class Fitted:
    """A fitted model and how it came about."""

    model: Model
    history: list[Row]
    """One row an epoch, the columns of metrics.csv."""
    interrupted: bool
    """Whether Ctrl-C ended the run early."""
    is_main_process: bool
    """False in the helping processes of a run on several devices: they must write nothing."""
    warning: str | None
    """About stamps that are hardly used."""
    starts: tuple[Start, ...] = ()
    """What each start came to, where there were several; the model is that of the least error."""
