"""Facts about the matcher as a whole: what it makes of images, and refusals."""

from typing import Any

import pytest
import torch

from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.placements import to_choices
from stampnet.matching.poses import PoseConfig
from stampnet.matching.sought import SearchConfig
from stampnet.model.stamp import press

SIZES = {"image_size": (30, 34), "stamp_size": (9, 12), "num_stamps": 3, "max_shapes": 2}


def test_choices_and_background_make_the_reconstruction() -> None:
    torch.manual_seed(0)
    matcher = StampMatcher(MatchingConfig(**SIZES, num_channels=3))
    matcher.background.fill_(0.25)
    images = torch.rand(4, 3, 30, 34)
    state = matcher.explain(images)
    reconstruction = matcher.reconstruction(state, images)
    choices = to_choices(state.placements, 3, matcher.config.positions)
    pressed = press(matcher.stamp.stamps, choices)
    torch.testing.assert_close((0.25 + pressed).clamp(0, 1), reconstruction)
    assert choices.row.shape == (4, 2, 22)
    assert reconstruction.shape == images.shape


@pytest.mark.parametrize("pose", [PoseConfig(), PoseConfig(max_angle_deg=90.0)])
def test_what_was_found_gives_the_explanation_again(pose: PoseConfig) -> None:
    torch.manual_seed(0)
    matcher = StampMatcher(MatchingConfig(**SIZES, background="smooth", pose=pose))
    images = torch.rand(4, 1, 30, 34)
    state, again = matcher.locate(images), matcher.locate_again(images, matcher.places(images))
    assert state.placements.present.any()
    for one, other in zip(state.placements, again.placements, strict=True):
        assert torch.equal(one, other)
    torch.testing.assert_close(again.explained, state.explained)
    torch.testing.assert_close(again.printed, state.printed)
    if state.poses is not None and again.poses is not None:
        assert torch.equal(again.poses.angle_deg, state.poses.angle_deg)
        assert state.poses.angle_deg.unique().numel() > 1


def test_on_a_smooth_background_objects_are_found_and_the_background_comes_back() -> None:
    matcher = StampMatcher(MatchingConfig(**SIZES, background="smooth"))
    with torch.no_grad():
        matcher.stamp.stamps.zero_()
        matcher.stamp.stamps[0, :, 1:8, 2:9] = 0.4
        matcher.stamp.stamps[1, :, 3:6, :] = -0.3
        matcher.stamp.stamps[2, :, :, 5:7] = 0.4
    field = 0.4 + 0.2 * torch.cos(torch.pi * torch.linspace(0, 1, 34)).expand(2, 1, 30, 34)
    images = field.clone()
    images[0, :, 11:18, 4:11] += 0.4
    images[1, :, 20:23, 15:27] -= 0.3
    state = matcher.explain(images)
    assert state.placements.stamp[:, 0].tolist() == [0, 1]
    assert state.placements.row[:, 0].tolist() == [10, 17]
    assert state.placements.column[:, 0].tolist() == [2, 15]
    assert float((matcher.reconstruction(state, images) - images).abs().max()) < 0.1


def test_gains_without_a_threshold_say_what_an_empty_slot_fits_to_noise() -> None:
    torch.manual_seed(0)
    matcher = StampMatcher(MatchingConfig(**SIZES))
    matcher.threshold.fill_(1e6)
    images = torch.rand(4, 1, 30, 34)
    assert not matcher.explain(images).placements.present.any()
    gains, of_nothing = matcher.gains_without_threshold(images)
    assert gains.shape == (8,)
    assert of_nothing.shape == (4,)
    assert (gains.view(4, 2)[:, 1] >= of_nothing).float().mean() >= 0.75


def test_an_empty_image_has_the_background_and_nothing_on_it() -> None:
    matcher = StampMatcher(MatchingConfig(**SIZES))
    matcher.background.fill_(0.5)
    images = torch.full((2, 1, 30, 34), 0.5)
    state = matcher.explain(images)
    assert not state.placements.present.any()
    assert (matcher.reconstruction(state, images) == 0.5).all()


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"contrast": (0.0, 2.0)}, "contrast must be a range above 0 around 1, got 0.0 to 2.0"),
        ({"contrast": (1.5, 2.0)}, "contrast must be"),
        ({"rounds": 0}, "rounds must be at least 1, got 0"),
    ],
)
def test_senseless_searches_are_refused(search: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MatchingConfig(**SIZES, search=SearchConfig(**search))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", [{"deform": "affine"}, {"pose": PoseConfig(max_angle_deg=20.0)}])
def test_on_a_grid_stamps_that_change_their_form_are_refused(form: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="on a grid stamps keep their form, got deform="):
        MatchingConfig(**SIZES, **form, search=SearchConfig(on_grid=True))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("background", "wavy", "background must be one of auto, constant, smooth, got 'wavy'"),
        ("deform", "wobbly", "deform must be one of none, affine, smooth, got 'wobbly'"),
    ],
)
def test_an_unknown_choice_is_refused(name: str, value: str, message: str) -> None:
    config = MatchingConfig(**SIZES)
    object.__setattr__(config, name, value)  # the checker of types would refuse it first
    with pytest.raises(InputError, match=message):
        config.__post_init__()
