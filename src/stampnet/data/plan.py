"""Images that nobody has described to what is sought in them: how they are laid out, how large stamps are, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stampnet.data.grid import Grid, grid_of
from stampnet.data.layout import Layout
from stampnet.data.object_size import ObjectSize, common_period, is_joined, object_size, period, squares_of
from stampnet.data.preparation import (
    SEEN_AT_MOST,
    Background,
    Field,
    Polarity,
    Preparation,
    Prepared,
    look,
    preparation_for,
    prepare,
)
from stampnet.data.tiles import Tiling
from stampnet.errors import InputError

SEEN_SIDE = 28
"""Pixels along the longer side of a stamp as it is seen, at most: larger objects are made smaller."""
ROOM = 1.15
"""Stamps are longer than the typical object by this factor, so that larger ones fit, too."""
STAMPS_ALONG = 8
"""A tile has room for so many stamps along each side, its margins of a stamp each included; smaller images are one."""
PILED = 1.5
"""Objects in a tile at most, as a part of the stamps that fit into it side by side, or of those that stand out in the
fullest image that was looked at: some lie upon others, and other images may be fuller."""
UNLIKE_SIZES = 2.0
"""Where the tenth and the nine-tenth of the sizes are farther apart than this factor, stamps of one size miss some."""
LOOKED_AT = 32
"""Images, at most, in which a grid is sought."""
SQUARES_IN_A_PERIOD = 4
"""Images may repeat themselves after so many squares only."""
LEAST_STAMP = 5
"""Pixels along a side of a stamp: less has no shape."""

BACKGROUNDS = {
    "constant": "one value in all images",
    "each": "one value in each image",
    "smooth": "a value that changes slowly across each image",
    "static": "a picture that all images share",
}
POLARITIES = {
    "bright": "brighter than the background",
    "dark": "darker than the background",
    "both": "brighter or darker than the background",
}


class Choice(NamedTuple):
    """Something that was chosen for the person who fits, for the report."""

    setting: str
    value: str
    why: str
    instead: str
    """What else to try, and when."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How images are laid out, and what is sought in them."""

    layout: Layout
    static: Field | None
    """The background that all images share, where there is one."""
    stamp_size: tuple[int, int]
    """As the model sees it."""
    max_shapes: int
    """In a tile, at most."""
    expected: float
    """Objects in a tile, about."""
    choices: tuple[Choice, ...]


def plan_for(
    sample: Sequence[np.ndarray],
    largest: tuple[int, int],
    *,
    stamp_size: tuple[int, int] | None = None,
    max_shapes: int | None = None,
    colour: bool | None = None,
    background: Background | None = None,
    polarity: Polarity | None = None,
    may_lie_on_grid: bool = True,
) -> Plan:
    """What suits images of which `sample` are some, (H, W) or (H, W, 3), and `largest` the most rows and columns.

    What is given is kept: `stamp_size` in pixels of the images, `max_shapes` objects in an image. Where images repeat
    themselves, as those of games of tiles do, objects are sought on a grid only, if they `may_lie_on_grid`, and neither
    size nor background is given.

    Raises InputError where the sample is empty, or what is given does not fit the images.
    """
    grid: Grid | None = None
    in_vain: list[Choice] = []
    if may_lie_on_grid and stamp_size is None and background is None:
        grid, in_vain = _grid(sample, colour, polarity)
    known = background if grid is None else "constant"
    preparation, static = preparation_for(sample, colour=colour, background=known, polarity=polarity)
    lie_on = f"objects lie on {BACKGROUNDS[preparation.background]}"
    if grid is not None:
        lie_on = "squares lie side by side; their most frequent colour stands for nothing"
    choices = [
        Choice(
            "background",
            preparation.background,
            lie_on if background is None else "you said so",
            "--background, where the pictures below show that some of it is left",
        ),
        Choice(
            "polarity",
            preparation.polarity,
            f"what stands out is {POLARITIES[preparation.polarity]}" if polarity is None else "you said so",
            "--polarity, where objects are missing that are brighter or darker than the background",
        ),
        Choice(
            "colour",
            "yes" if preparation.colour else "no",
            ("the images are colourful" if preparation.colour else "the images are grey, or nearly so")
            if colour is None
            else "you said so",
            "--grey, if colours say nothing of what an object is" if preparation.colour else "--colour",
        ),
    ]
    if grid is None:
        found = object_size((_middle(image, preparation, static) for image in sample), preparation.polarity)
    else:
        found = squares_of(grid)
    if stamp_size is None:
        stamp_size, choice = _stamp_size(found, largest)
        choices.append(choice)
    if any(stamp > whole for stamp, whole in zip(stamp_size, largest, strict=True)):
        raise InputError(
            f"stamps of {_by(stamp_size)} pixels are larger than all images; the largest is {_by(largest)}"
        )
    if any(side < LEAST_STAMP for side in stamp_size):
        raise InputError(f"stamps must have at least {LEAST_STAMP} pixels along each side, got {_by(stamp_size)}")
    scale = max(1.0, max(stamp_size) / SEEN_SIDE)
    seen_stamp = (max(1, round(stamp_size[0] / scale)), max(1, round(stamp_size[1] / scale)))
    size = (_side(largest[0], stamp_size[0]), _side(largest[1], stamp_size[1]))
    if grid is not None:
        choices.append(
            Choice(
                "grid",
                f"from row {grid.top}, column {grid.left}",
                f"the images are squares of a few kinds, of {grid.side} pixels, side by side",
                f"--stamp-size {grid.side}, if objects may lie anywhere, or images begin elsewhere on the grid",
            )
        )
        size = (_whole_squares(size[0], grid.side), _whole_squares(size[1], grid.side))
    choices += in_vain
    layout = Layout(
        preparation=preparation,
        tiling=Tiling(size, stamp_size, grid),
        seen=(round(size[0] / scale), round(size[1] / scale)),
        max_objects=max_shapes,
    )
    piled = PILED if grid is None else 1
    room = math.ceil(piled * size[0] * size[1] / (stamp_size[0] * stamp_size[1]))
    if max_shapes is None:
        max_shapes, why = room, "as many as find room there; what is not there is not found"
        # What is counted in the middle of an image is no bound for all of it.
        if found is not None and max(largest) <= SEEN_AT_MOST and PILED * found.most <= room:
            max_shapes = math.ceil(PILED * found.most)
            why = f"half as many again as the {found.most:.0f} that stand out in the fullest image that was looked at"
        choices.append(
            Choice(
                "max_shapes",
                f"{max_shapes} in {_by(size)} pixels",
                why,
                "--max-shapes, if you know how many objects an image has at most",
            )
        )
    return Plan(
        layout=layout,
        static=static,
        stamp_size=seen_stamp,
        max_shapes=min(max_shapes, room),
        expected=float(min(max_shapes, room, 1 if found is None else max(0.1, found.per_pixel * size[0] * size[1]))),
        choices=tuple(choices),
    )


