"""Facts about what is taken for the background: what most frames show, never who walks by."""

from dataclasses import replace

import numpy as np
import pytest

from depth_scenes import CAMERA, box, person, seen_by
from stampnet.pedestrians.background import FRAMES, background_mm, floor_mm, floor_seen, measured_mm

WALL = box((0.9, 1.5), (-2, 2), (0, 2.2))


def test_the_floor_is_as_far_as_rays_are_long() -> None:
    for camera in (CAMERA, replace(CAMERA, tilt_deg=(9.0, 4.0))):
        assert np.abs(floor_mm(camera).astype(int) - seen_by(camera, [])).max() <= 1
    assert (floor_mm(CAMERA) == 4000).all()


def test_a_wall_belongs_to_the_background_and_people_who_pass_do_not() -> None:
    frames = np.stack([seen_by(CAMERA, WALL + person(x, 0)) for x in np.linspace(-1.4, 0.6, 12)])
    assert np.array_equal(background_mm(frames, CAMERA), seen_by(CAMERA, WALL))


def test_who_stands_in_the_way_half_of_the_time_is_not_furniture() -> None:
    frames = np.stack([seen_by(CAMERA, person(0, 0) if moment % 2 else []) for moment in range(20)])
    assert np.array_equal(background_mm(frames, CAMERA), floor_mm(CAMERA))


def test_where_hardly_anything_but_passers_by_is_measured_there_is_the_floor() -> None:
    frames = np.zeros((20, 120, 160), np.uint16)
    for moment in range(4):
        frames[moment] = seen_by(CAMERA, person(0.15 * moment, 0))
    assert np.array_equal(background_mm(frames, CAMERA), floor_mm(CAMERA))


def test_a_wall_that_is_measured_now_and_then_is_known() -> None:
    wall, frames = seen_by(CAMERA, WALL), np.zeros((40, 120, 160), np.uint16)
    frames[::10] = wall
    assert np.array_equal(background_mm(frames, CAMERA), wall)


def test_missing_measurements_do_not_pull_the_background_nearer() -> None:
    frames = np.stack([seen_by(CAMERA, WALL)] * 20)
    frames[::2, ::3] = 0
    assert np.array_equal(background_mm(frames, CAMERA), seen_by(CAMERA, WALL))


def test_of_many_frames_some_are_looked_at_from_first_to_last() -> None:
    frames = np.full((3 * FRAMES, 120, 160), 3000, np.uint16)
    frames[: 2 * FRAMES] = 3500
    assert (background_mm(frames, CAMERA) == 3500).all()
    assert (background_mm(frames[2 * FRAMES :], CAMERA) == 3000).all()


def test_a_floor_beside_a_wall_is_where_the_camera_file_says() -> None:
    for camera in (CAMERA, replace(CAMERA, tilt_deg=(6.0, -3.0), yaw_deg=30.0, position_m=(5.0, 2.0))):
        still = seen_by(camera, WALL if camera is CAMERA else [])
        floor = floor_seen(still, camera)
        assert abs(floor.height_m) < 0.01
        assert floor.slope_deg < 0.15


def test_a_camera_that_hangs_otherwise_than_told_sees_another_floor() -> None:
    still = seen_by(CAMERA, WALL)
    floor = floor_seen(still, replace(CAMERA, height_m=4.4))
    assert floor.height_m == pytest.approx(0.4, abs=0.02)
    assert floor.slope_deg < 0.5
    assert floor_seen(still, replace(CAMERA, tilt_deg=(4.0, 0.0))).slope_deg == pytest.approx(4, abs=0.3)


def test_what_was_not_measured_is_no_floor_as_told() -> None:
    """Two thirds of a dark floor give nothing back."""
    frames = np.repeat(seen_by(CAMERA, [])[None], 8, axis=0)
    frames[:, :80] = 0
    assert (measured_mm(frames)[:80] == 0).all()
    floor = floor_seen(measured_mm(frames), replace(CAMERA, height_m=4.5))
    assert floor.height_m == pytest.approx(0.5, abs=0.02)
    assert floor_seen(np.zeros((120, 160), np.uint16), CAMERA) == (0, 0)
