"""Which stamp, where, how strong: choices as whole numbers, and the windows and canvases that they name."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn import functional as F

from stampnet.model.selection_localization import Choices
from stampnet.notation import Images, Stamps, Windows


class Placements(NamedTuple):
    """One stamp at one place for each slot of each image; `B M`, or `B` for one slot."""

    stamp: Int64[Tensor, "*slots"]
    row: Int64[Tensor, "*slots"]
    column: Int64[Tensor, "*slots"]
    contrast: Float[Tensor, "*slots"]
    """By what the stamp is multiplied; 0 where the slot is empty."""

    @property
    def present(self) -> Tensor:
        """Which slots hold something."""
        return self.contrast > 0

    def slot(self, m: int) -> "Placements":
        """Slot `m` of every image."""
        return Placements(self.stamp[:, m], self.row[:, m], self.column[:, m], self.contrast[:, m])

    def of(self, which: Int64[Tensor, " K"]) -> "Placements":
        """The placements of some images."""
        return Placements(self.stamp[which], self.row[which], self.column[which], self.contrast[which])

    def put(self, which: Int64[Tensor, " K"], m: int, new: "Placements") -> None:
        """Sets slot `m` of some images, in place."""
        for field, value in zip(self, new, strict=True):
            field[which, m] = value


def nothing(num_images: int, max_shapes: int, device: torch.device) -> Placements:
    """Slots that are all empty."""
    place = torch.zeros(num_images, max_shapes, dtype=torch.int64, device=device)
    return Placements(place, place.clone(), place.clone(), place.float())


def to_choices(placements: Placements, num_stamps: int, positions: tuple[int, int]) -> Choices:
    """The network's notation: one-hot rows, columns and stamps, the latter times the contrast, so that the stamp layer
    prints nothing for an empty slot."""
    stamp = F.one_hot(placements.stamp, num_stamps) * placements.contrast[..., None]
    row, column = (
        F.one_hot(place, size).float()
        for place, size in zip((placements.row, placements.column), positions, strict=True)
    )
    return Choices(stamp, row, column)


def from_choices(choices: Choices) -> Placements:
    """The inverse of `to_choices`."""
    stamp, row, column = (choice.argmax(-1) for choice in choices)
    return Placements(stamp, row, column, choices.stamp.sum(-1))


def cut(
    images: Images,
    which: Int64[Tensor, " K"],
    row: Int64[Tensor, " K"],
    column: Int64[Tensor, " K"],
    size: tuple[int, int],
) -> Windows:
    """The windows of `size` whose top-left corners are at `row`, `column` of images number `which`."""
    # A strided view makes this a copy of contiguous rows: five times faster than an index for every pixel.
    return images.unfold(2, size[0], 1).unfold(3, size[1], 1)[which, :, row, column]


def prints(stamps: Stamps, one: Placements) -> Windows:
    """What stamps of fixed form print in their frames, for one slot of each image; nothing for an empty slot."""
    return one.contrast[:, None, None, None] * stamps[one.stamp]


def add_windows_at(canvas: Images, which: Int64[Tensor, " K"], windows: Windows, one: Placements) -> None:
    """Adds K windows where they lie to images number `which` of `canvas`, any number of them to one image; in place."""
    channels, height, width = canvas.shape[1:]
    rows = one.row[:, None] + torch.arange(windows.shape[2], device=canvas.device)
    columns = one.column[:, None] + torch.arange(windows.shape[3], device=canvas.device)
    image = which[:, None] * channels + torch.arange(channels, device=canvas.device)
    pixel = (image[:, :, None, None] * height + rows[:, None, :, None]) * width + columns[:, None, None, :]
    canvas.view(-1).index_add_(0, pixel.flatten(), windows.flatten())


def add_windows(canvas: Images, windows: Windows, one: Placements, sign: float = 1.0) -> None:
    """Adds a window for each image to `canvas` where `one` lies, in place."""
    pixel = _pixels(canvas, windows, one).expand(-1, canvas.shape[1], -1)
    canvas.flatten(2).scatter_add_(2, pixel, sign * windows.flatten(2))


def lower_windows(canvas: Float[Tensor, "B 1 H W"], windows: Float[Tensor, "B 1 h w"], one: Placements) -> None:
    """Lowers `canvas` to the values of a window for each image where `one` lies, in place."""
    canvas.flatten(2).scatter_reduce_(2, _pixels(canvas, windows, one), windows.flatten(2), "amin")


def _pixels(canvas: Images, windows: Windows, one: Placements) -> Int64[Tensor, "B 1 _"]:
    """The numbers of the pixels on which a window lies, one for each image."""
    height, width = windows.shape[-2:]
    rows = (one.row[:, None] + torch.arange(height, device=canvas.device)) * canvas.shape[3]
    columns = one.column[:, None] + torch.arange(width, device=canvas.device)
    return (rows[:, :, None] + columns[:, None, :]).flatten(1)[:, None]
