"""What a person asks for, and images of some kind, to the configs of a model and of its training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np

from stampnet.data.plan import Plan, plan_for
from stampnet.data.preparation import Background as PreparedBackground
from stampnet.data.preparation import Polarity
from stampnet.errors import InputError
from stampnet.matching.matcher import Background, MatchingConfig, num_finders
from stampnet.matching.poses import PoseConfig
from stampnet.matching.search import FEW
from stampnet.matching.sought import AS_CAMERAS_GIVE
from stampnet.model.config import at_least_one, check_pair
from stampnet.model.deformation import Deform
from stampnet.model.network import NetworkConfig
from stampnet.training.config import MatchingTrainingConfig, TrainingConfig
from stampnet.training.defaults import AUTO, Beginning, beginning, deform_for, matching_for, training_for

Engine = Literal["matching", "network"]

ENGINES: dict[str, type[NetworkConfig] | type[MatchingConfig]] = {"matching": MatchingConfig, "network": NetworkConfig}
"""How choices are made, and what configures that."""

ONLY_MATCHING: dict[str, tuple[object, str]] = {
    "background": ("auto", "the network knows no background but black"),
    "polarity": (None, "the network knows no background but black"),
    "colour": (None, "the network sees images as they are"),
    "max_angle": (0.0, "the network's stamps turn no further than they bend"),
    "scale_range": ((1.0, 1.0), "the network's stamps grow no further than they bend"),
    "num_classes": (None, "matching groups stamps into classes"),
    "num_starts": (1, "the network has one start"),
}
"""Settings that the network must leave as they are, and why."""
T = TypeVar("T")


class ImageKind(NamedTuple):
    """How many images there are, and of which height, width and number of channels."""

    number: int
    size: tuple[int, int]
    num_channels: int

    @classmethod
    def of(cls, images: np.ndarray) -> "ImageKind":
        """Of an array (B, H, W[, C])."""
        return cls(len(images), (images.shape[1], images.shape[2]), images.shape[3] if images.ndim == 4 else 1)


@dataclass(frozen=True)
class Settings:
    """What `StampNet` is told of models and training; for what each means see there.

    Raises InputError where one of them is of the wrong kind, or asks the network for what matching alone can do.
    """

    engine: Engine
    num_stamps: int | Literal["auto"]
    max_shapes: int | Literal["auto"]
    stamp_size: int | tuple[int, int] | Literal["auto"]
    background: Background | PreparedBackground
    polarity: Polarity | Literal["auto"] | None
    colour: bool | Literal["auto"] | None
    deform: Deform | None
    max_angle: float
    scale_range: tuple[float, float]
    num_classes: int | Literal["auto"] | None
    epochs: int | None
    batch_size: int | None
    num_starts: int

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {self.engine!r}")
        if self.engine == "network":
            check_for_network(vars(self))
        if self.max_shapes != AUTO:
            at_least_one(max_shapes=self.max_shapes)
        if self.stamp_size != AUTO:
            check_pair("stamp_size", pair(self.stamp_size), "whole numbers")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Settings":
        """Of all of these, with Python's numbers and tuples for those of NumPy."""
        return cls(**{field.name: plain(given[field.name]) for field in fields(cls)})

    def is_laid_out(self, sizes: Sequence[tuple[int, int]]) -> bool:
        """Whether images of these heights and widths are prepared and cut into tiles: where sizes are to be found from
        them, something is said of how they were made, or they are of several sizes."""
        asked = AUTO in (self.max_shapes, self.stamp_size)
        told = self.background in ("each", "static") or self.polarity is not None or self.colour is not None
        return asked or told or len(set(sizes)) > 1

    def plan(self, sample: Sequence[np.ndarray], largest: tuple[int, int]) -> Plan:
        """How images of which these are some are laid out, and what is sought in them.

        Raises InputError where the engine is not matching, or the settings do not fit the images.
        """
        if self.engine != "matching":
            raise InputError(
                f"images are laid out in tiles for matching, got engine {self.engine}; give num_stamps, max_shapes and "
                "stamp_size as numbers and images of one size"
            )
        return plan_for(
            sample,
            largest,
            stamp_size=None if self.stamp_size == AUTO else pair(self.stamp_size),
            max_shapes=known(self.max_shapes),
            colour=known(self.colour),
            background=known(self.background),
            polarity=known(self.polarity),
            may_lie_on_grid=self.keeps_form,
        )

    def model(self, kind: ImageKind, plan: Plan | None = None) -> NetworkConfig | MatchingConfig:
        """The model for such images, or tiles of images."""
        chosen = self._beginning(kind.number, plan)
        stamp_size, max_shapes = self._sizes(plan)
        # The paper's network knows no background: objects lie on black.
        own: dict[str, Any] = {}
        if self.engine == "matching":
            own = {"pose": self.pose}
            own |= {"background": self.background} if plan is None else as_planned(plan)
        return ENGINES[self.engine](
            image_size=kind.size,
            stamp_size=stamp_size,
            num_stamps=chosen.num_stamps,
            max_shapes=max_shapes,
            num_channels=kind.num_channels,
            deform=chosen.deform,
            num_classes=self.num_classes,
            **own,
        )

    def training(self, num_images: int, seed: int, plan: Plan | None = None) -> TrainingConfig | MatchingTrainingConfig:
        """How to fit so many images, or tiles of images."""
        passes: dict[str, Any] = {"epochs": self.epochs, "batch_size": self.batch_size, "seed": seed}
        if self.engine == "network":
            return training_for(num_images, **passes)
        chosen = self._beginning(num_images, plan)
        finders = num_finders(chosen.num_stamps, chosen.deform)
        return matching_for(
            num_images, finders, self._objects(plan), num_starts=self.num_starts, prune=chosen.prune, **passes
        )

    @property
    def keeps_form(self) -> bool:
        """Whether stamps neither bend nor turn nor scale."""
        return self.pose.is_fixed and deform_for(self.deform, self.num_classes, self.pose) == "none"

    @property
    def pose(self) -> PoseConfig:
        return PoseConfig(max_angle_deg=self.max_angle, scale_range=self.scale_range)

    def _sizes(self, plan: Plan | None) -> tuple[tuple[int, int], int]:
        """Height and width of a stamp, and objects in an image or tile at most."""
        if plan is not None:
            return plan.stamp_size, plan.max_shapes
        # Whatever is to be found needs a plan, see `is_laid_out`.
        assert self.stamp_size != AUTO
        assert self.max_shapes != AUTO
        return pair(self.stamp_size), self.max_shapes

    def _objects(self, plan: Plan | None) -> int | float:
        """Objects in an image at most, in a tile about."""
        return self._sizes(plan)[1] if plan is None else plan.expected

    def _beginning(self, num_images: int, plan: Plan | None) -> Beginning:
        return beginning(
            self.num_stamps,
            self.num_classes,
            self.deform,
            self.pose,
            lambda: round(num_images * self._objects(plan)),
        )


