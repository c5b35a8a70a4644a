"""Facts about the windows of single objects."""

import torch

from stampnet.matching.explanation import Explanation
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.windows import explained_windows, objects, occupied

SIZE = (10, 10)


def explained(images: torch.Tensor, max_shapes: int) -> tuple[StampMatcher, Explanation]:
    """Images by a stamp with a square of 4 pixels in its middle."""
    matcher = StampMatcher(MatchingConfig(image_size=(24, 24), stamp_size=SIZE, num_stamps=1, max_shapes=max_shapes))
    with torch.no_grad():
        matcher.stamp.stamps.zero_()
        matcher.stamp.stamps[0, 0, 3:7, 3:7] = 0.5
        return matcher, matcher.locate(images)


def squares(*corners: tuple[int, int]) -> torch.Tensor:
    image = torch.zeros(1, 1, 24, 24)
    for row, column in corners:
        image[0, 0, row : row + 4, column : column + 4] += 0.5
    return image


def test_a_window_holds_its_object_and_not_another() -> None:
    matcher, state = explained(squares((6, 6), (8, 11)), max_shapes=2)
    for m in range(2):
        windows, left = explained_windows(state, m, torch.arange(1))
        assert float((windows - matcher.stamp.stamps.detach()).abs().max()) < 0.1
        assert float(left.abs().max()) < 0.1


def test_what_is_as_bright_as_can_be_says_nothing_against_stamps_that_overshoot() -> None:
    image = squares((6, 6))
    image[image > 0] = 1.0
    matcher, _ = explained(image, max_shapes=1)
    with torch.no_grad():
        matcher.stamp.stamps[0, 0, 3:7, 3:7] = 0.9
        state = matcher.locate(image)
        state.printed *= 1.3
        state.explained *= 1.3
    _, left = explained_windows(state, 0, torch.arange(1))
    assert not left.any()


def test_empty_slots_have_no_windows() -> None:
    matcher, state = explained(torch.cat([torch.zeros(1, 1, 24, 24), squares((6, 6))]), max_shapes=1)
    which = occupied(state, 0)
    assert which.tolist() == [1]
    assert objects(state, 0, which, SIZE, matcher.limits).shape == (1, 1, 10, 10)


def test_clutter_that_does_not_touch_the_object_is_left_out() -> None:
    image = squares((6, 6))
    image[0, 0, 6:10, 12] = 0.3  # two black columns away
    touching = squares((6, 6))
    touching[0, 0, 6:10, 10] = 0.3
    matcher, state = explained(torch.cat([image, touching]), max_shapes=1)
    apart, together = objects(state, 0, torch.arange(2), SIZE, matcher.limits)
    assert float(apart.sum()) < 8.01
    assert float(together.sum()) > 9
