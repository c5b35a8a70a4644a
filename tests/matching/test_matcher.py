"""Facts about the matcher as a whole: the network's call, and refusals."""

import pytest
import torch

from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.search import SearchConfig

SIZES = {"image_size": (30, 34), "stamp_size": (9, 12), "num_stamps": 3, "max_shapes": 2}


def test_choices_give_back_the_reconstruction() -> None:
    torch.manual_seed(0)
    matcher = StampMatcher(MatchingConfig(**SIZES, num_channels=3))
    matcher.background.fill_(0.25)
    images = torch.rand(4, 3, 30, 34)
    reconstruction, choices = matcher(images)
    torch.testing.assert_close(matcher.reconstruct(choices), reconstruction)
    assert choices.row.shape == (4, 2, 22)
    assert reconstruction.shape == images.shape


def test_an_empty_image_has_the_background_and_nothing_on_it() -> None:
    matcher = StampMatcher(MatchingConfig(**SIZES))
    matcher.background.fill_(0.5)
    reconstruction, choices = matcher(torch.full((2, 1, 30, 34), 0.5))
    assert not choices.stamp.any()
    assert (reconstruction == 0.5).all()


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"contrast": (0.0, 2.0)}, "contrast must be a range above 0 around 1, got 0.0 to 2.0"),
        ({"contrast": (1.5, 2.0)}, "contrast must be"),
        ({"rounds": 0}, "rounds must be at least 1, got 0"),
    ],
)
def test_senseless_settings_are_refused(search: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MatchingConfig(**SIZES, search=SearchConfig(**search))  # type: ignore[arg-type]
