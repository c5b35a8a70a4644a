"""Facts about what of a window belongs to an object."""

import torch

from stampnet.matching.clutter import least_visible, reached


def test_a_short_path_of_visible_pixels_joins_and_a_gap_parts() -> None:
    stamp = torch.zeros(1, 1, 28, 28)
    stamp[..., 10:14, 10:14] = 1.0
    visible = torch.zeros(1, 1, 28, 28, dtype=torch.bool)
    visible[..., 10:14, 10:14] = True
    visible[..., 11, 14:27] = True  # a tail that begins at the object
    visible[..., 20:24, 10:14] = True  # six rows below
    belongs = reached(visible, stamp)
    assert belongs[..., 10:14, 10:14].all()
    assert belongs[0, 0, 11, 14:20].all()
    assert not belongs[0, 0, 11, 21:27].any()  # too far along the tail
    assert not belongs[..., 20:24, 10:14].any()
    assert belongs[..., 0, 0].all()  # what is not visible does no harm


def test_where_nothing_is_visible_under_the_stamp_all_belongs_to_it() -> None:
    stamp = torch.zeros(1, 1, 9, 9)
    stamp[..., 4, 4] = 1.0
    visible = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    visible[..., 0, 0] = True
    assert reached(visible, stamp).all()


def test_visible_is_a_part_of_the_range_to_either_side() -> None:
    bright = least_visible((torch.zeros(1, 1, 1), torch.ones(1, 1, 1)))
    dark = least_visible((torch.full((1, 1, 1), -1.0), torch.full((1, 1, 1), 0.1)))
    assert float(bright) == float(dark) > 0
