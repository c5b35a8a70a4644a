from dataclasses import replace

import numpy as np
import pytest
import torch

from stampnet import StampNet
from stampnet.matching.bending import recentred
from stampnet.matching.matcher import MatchingConfig
from stampnet.matching.placements import to_choices
from stampnet.model.deformation import Deformation, displacements, polynomials, warped
from stampnet.model.stamp import StampLayer, chosen_bent, placed

CONFIG = MatchingConfig(image_size=(60, 60), stamp_size=(24, 24), num_stamps=2, max_shapes=2, deform="smooth")


def bent_scenes(stamps: torch.Tensor, number: int, apart: int) -> torch.Tensor:
    """A bent cross at 10, 4 and a bent ring so many pixels right of it."""
    torch.manual_seed(0)
    basis = polynomials((24, 24), "smooth")
    images = torch.zeros(number, 1, 60, 60)
    for k, column in enumerate((4, 4 + apart)):
        bends = 0.2 * torch.randn(number, 2, 15)
        window = warped(stamps[k].expand(number, -1, -1, -1), displacements(bends, basis, (24, 24)))
        images[:, :, 10:34, column : column + 24] += window
    return images.clamp(max=1)


@pytest.mark.parametrize("apart", [26, 14])
def test_bent_stamps_explain_bent_objects_better_than_stiff_ones(apart, cross_and_ring, matcher_of_two):
    images = bent_scenes(cross_and_ring, 20, apart)
    error = {}
    for deform in ("none", "affine", "smooth"):
        matcher = matcher_of_two(replace(CONFIG, deform=deform))
        state = matcher.explain(images)
        error[deform] = float((matcher.reconstruction(state, images) - images).square().sum((1, 2, 3)).mean())
        assert sorted(state.placements.stamp[0].tolist()) == [0, 1]
    assert error["smooth"] < error["affine"] < error["none"]
    assert error["smooth"] < 0.35 * error["none"]


def test_what_is_explained_is_the_sum_of_what_is_printed(cross_and_ring, matcher_of_two):
    matcher = matcher_of_two(CONFIG)
    state = matcher.explain(bent_scenes(cross_and_ring, 4, 14))
    total = torch.zeros_like(state.images)
    for image in range(4):
        for m in range(2):
            row, column = int(state.placements.row[image, m]), int(state.placements.column[image, m])
            total[image, :, row : row + 24, column : column + 24] += state.printed[image, m]
    assert torch.allclose(total, state.explained, atol=1e-5)


@pytest.mark.parametrize("deform", ["affine", "smooth"])
def test_the_networks_decoder_prints_what_matching_prints(deform, cross_and_ring, matcher_of_two):
    matcher = matcher_of_two(replace(CONFIG, deform=deform))
    images = bent_scenes(cross_and_ring, 4, 14)
    state = matcher.explain(images)
    choices = to_choices(state.placements, 2, CONFIG.positions)
    deformation = Deformation(state.bends, state.tones)
    with torch.no_grad():
        printed = placed(chosen_bent(matcher.stamp.stamps, choices, deformation, matcher.stamp.basis), choices)
        layer = StampLayer(2, 1, (24, 24), deform=deform)
        layer.stamps.copy_(matcher.stamp.stamps)
        reconstruction = layer(choices, deformation)
    assert state.bends.any()
    assert state.tones.any()
    assert torch.allclose(printed, state.explained, atol=1e-5)
    assert torch.allclose(reconstruction, matcher.reconstruction(state, images), atol=1e-5)


def test_frames_move_to_the_mass_of_what_they_explain_and_prints_stay(matcher_of_two):
    images = torch.zeros(1, 1, 60, 60)
    images[..., 18:26, 20:28] = 1.0  # a square whose middle is 22, 24
    matcher = matcher_of_two(replace(CONFIG, max_shapes=1))
    with torch.no_grad():
        matcher.locators.zero_()
        matcher.locators[0, 0, 4:12, 4:12] = 1.0  # lies left and above the middle of its frame
    state = matcher.locate(images)
    before = state.explained.clone()
    assert [int(place) for place in (state.placements.row, state.placements.column)] == [14, 16]
    again = recentred(state, matcher.limits)
    assert [int(place) for place in (again.placements.row, again.placements.column)] == [10, 12]
    torch.testing.assert_close(again.explained, before)
    torch.testing.assert_close(again.printed[0, 0, 0, 8:16, 8:16], torch.ones(8, 8), atol=0.01, rtol=0)


def test_empty_slots_print_nothing(matcher_of_two):
    state = matcher_of_two(CONFIG).explain(torch.zeros(2, 1, 60, 60))
    assert not state.explained.any()
    assert not state.bends.any()


def test_an_estimator_that_bends_is_saved_and_loaded(tmp_path, cross_and_ring):
    images = (bent_scenes(cross_and_ring, 60, 26)[:, 0].numpy() * 255).astype(np.uint8)
    model = StampNet(2, 2, 24, deform="smooth", epochs=8, batch_size=20).fit(images)
    model.save(tmp_path)
    again = StampNet.load(tmp_path)
    assert again.model_.config.deform == "smooth"
    assert np.array_equal(again.reconstruct(images[:8]), model.reconstruct(images[:8]))
