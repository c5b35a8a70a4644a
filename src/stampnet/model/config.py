"""What both ways to make choices must know: the sizes of images and stamps, and what stamps may do."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, TypeGuard, get_args

from stampnet.errors import InputError
from stampnet.model.deformation import Deform


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes of images and stamps, and what stamps may do."""

    image_size: tuple[int, int]
    """Height and width of the images in pixels (H, W)."""
    stamp_size: tuple[int, int]
    """Height and width of the stamps in pixels (h, w)."""
    num_stamps: int
    """How many kinds of object may be discovered (N)."""
    max_shapes: int
    """How many stamps are pressed on an image at most (M); the network of the paper presses exactly so many."""
    num_channels: int = 1
    """1 for grey images, 3 for colour (C)."""
    max_value: float = 1.0
    """The largest pixel value of an image: stamps stay in [0, max_value], the reconstruction is clipped there."""
    deform: Deform = "none"
    """What a stamp may do when it is placed: keep its form; turn, scale and shear a little; or bend as well."""
    num_classes: int | Literal["auto"] | None = None
    """Into how many classes matching groups the stamps (K), see `classes`; None for each stamp a class of its own.
    Fitting turns "auto" into a number; a network has the classes of its teacher."""

    def __post_init__(self) -> None:
        for name in ("image_size", "stamp_size"):
            check_pair(name, getattr(self, name), "whole numbers")
        at_least_one(
            num_stamps=self.num_stamps,
            max_shapes=self.max_shapes,
            num_channels=self.num_channels,
            **{"the smaller side of stamp_size": min(self.stamp_size)},
        )
        if any(stamp > image for stamp, image in zip(self.stamp_size, self.image_size, strict=True)):
            raise InputError(
                f"a stamp must fit into the image: stamp_size {self.stamp_size} is larger than "
                f"image_size {self.image_size}; choose a smaller stamp_size"
            )
        if not self.max_value > 0:
            raise InputError(f"max_value must be above 0, got {self.max_value}")
        if self.deform not in get_args(Deform):
            raise InputError(f"deform must be one of {', '.join(get_args(Deform))}, got {self.deform!r}")
        if self.deform != "none" and min(self.stamp_size) < 2:
            raise InputError(f"stamps that bend have at least 2 pixels a side, got stamp_size {self.stamp_size}")
        if self.num_classes is None or self.num_classes == "auto":
            return
        if not is_whole(self.num_classes):
            raise InputError(f"num_classes must be a whole number, 'auto' or None, got {self.num_classes!r}")
        if not 1 <= self.num_classes <= self.num_stamps:
            raise InputError(
                f"num_classes must be between 1 and the {self.num_stamps} stamps that are grouped, "
                f"got {self.num_classes}; ask for fewer classes or more stamps"
            )

    @property
    def positions(self) -> tuple[int, int]:
        """Rows and columns at which a stamp may start (Y, X)."""
        height, width = (image - stamp + 1 for image, stamp in zip(self.image_size, self.stamp_size, strict=True))
        return height, width


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, Python's or NumPy's."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def at_least_one(**counts: Any) -> None:
    """Raises InputError where a count is no whole number or below 1."""
    for name, count in counts.items():
        if not is_whole(count):
            raise InputError(f"{name} must be a whole number, got {count!r}; round it")
        if count < 1:
            raise InputError(f"{name} must be at least 1, got {count}")


def check_pair(name: str, pair: object, kind: Literal["numbers", "whole numbers"]) -> None:
    """Raises InputError where a pair is not two numbers of that kind."""
    is_right, example = (is_whole, "(28, 20)") if kind == "whole numbers" else (_is_number, "(0.7, 1.4)")
    if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(map(is_right, pair))):
        raise InputError(f"{name} must be two {kind}, such as {example}, got {pair!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, Real)
