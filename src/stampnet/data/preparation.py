"""Images as they were read to objects on nothing: their background taken away, all of one kind and one range."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import uniform_filter

from stampnet.errors import InputError

Background = Literal["constant", "each", "smooth", "static"]
"""What objects lie on: one value for all images, one for each image, a smooth field for each image, or the same picture
in all (a camera that stands still)."""
Polarity = Literal["bright", "dark", "both"]
"""Objects are brighter than what they lie on, darker, or either."""

Values = Literal["uint8", "uint16", "float"]
"""What pixels are. The scale of one kind says nothing about that of another: 16 bit often hold 12, floats anything."""

Field = Float32[np.ndarray, "_ _ C"]
"""A background, spread over an image of any size: the middle of its first value lies at the image's corner."""
Prepared = Float32[np.ndarray, "h w C"]
"""Values in [0, 1]; nothing is 0, or .5 where objects are brighter or darker."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Of red, green and blue (ITU-R BT.601), as Pillow makes grey."""
COLOURFUL = 0.02
"""Mean difference between channels, as a part of the range, from which colour says something."""
UNLIKE = 2.0
"""Images whose objects differ in brightness by this factor, from the tenth to the nine-tenth, are each stretched to a
range of their own."""
SEEN_AT_MOST = 512
"""Rows and columns of an image from which its background and range are known."""
BINS = 256
CELLS = 8
"""A smooth background has a value for so many parts of the longer side."""
DOUBTFUL = 3.0
"""Standard deviations of the noise from which a pixel belongs to an object."""
ONE_SIDED = 4.0
"""Objects are bright if what is brighter than the background outweighs what is darker by this factor."""
BRIGHTEST = 0.999
"""Part of the pixels that is within the range."""
WORTH: dict[str, float] = {"constant": 1.0, "each": 0.7, "smooth": 0.7, "static": 0.5}
"""A background that says more is taken if it leaves less than this part of the deviations of a simpler one: one that
says much takes parts of objects away, too."""
SAMPLE_BYTES = 2**29
"""Of the images that are looked at, and of what is made of them as floats: they lie in memory together."""
FEWEST_FOR_STATIC = 8
"""Images of one size from which a picture that is the same in all can be known."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How images are made alike. It is part of a run: what is detected in is prepared like what was learned from."""

    colour: bool = False
    background: Background = "each"
    polarity: Polarity = "bright"
    level: tuple[float, ...] = (0.0,)
    """The background of all images, for each channel, where it is constant."""
    largest: float = 255.0
    """The distance from the background that becomes 1, or 0 and 1; what lies beyond is clipped."""
    each: bool = False
    """Whether each image is stretched to a range of its own instead."""
    values: Values = "uint8"
    """The kind that `level` and `largest` are told in: images of no other can be prepared."""

    @property
    def nothing(self) -> float:
        """The value of a prepared pixel that shows the background."""
        return 0.5 if self.polarity == "both" else 0.0

    def __post_init__(self) -> None:
        for name, allowed in (("background", Background), ("polarity", Polarity), ("values", Values)):
            if getattr(self, name) not in get_args(allowed):
                raise InputError(f"{name} must be one of {', '.join(get_args(allowed))}, got {getattr(self, name)!r}")
        if not self.largest > 0:
            raise InputError(f"the largest distance from the background must be above 0, got {self.largest:g}")


def values_of(image: np.ndarray) -> Values | None:
    """The kind of an image's pixels; None where they cannot be used."""
    if image.dtype.kind in "bf":
        return "float"
    return "uint8" if image.dtype == np.uint8 else "uint16" if image.dtype == np.uint16 else None


def refusal(image: np.ndarray, values: Values | None = None) -> str | None:
    """Why an image (H, W) or (H, W, C) cannot be prepared, like others whose pixels are `values`; None where it can."""
    kind = values_of(image)
    if image.ndim == 3 and image.shape[2] not in (1, 3):
        return f"it has {image.shape[2]} channels; make it grey or colour, of 1 or 3"
    if kind is None:
        return f"its pixels are {image.dtype}; convert them to uint8, uint16 or float"
    if kind == "float" and not np.isfinite(image).all():
        return "it holds values that are not numbers (NaN or infinite); replace them, by 0 for instance"
    if values is not None and kind != values:
        return f"its pixels are {kind}, those that were learned from {values}; convert them, to the same scale"
    return None


