"""Facts about turned and scaled glyphs."""

import numpy as np
import pytest

from stampnet.data.pose import (
    FIXED,
    PoseRange,
    Turn,
    centres_of_mass,
    frame_for,
    random_poses,
    turned_grey,
    turned_mask,
)
from stampnet.data.simple_shapes import shape_masks

TURNS = pytest.mark.parametrize("turn", [turned_grey, turned_mask])


def blob() -> np.ndarray:
    """Something smooth without any symmetry, in 28 x 28 pixels."""
    row, column = np.mgrid[:28, :28]
    heavy = np.exp(-((row - 10) ** 2 + (column - 14) ** 2) / 18)
    light = np.exp(-((row - 18) ** 2 + (column - 17) ** 2) / 8)
    values = 255 * heavy + 150 * light
    return np.where(values > 8, values, 0).clip(0, 255).round().astype(np.uint8)


@TURNS
def test_without_turning_and_scaling_a_glyph_keeps_its_values(turn: Turn) -> None:
    glyph = shape_masks()[2] if turn is turned_mask else blob()
    centre = centres_of_mass(glyph[None])[0]
    middle = np.floor(centre + 0.5).astype(int)
    seen = turn(glyph, centre, 0.0, 1.0, 60)
    top, left = 30 - middle
    assert np.array_equal(seen[top : top + 28, left : left + 28], glyph)
    assert seen.sum() == glyph.sum()


@TURNS
def test_a_quarter_turn_is_counter_clockwise_as_seen(turn: Turn) -> None:
    glyph = np.zeros((9, 9), np.uint8)
    glyph[4, 4:8] = 255  # from the centre to the right
    seen = turn(glyph, np.array([4.0, 4.0]), 90.0, 1.0, 20)
    assert seen[7:11, 10].tolist() == [255] * 4  # from the centre upwards
    assert seen.sum() == glyph.sum()


@TURNS
@pytest.mark.parametrize("scale", [0.4, 1.0, 1.7])
@pytest.mark.parametrize("angle_deg", [-140.0, 0.0, 33.0])
def test_ink_grows_with_the_square_of_the_scale_about_a_centre_that_stays(
    turn: Turn, scale: float, angle_deg: float
) -> None:
    glyph = shape_masks()[0] if turn is turned_mask else blob()
    centre = centres_of_mass(glyph[None])[0]
    frame_px = frame_for(glyph[None], centre[None], scale)
    seen = turn(glyph, centre, angle_deg, scale, frame_px)
    assert seen.sum(dtype=float) == pytest.approx(glyph.sum(dtype=float) * scale**2, rel=0.03)
    expected = frame_px // 2 + centre - np.floor(centre + 0.5 + 1e-3)
    assert centres_of_mass(seen[None])[0] == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("scale", [0.1, 0.3, 1.0, 2.5])
def test_a_frame_holds_its_glyphs_at_every_angle(scale: float) -> None:
    masks = shape_masks()
    centres = centres_of_mass(masks)
    frame_px = frame_for(masks, centres, scale)
    wide = frame_px + 20
    assert frame_px % 2 == 0
    for mask, centre in zip(masks, centres, strict=True):
        for angle_deg in range(-180, 180, 15):
            for turn in (turned_mask, turned_grey):
                seen = turn(mask, centre, float(angle_deg), scale, wide)
                assert seen.any()
                assert seen.sum() == seen[10:-10, 10:-10].sum()


def test_edges_of_masks_stay_a_pixel_wide_however_large() -> None:
    seen = turned_mask(shape_masks()[0], np.array([13.5, 13.5]), 30.0, 4.0, 140)
    grey = ((seen > 0) & (seen < 255)).sum()
    assert grey < 1.5 * 4 * 4 * 28  # about one for each pixel of the outline


def test_cubic_interpolation_leaves_no_ink_beside_the_ink() -> None:
    glyph = np.zeros((28, 28), np.uint8)
    glyph[10:18, 10:18] = 255
    seen = turned_grey(glyph, np.array([13.5, 13.5]), 45.0, 1.0, 60)
    row, column = np.mgrid[-30:30, -30:30] + 0.5
    assert not seen[np.abs(row) + np.abs(column) > 9 * np.sqrt(2)].any()


def test_poses_fill_their_ranges_and_halves_are_as_frequent_as_doubles() -> None:
    poses = random_poses(np.random.default_rng(0), 2000, 2, PoseRange(180.0, (0.5, 2.0)))
    assert (poses.angles_deg.min() < -175, poses.angles_deg.max() > 175) == (True, True)
    assert 0.5 <= poses.scales.min() < 0.51
    assert 1.98 < poses.scales.max() <= 2.0
    assert abs((poses.scales < 1).mean() - 0.5) < 0.03


def test_fixed_poses_are_zero_and_one() -> None:
    poses = random_poses(np.random.default_rng(0), 3, 2, FIXED)
    assert (abs(poses.angles_deg).max(), poses.scales.min(), poses.scales.max()) == (0, 1, 1)
