"""Facts about boxes that are centred on objects."""

import torch

from stampnet.matching.boxes import frames, mass_centred
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
    assert frames(state.placements, (16, 16)).tolist() == [[[7, 11, 23, 27]]]
    assert torch.equal(mass_centred(state, LIMITS), frames(state.placements, (16, 16)))


def test_a_box_follows_the_mass_of_the_object() -> None:
    stamps = disc(16, 8, 8, 5)[None, None]
    image = disc(40, 20, 15, 5)
    image[17:24, 18:23] = 1  # a bump on the right, which the stamp does not have
    state = search(image[None, None], stamps, 1, LIMITS)
    mass = image.sum()
    column = float((image.sum(0) @ torch.arange(40.0)) / mass)
    (box,) = mass_centred(state, LIMITS)[0].tolist()
    assert box[0] + 8 == int(column + 0.5)


def test_a_hidden_half_does_not_draw_the_box_away() -> None:
    stamps = torch.stack([disc(16, 8, 8, 5), disc(16, 8, 8, 6.5)])[:, None]
    image = torch.zeros(1, 1, 40, 40)
    image[0, 0, 5:21, 5:21] += stamps[0, 0]
    image[0, 0, 5:21, 12:28] += stamps[1, 0]
    state = search(image.clamp(max=1), stamps, 2, LIMITS)
    boxes = {tuple(box) for box in mass_centred(state, LIMITS)[0].tolist()}
    assert boxes == {(5, 5, 21, 21), (12, 5, 28, 21)}
