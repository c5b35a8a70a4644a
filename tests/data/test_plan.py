"""Facts about plans: what is found in images, what is kept of what is given, what is told."""

import numpy as np
import pytest

from stampnet.data.plan import SEEN_SIDE, plan_for
from stampnet.data.tiles import tiles
from stampnet.errors import InputError


def sheets(side: int, number: int = 4, size: tuple[int, int] = (200, 260), ink: int = 20) -> list[np.ndarray]:
    """White sheets with dark squares of that side in free places."""
    rng = np.random.default_rng(0)
    images = []
    for _ in range(number):
        image = np.full(size, 240, np.uint8)
        for row in range(10, size[0] - side - 10, 2 * side):
            for column in range(10, size[1] - side - 10, 2 * side):
                if rng.random() < 0.6:
                    image[row : row + side, column : column + side] = ink
        images.append(image)
    return images


def test_what_images_show_is_found_and_told() -> None:
    plan = plan_for(sheets(30), (200, 260))
    assert plan.layout.preparation.polarity == "dark"
    assert not plan.layout.preparation.colour
    assert max(plan.stamp_size) <= SEEN_SIDE
    down, across = plan.layout.scale
    assert 30 <= plan.stamp_size[0] * down <= 40
    assert down == pytest.approx(across, rel=0.05)
    told = {choice.setting: choice for choice in plan.choices}
    assert told.keys() == {"background", "polarity", "colour", "stamp_size", "max_shapes"}
    assert "30 pixels long" in told["stamp_size"].why
    assert "darker" in told["polarity"].why


def test_what_is_given_is_kept() -> None:
    plan = plan_for(sheets(30), (200, 260), stamp_size=(20, 24), max_shapes=3, colour=True, polarity="both")
    assert plan.stamp_size == (20, 24)
    assert plan.layout.scale == (1, 1)
    assert plan.max_shapes == plan.layout.max_objects == 3
    assert plan.layout.preparation.colour
    assert plan.layout.preparation.polarity == "both"
    assert {choice.setting for choice in plan.choices} == {"background", "polarity", "colour"}


def test_small_images_are_one_tile_and_large_ones_several() -> None:
    small = plan_for(sheets(30, size=(90, 90)), (90, 90), stamp_size=(30, 30))
    assert small.layout.tiling.size == (120, 120)
    least = plan_for(sheets(30, size=(90, 90)), (32, 90), stamp_size=(30, 30)).layout.tiling
    assert least.size == (120, 120)
    assert len(tiles((3000, 3000), least)) < 3000  # where larger ones come later
    large = plan_for(sheets(30), (5000, 7000), stamp_size=(30, 30))
    assert large.layout.tiling.size == (240, 240)
    assert large.max_shapes < 100


def test_the_objects_of_a_tile_are_counted_about() -> None:
    images = sheets(10, size=(100, 100))
    plan = plan_for(images, (100, 100))
    true = np.mean([(image[10::20, 10::20] < 100).sum() for image in images])
    assert true / 2 < plan.expected < 4 * true


def test_no_more_objects_are_sought_than_might_be_there() -> None:
    images = [np.full((100, 120), 20, np.uint8) for _ in range(20)]
    for k, image in enumerate(images):
        image[40 + k : 52 + k, 10 + 2 * k : 22 + 2 * k] = 200
        if k % 2:
            image[10:22, 90 - 4 * k : 102 - 4 * k] = 200
    plan = plan_for(images, (100, 120))
    assert plan.max_shapes == 3
    assert plan.layout.max_objects is None
    (why,) = (choice.why for choice in plan.choices if choice.setting == "max_shapes")
    assert "half as many again as the 2 that stand out" in why
    assert plan_for(images, (100, 120), max_shapes=5).max_shapes == 5


def test_where_nothing_stands_out_the_size_is_a_guess_and_said_to_be() -> None:
    plan = plan_for([np.full((40, 50), 7, np.uint8)] * 2, (40, 50))
    assert plan.stamp_size == (28, 28)
    assert any("a guess" in choice.why for choice in plan.choices)


def test_stamps_that_cannot_be_are_refused() -> None:
    with pytest.raises(
        InputError, match="stamps of 300 x 20 pixels are larger than all images; the largest is 200 x 260"
    ):
        plan_for(sheets(30), (200, 260), stamp_size=(300, 20))
    with pytest.raises(InputError, match="at least 5 pixels along each side, got 4 x 20"):
        plan_for(sheets(30), (200, 260), stamp_size=(4, 20))
