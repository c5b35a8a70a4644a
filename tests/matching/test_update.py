"""Facts about the update of stamps."""

import torch

from stampnet.matching.search import search
from stampnet.matching.update import centred, centring, gather_evidence, moved

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))


def test_evidence_is_the_sum_of_the_windows() -> None:
    stamps = torch.zeros(2, 1, 8, 8)
    stamps[0, 0, 2:6, 2:6], stamps[1, 0, 3:5] = 0.5, 0.5
    images = torch.zeros(3, 1, 20, 20)
    images[0, 0, 4:12, 5:13] = 0.8 * stamps[0, 0]
    images[1, 0, 9:17, 1:9] = 1.2 * stamps[0, 0]
    images[2, 0, :8, :8] = stamps[1, 0]
    evidence, misfit = gather_evidence(search(images, stamps, 1, LIMITS), stamps, torch.zeros(0, 0))
    torch.testing.assert_close(evidence.placements, torch.tensor([2.0, 1.0]))
    torch.testing.assert_close(evidence.windows[0], 2.0 * stamps[0])
    torch.testing.assert_close(evidence.windows[1], stamps[1])
    assert misfit.left.max() < 1e-3


def test_pixels_that_cannot_be_brighter_do_not_darken_a_stamp() -> None:
    stamps = torch.zeros(2, 1, 16, 16)
    stamps[0, 0, 5:10], stamps[1, 0, :, 5:10] = 1, 1
    image = torch.zeros(1, 1, 40, 40)
    image[0, 0, 8:24, 6:22] += stamps[0, 0]
    image[0, 0, 10:26, 9:25] += stamps[1, 0]
    evidence, _ = gather_evidence(search(image.clamp(max=1), stamps, 2, LIMITS), stamps, torch.zeros(0, 0))
    torch.testing.assert_close(evidence.windows, stamps, atol=1e-4, rtol=0)


def test_a_stamp_moves_until_its_centre_of_mass_is_the_centre_of_its_frame() -> None:
    stamps = torch.zeros(3, 1, 9, 8)
    stamps[0, 0, 0, 0], stamps[1, 0, 4, 4] = 1, 1
    rows, columns = centring(stamps)
    assert (rows.tolist(), columns.tolist()) == ([4, 0, 0], [4, 0, 0])  # the empty one stays where it is
    assert torch.equal(centred(stamps)[0], stamps[1])


def test_shapes_of_even_width_stay() -> None:
    stamps = torch.zeros(2, 1, 8, 8)
    stamps[0, 0, 2:6, 2:6], stamps[1, 0, 3:5, 2:6] = 1.0, 0.5
    noise = 0.02 * torch.rand(20, 2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    for trial in noise:
        assert not any(move.any() for move in centring(stamps + trial))


def test_what_moves_out_of_the_frame_does_not_come_back_on_the_other_side() -> None:
    stamps = torch.rand(2, 1, 4, 5)
    shifted = moved(stamps, torch.tensor([1, -3]), torch.tensor([0, 2]))
    assert torch.equal(shifted[0, :, 1:], stamps[0, :, :-1])
    assert not shifted[0, :, 0].any()
    assert torch.equal(shifted[1, :, :1, 2:], stamps[1, :, 3:, :3])
    assert not shifted[1, :, 1:].any()