def sample_of(images: Iterable[np.ndarray]) -> list[np.ndarray]:
    """Of images that are read one by one the first, as many as memory allows, that are of the most frequent kind."""
    sample: list[np.ndarray] = []
    held = 0
    for image in images:
        held += image.nbytes + thinned(image).size * np.dtype(np.float32).itemsize
        if sample and held > SAMPLE_BYTES:
            break
        sample.append(image)
    kinds = Counter(map(values_of, sample))
    return [image for image in sample if values_of(image) == kinds.most_common(1)[0][0]]


class Look(NamedTuple):
    """What must be known of a whole image before a part of it can be prepared."""

    background: Field
    largest: float


def look(image: np.ndarray, preparation: Preparation, static: Field | None = None) -> Look:
    """The background and the range of an image (H, W) or (H, W, 3), from some of its rows and columns.

    `static` is the picture that all images share, where there is one.
    """
    seen = _channels(thinned(image), preparation.colour)
    background = _background(seen, preparation, static)
    if not preparation.each:
        return Look(background, preparation.largest)
    return Look(background, _largest(seen - spread(background, seen.shape[:2]), preparation.polarity))


def prepare(
    image: np.ndarray, known: Look, preparation: Preparation, rows: np.ndarray, columns: np.ndarray
) -> Prepared:
    """These rows and columns of an image as stamps are sought on them."""
    values = _channels(image[rows[:, None], columns], preparation.colour)
    values = values - spread(known.background, image.shape[:2], rows, columns)
    if preparation.polarity == "dark":
        values = -values
    values /= np.float32(max(known.largest, 1e-12))
    if preparation.polarity == "both":
        values = (1 + values) / 2
    return values.clip(0, 1)