def check_for_network(given: Mapping[str, Any]) -> None:
    """Raises InputError where what is given asks the network for what matching alone can do."""
    for name, (default, why) in ONLY_MATCHING.items():
        if given.get(name, default) != default:
            raise InputError(f"{why}, got {name}={given[name]!r}; leave it out or use engine matching")
    if given.get("num_stamps") == AUTO:
        raise InputError("the network takes a number of stamps, got 'auto'; give one or use engine matching")


def as_planned(plan: Plan) -> dict[str, Any]:
    """Settings of matching where images are prepared: little is left of the background; objects are as large as they
    look, or, on a grid, as its squares, which are as bright as their stamps; second thoughts are for a few."""
    if plan.layout.tiling.grid is not None:
        search = replace(AS_CAMERAS_GIVE, on_grid=True, contrast=(1.0, 1.0))
        return {"background": "constant", "boxes": "frame", "search": search}
    search = AS_CAMERAS_GIVE
    if plan.max_shapes > FEW:
        search = replace(search, rounds=1, second_start=False)
    return {"background": "constant", "boxes": "object", "search": search}


def known(value: T | Literal["auto"] | None) -> T | None:
    """What was given; None where it is to be found."""
    return None if value is None or value == AUTO else value


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width; one number is both.

    >>> pair(28), pair((40, 60))
    ((28, 28), (40, 60))
    """
    return size if isinstance(size, tuple) else (size, size)


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, arrays and lists as tuples.

    >>> plain(np.array([20, 20])), plain(np.float64(0.5)), plain("auto")
    ((20, 20), 0.5, 'auto')
    """
    if isinstance(value, np.generic):
        return value.item()
    return tuple(map(plain, value)) if isinstance(value, np.ndarray | list | tuple) else value
