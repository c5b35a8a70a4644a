"""Facts about placements, windows and canvases."""

import torch

from stampnet.matching.placements import Placements, add_windows, cut, from_choices, nothing, prints, to_choices
from stampnet.model.stamp import press


def some_placements() -> Placements:
    return Placements(
        torch.tensor([[2, 0], [1, 1]]),
        torch.tensor([[0, 4], [3, 0]]),
        torch.tensor([[5, 1], [0, 0]]),
        torch.tensor([[1.0, 0.5], [2.0, 0.25]]),
    )


def test_choices_say_the_same_as_placements() -> None:
    placements = some_placements()
    back = from_choices(to_choices(placements, 3, (5, 6)))
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(placements, back, strict=True))


def test_the_stamp_layer_prints_what_placements_add_and_nothing_for_an_empty_slot() -> None:
    stamps = torch.rand(3, 2, 4, 3)
    placements = some_placements()
    placements.contrast[1, 1] = 0
    canvas = torch.zeros(2, 2, 8, 8)
    for m in range(2):
        one = placements.slot(m)
        add_windows(canvas, prints(stamps, one), one)
    torch.testing.assert_close(canvas, press(stamps, to_choices(placements, 3, (5, 6))))
    assert torch.equal(canvas[1, :, 3:7, :3], 2 * stamps[1])
    assert not canvas[1, :, :3].any()


def test_taking_away_what_was_added_leaves_nothing() -> None:
    stamps, canvas = torch.rand(3, 1, 4, 3), torch.zeros(2, 1, 8, 8)
    one = some_placements().slot(0)
    add_windows(canvas, prints(stamps, one), one)
    assert canvas.any()
    add_windows(canvas, prints(stamps, one), one, sign=-1.0)
    assert not canvas.any()


def test_windows_are_slices() -> None:
    images = torch.rand(3, 2, 9, 7)
    windows = cut(images, torch.tensor([2, 0, 2]), torch.tensor([1, 5, 0]), torch.tensor([3, 0, 2]), (4, 3))
    assert torch.equal(windows[0], images[2, :, 1:5, 3:6])
    assert torch.equal(windows[1], images[0, :, 5:9, 0:3])


def test_a_slot_of_some_images_is_put_in_place() -> None:
    placements = nothing(4, 2, torch.device("cpu"))
    assert not placements.present.any()
    placements.put(torch.tensor([3, 1]), 1, some_placements().slot(0))
    assert placements.stamp[:, 1].tolist() == [0, 1, 0, 2]
    assert placements.of(torch.tensor([3])).column.tolist() == [[0, 5]]