def thinned(image: np.ndarray) -> np.ndarray:
    """Every so many rows and columns."""
    down, across = (max(1, size // SEEN_AT_MOST) for size in image.shape[:2])
    return np.asarray(image[::down, ::across])


def spread(
    field: Field, size: Sequence[int], rows: np.ndarray | None = None, columns: np.ndarray | None = None
) -> Float32[np.ndarray, "h w C"]:
    """A background at the given rows and columns, or all, of an image of this size: linear between its values."""
    for axis, (length, places) in enumerate(zip(size, (rows, columns), strict=True)):
        number = field.shape[axis]
        at = np.arange(length) if places is None else places
        place = np.clip((at + 0.5) * number / length - 0.5, 0, number - 1)
        first = np.minimum(place.astype(int), max(number - 2, 0))
        part = (place - first).astype(np.float32).reshape([-1 if k == axis else 1 for k in range(3)])
        next_one = np.minimum(first + 1, number - 1)
        field = field.take(first, axis) * (1 - part) + field.take(next_one, axis) * part
    return field


def preparation_for(
    images: Iterable[np.ndarray],
    *,
    colour: bool | None = None,
    background: Background | None = None,
    polarity: Polarity | None = None,
) -> tuple[Preparation, Field | None]:
    """What suits a sample of images, unless it is given, and the picture that they share, where there is one.

    Colour where they have any; of backgrounds the simplest that leaves little; bright or dark objects where nearly all
    are; each image its own range where those differ widely.

    Raises InputError where there are no images, they are of several kinds (see `Values`), or a shared picture is asked
    of images of several sizes.
    """
    images = list(images)
    values = _kind_of_all(images)
    seen = [thinned(image).astype(np.float32) for image in images]
    if colour is None:
        colour = _is_colourful(seen)
    seen = [_channels(image, colour) for image in seen]
    same_size = len({image.shape for image in seen}) == 1
    if background == "static" and not same_size:
        raise InputError("a background that all images share needs images of one size; choose each or smooth")
    static = np.median(np.stack(seen), axis=0) if same_size and len(seen) >= FEWEST_FOR_STATIC else None
    level = tuple(_mode(np.concatenate([image.reshape(-1, image.shape[2]) for image in seen])).tolist())
    base = Preparation(colour=colour, level=level, values=values)
    kinds = get_args(Background) if background is None else (background,)
    chosen, left = None, np.inf
    for kind in kinds:
        if kind == "static" and static is None:
            continue
        tried = replace(base, background=kind)
        rest = float(np.mean([np.abs(_without(image, tried, static)).mean() for image in seen]))
        if chosen is None or rest < WORTH[kind] * left:
            chosen, left = tried, rest
    if chosen is None:
        raise InputError(
            f"a background that all images share needs at least {FEWEST_FOR_STATIC} of them, got {len(seen)}"
        )
    rests = [_without(image, chosen, static) for image in seen]
    if polarity is None:
        polarity = _polarity(rests)
    ranges = np.array([_largest(rest, polarity) for rest in rests])
    low, high = np.quantile(ranges, [0.1, 0.9])
    chosen = replace(
        chosen, polarity=polarity, largest=max(float(ranges.max()), 1e-12), each=bool(high > UNLIKE * max(low, 1e-12))
    )
    return chosen, static if chosen.background == "static" else None


def _kind_of_all(images: Sequence[np.ndarray]) -> Values:
    if not images:
        raise InputError("there are no images to look at")
    values = values_of(images[0])
    for image in images:
        if reason := refusal(image, values):
            raise InputError(f"an image cannot be prepared: {reason}")
    assert values is not None  # it would have been refused
    return values


def _channels(image: np.ndarray, colour: bool) -> Float32[np.ndarray, "h w C"]:
    values = image.astype(np.float32)
    if values.ndim == 2:
        values = values[:, :, None]
    if colour and values.shape[2] == 1:
        return values.repeat(3, axis=2)
    if not colour and values.shape[2] == 3:
        return values @ LUMA[:, None]
    return values


def _is_colourful(images: Sequence[np.ndarray]) -> bool:
    spans = [float(np.ptp(image)) for image in images]
    chroma = [float(np.ptp(image, axis=2).mean()) if image.ndim == 3 else 0.0 for image in images]
    return float(np.mean(chroma)) > COLOURFUL * max(spans)


def _background(seen: Float32[np.ndarray, "h w C"], preparation: Preparation, static: Field | None) -> Field:
    if preparation.background == "static":
        assert static is not None
        return static
    if preparation.background == "smooth":
        return _smooth(seen)
    level = preparation.level if preparation.background == "constant" else _mode(seen.reshape(-1, seen.shape[2]))
    return np.asarray(level, np.float32).reshape(1, 1, -1)


def _without(seen: Float32[np.ndarray, "h w C"], preparation: Preparation, static: Field | None) -> np.ndarray:
    return seen - spread(_background(seen, preparation, static), seen.shape[:2])


def _mode(values: Float32[np.ndarray, "P C"]) -> Float32[np.ndarray, " C"]:
    """The most frequent value of each channel: the mean of the values in the fullest of 256 bins and its neighbours."""
    found = []
    for channel in values.T:
        low, high = float(channel.min()), float(channel.max())
        if not high > low:
            found.append(low)
            continue
        place = np.minimum(((channel - low) * (BINS / (high - low))).astype(int), BINS - 1)
        counts = np.convolve(np.bincount(place, minlength=BINS), np.ones(3), "same")
        found.append(float(channel[np.abs(place - counts.argmax()) <= 1].mean()))
    return np.array(found, np.float32)


def _smooth(seen: Float32[np.ndarray, "h w C"]) -> Field:
    """The most frequent value in each of a few large parts of the image, drawn towards those of its neighbours."""
    longer = max(seen.shape[:2])
    number = [min(size, max(1, round(CELLS * size / longer))) for size in seen.shape[:2]]
    parts = [np.array_split(row, number[1], axis=1) for row in np.array_split(seen, number[0], axis=0)]
    modes = np.stack([np.stack([_mode(part.reshape(-1, seen.shape[2])) for part in row]) for row in parts])
    # Where an object fills a part, its neighbours tell the background: the median of nine, then their mean.
    padded = np.pad(modes, ((1, 1), (1, 1), (0, 0)), mode="edge")
    nine = np.stack([padded[r : r + number[0], c : c + number[1]] for r in range(3) for c in range(3)])
    return uniform_filter(np.median(nine, axis=0), size=(3, 3, 1), mode="nearest").astype(np.float32)


def _polarity(rests: Sequence[np.ndarray]) -> Polarity:
    """Which side of the background what stands out of it lies on."""
    bright = dark = 0.0
    for rest in rests:
        outside = DOUBTFUL * 1.4826 * np.median(np.abs(rest))
        bright += float(np.square(rest[rest > outside]).sum())
        dark += float(np.square(rest[rest < -outside]).sum())
    if bright > ONE_SIDED * dark:
        return "bright"
    return "dark" if dark > ONE_SIDED * bright else "both"


def _largest(rest: np.ndarray, polarity: Polarity) -> float:
    """The distance from the background that nearly all pixels keep within."""
    distance = np.abs(rest) if polarity == "both" else rest if polarity == "bright" else -rest
    return float(np.quantile(distance, BRIGHTEST).clip(min=0))
