"""Facts about boxes: of stamps, centred on objects, around what is printed."""

import pytest
import torch

from stampnet.matching.boxes import boxes_at, mass_centred, outlined, print_centred, tight
from stampnet.matching.explanation import explanation
from stampnet.matching.placements import Placements
from stampnet.matching.search import search

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))


def disc(size: int, row: float, column: float, radius: float) -> torch.Tensor:
    y, x = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    return ((y - row) ** 2 + (x - column) ** 2 <= radius**2).float()


def test_an_exact_copy_of_a_stamp_has_the_frame_as_its_box() -> None:
    stamps = disc(16, 8, 8, 5)[None, None]
    image = torch.zeros(1, 1, 40, 40)
    image[0, 0, 11:27, 7:23] = stamps[0, 0]
    state = search(image, stamps, 1, LIMITS)
    assert boxes_at(state.placements.row, state.placements.column, (16, 16)).tolist() == [[[7, 11, 23, 27]]]
    row, column = mass_centred(state, LIMITS)
    assert (row.tolist(), column.tolist()) == ([[11]], [[7]])
    # The disc reaches from 3 to 13 in its frame.
    assert tight(state.printed, state.placements).tolist() == [[[10, 14, 21, 25]]]


def test_a_scaled_box_keeps_its_middle() -> None:
    place = torch.tensor([[10, 10, 10]])
    boxes = boxes_at(place, place + 5, (28, 20), torch.tensor([[1.0, 2.0, 0.5]]))
    assert boxes.tolist() == [[[15, 10, 35, 38], [5, -4, 45, 52], [20, 17, 30, 31]]]


def test_an_empty_slot_prints_no_box() -> None:
    state = search(torch.zeros(1, 1, 20, 20), disc(16, 8, 8, 5)[None, None], 1, LIMITS)
    x0, y0, x1, y1 = tight(state.printed, state.placements)[0, 0].tolist()
    assert (x0, y0) == (x1, y1)


def test_a_box_follows_the_mass_of_the_object() -> None:
    stamps = disc(16, 8, 8, 5)[None, None]
    image = disc(40, 20, 15, 5)
    image[17:24, 18:23] = 1  # a bump on the right, which the stamp does not have
    state = search(image[None, None], stamps, 1, LIMITS)
    mass = image.sum()
    column = float((image.sum(0) @ torch.arange(40.0)) / mass)
    assert int(mass_centred(state, LIMITS)[1]) + 8 == int(column + 0.5)


def test_a_frame_that_is_nearly_right_is_held() -> None:
    stamps = torch.zeros(1, 1, 16, 16)
    stamps[..., 4:12, 4:12], stamps[..., 4:12, 3] = 1.0, 0.3  # its mass lies .66 pixels left of the middle
    image = torch.zeros(1, 1, 40, 40)
    image[0, 0, 11:27, 7:23] = stamps[0, 0]
    state = search(image, stamps, 1, LIMITS)
    assert [int(mass_centred(state, LIMITS, hold)[1]) for hold in (0.0, 0.5, 0.75)] == [6, 6, 7]


def test_a_frame_follows_what_is_printed_in_it() -> None:
    printed = disc(16, 7, 11, 3).expand(1, 2, 1, 16, 16).clone()
    printed[0, 1] = 0
    place = torch.tensor([[10, 4]])
    placements = Placements(place, place, place, torch.tensor([[1.0, 0.0]]))
    row, column = print_centred(printed, placements, (15, 15))
    assert (row.tolist(), column.tolist()) == ([[9, 4]], [[13, 4]])
    _, column = print_centred(printed, placements, (15, 12))
    assert column.tolist() == [[11, 4]]  # the last that there is


def test_a_hidden_half_does_not_draw_the_box_away() -> None:
    stamps = torch.stack([disc(16, 8, 8, 5), disc(16, 8, 8, 6.5)])[:, None]
    image = torch.zeros(1, 1, 40, 40)
    image[0, 0, 5:21, 5:21] += stamps[0, 0]
    image[0, 0, 5:21, 12:28] += stamps[1, 0]
    state = search(image.clamp(max=1), stamps, 2, LIMITS)
    row, column = mass_centred(state, LIMITS)
    assert (row.tolist(), set(column[0].tolist())) == ([[5, 5]], {5, 12})


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_outline_is_that_of_the_object_not_of_its_stamp(sign: float) -> None:
    stamp = torch.zeros(1, 3, 12, 12)
    stamp[:, :, 3:9, 3:9] = sign * torch.tensor([0.2, 0.6, 0.4]).view(3, 1, 1)
    images = torch.zeros(3, 3, 40, 40)
    images[0, :, 14:19, 10:22] = 0.9 * stamp[0, :, 4:5, 4:5]  # wider than its stamp, and lower
    images[1, :, 12:20, 12:20] = stamp[0, :, 4:5, 4:5]
    images[1, :, 12:20, 20:28] = stamp[0, :, 4:5, 4:5]  # touches it
    place = torch.tensor([[10, 0], [10, 10], [0, 0]])
    column = torch.tensor([[10, 0], [10, 18], [0, 0]])
    contrast = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    limits = (-torch.ones(1, 1, 1), torch.ones(1, 1, 1))
    state = explanation(images, stamp, Placements(torch.zeros_like(place), place, column, contrast), limits)
    boxes = outlined(state)
    assert boxes[0, 0].tolist() == [10, 14, 22, 19]
    assert boxes[1].tolist() == [[12, 12, 20, 20], [20, 12, 28, 20]]
    empty = boxes[~state.placements.present]
    assert (empty[:, :2] == empty[:, 2:]).all()