def _side(whole: int, stamp: int) -> int:
    """Pixels along a side of a tile: those of the largest image and half a margin around it, or fewer; but two stamps
    between the margins, lest larger images that come later fall into a great many tiles."""
    return max(4 * stamp, min(whole + stamp, STAMPS_ALONG * stamp))


def _whole_squares(length: int, side: int) -> int:
    """As many pixels as whole squares have that are sure to cover a length, wherever in a square it begins."""
    return side * (-(-length // side) + 1)


def largest_of(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The most rows and the most columns."""
    return max(height for height, _ in sizes), max(width for _, width in sizes)


def _stamp_size(found: ObjectSize | None, largest: tuple[int, int]) -> tuple[tuple[int, int], Choice]:
    """The size of stamps for objects of such sizes."""
    if found is None:
        side = min(SEEN_SIDE, *largest)
        why = "nothing stands out of the background, so that this is a guess"
        return (side, side), Choice("stamp_size", str(side), why, "--stamp-size: the length of an object in pixels")
    room = 1.0 if found.is_exact else ROOM
    side = max(LEAST_STAMP, min(round(room * found.typical), *largest))
    why = f"objects are about {found.typical:.0f} pixels long, "
    if not found.is_exact:
        why += f"a tenth less than {found.low:.0f}, a tenth more than {found.high:.0f}, "
    why += f"by {found.told_by}"
    instead = "--stamp-size, if boxes are smaller or larger than objects"
    if found.high > UNLIKE_SIZES * found.low:
        low, high = max(0.5, found.low / found.typical), min(2.0, found.high / found.typical)
        instead += f"; --scale-range {low:.1f}:{high:.1f}, for sizes differ"
    return (side, side), Choice("stamp_size", str(side), why, instead)


def _grid(
    sample: Sequence[np.ndarray], colour: bool | None, polarity: Polarity | None
) -> tuple[Grid | None, list[Choice]]:
    """The grid of squares that all images are, if they are; where it was looked for in vain, what to do if they are
    all the same: objects are then sought everywhere, which takes long."""
    some = sample[:: -(-len(sample) // LOOKED_AT)]
    plain, _ = preparation_for(some, colour=colour, background="constant", polarity=polarity)
    middles = [_middle(image, plain, None) for image in some]
    periods = [period(image) for image in middles if is_joined(image, plain.polarity)]
    found = [one for one in periods if one is not None]
    if len(found) < len(some) / 2:
        return None, []
    every = common_period(found)
    starts = [(_start(image.shape[0]), _start(image.shape[1])) for image in some]
    for squares in range(1, SQUARES_IN_A_PERIOD + 1):
        side = round(every / squares)
        if side < LEAST_STAMP:
            break
        whole = [middle[-top % side :, -left % side :] for middle, (top, left) in zip(middles, starts, strict=True)]
        if (grid := grid_of(whole, side)) is not None:
            return grid, []
    why = (
        f"the images repeat themselves every {every:.0f} pixels, but not on one grid, so that objects are sought "
        "everywhere, which takes longer: if they are squares side by side, cut bars away, and all images so that they "
        "begin at the same place of a square"
    )
    return None, [Choice("grid", "none", why, "images that hold nothing but the squares")]


def _middle(image: np.ndarray, preparation: Preparation, static: Field | None) -> Prepared:
    """The middle of an image, prepared."""
    known = look(image, preparation, static)
    rows, columns = (np.arange(_start(size), min(size, _start(size) + SEEN_AT_MOST)) for size in image.shape[:2])
    return prepare(image, known, preparation, rows, columns)


def _start(size: int) -> int:
    """Where the middle of so many pixels begins."""
    return max(0, (size - SEEN_AT_MOST) // 2)


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
