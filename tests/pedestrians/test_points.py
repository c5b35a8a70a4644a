"""Facts about points above the floor and the maps that are made of them."""

from dataclasses import replace

import numpy as np
import pytest

from depth_scenes import CAMERA, box, person, seen_by
from stampnet.data.overhead_depth.camera import Camera
from stampnet.errors import InputError
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.points import (
    AS_HIGH,
    Points,
    cells,
    ground_under,
    heights,
    nearby_tops,
    pictured,
    points,
    views,
)

GROUND = ground_under((CAMERA,))
SEEN = views((CAMERA,), floor_mm(CAMERA)[None], GROUND)
TILTED = replace(CAMERA, name="tilted", tilt_deg=(8.0, -6.0), yaw_deg=25.0, position_m=(0.3, -0.5))


def of_frame(camera: Camera, depth_mm: np.ndarray) -> Points:
    ground = ground_under((camera,))
    return points(depth_mm[None, None], views((camera,), floor_mm(camera)[None], ground), ground)


def test_a_bare_floor_has_no_points_and_a_box_has_its_size() -> None:
    assert len(of_frame(CAMERA, seen_by(CAMERA, [])).z_m) == 0
    of = of_frame(CAMERA, seen_by(CAMERA, box((0.2, 0.6), (-0.3, 0.1), (0, 1.5))))
    top = of.z_m > 1.49
    assert of.z_m.max() == pytest.approx(1.5, abs=0.002)
    for values, low, high in ((of.x_m, 0.2, 0.6), (of.y_m, -0.3, 0.1)):
        assert values[top].min() == pytest.approx(low, abs=0.02)
        assert values[top].max() == pytest.approx(high, abs=0.02)


def test_pixels_without_a_measurement_are_no_points() -> None:
    depth = seen_by(CAMERA, person(0, 0))
    whole = of_frame(CAMERA, depth)
    seen = np.flatnonzero(depth.reshape(-1) < floor_mm(CAMERA).reshape(-1) - 800)  # higher than the cut
    assert len(seen) == len(whole.z_m)
    depth.reshape(-1)[seen[::2]] = 0
    left = of_frame(CAMERA, depth)
    assert np.array_equal(left.z_m, whole.z_m[1::2])
    assert len(of_frame(CAMERA, np.zeros_like(depth)).z_m) == 0


def test_what_is_lower_than_the_cut_is_nobody() -> None:
    assert len(of_frame(CAMERA, seen_by(CAMERA, box((-0.3, 0.3), (-0.3, 0.3), (0, 0.7)))).z_m) == 0
    assert len(of_frame(CAMERA, seen_by(CAMERA, box((-0.3, 0.3), (-0.3, 0.3), (0, 0.8)))).z_m) > 100


@pytest.mark.parametrize("camera", [CAMERA, TILTED])
def test_a_camera_that_is_tilted_sees_the_same_place(camera: Camera) -> None:
    of = of_frame(camera, seen_by(camera, person(0.4, -0.3, 1.7)))
    top = of.z_m > 1.69
    assert of.z_m.max() == pytest.approx(1.7, abs=0.003)
    assert of.x_m[top].mean() == pytest.approx(0.4, abs=0.01)
    assert of.y_m[top].mean() == pytest.approx(-0.3, abs=0.01)


def test_points_of_several_sensors_lie_on_one_ground() -> None:
    cameras = (CAMERA, TILTED)
    ground = ground_under(cameras)
    frames = np.stack([[seen_by(camera, person(x, 0)) for camera in cameras] for x in (0.0, 0.4)])
    of = points(frames, views(cameras, np.stack([floor_mm(one) for one in cameras]), ground), ground)
    moment = of.cell // (ground.shape[0] * ground.shape[1])
    for number, x in enumerate((0.0, 0.4)):
        top = (moment == number) & (of.z_m > of.z_m[moment == number].max() - 0.02)
        assert set(of.sensor[top]) == {0, 1}
        for sensor in (0, 1):
            assert of.x_m[top & (of.sensor == sensor)].mean() == pytest.approx(x, abs=0.03)


def test_the_ground_holds_what_is_seen_of_heads() -> None:
    # At 1.7 m the image is (4 - 1.7) / 140 m a pixel; 0.4 m are beyond it on each side.
    half = 160 / 2 * 2.3 / 140 + 0.4
    assert GROUND.x_m == pytest.approx((-half, half))
    both = ground_under((CAMERA, replace(CAMERA, name="other", position_m=(2.0, 0.0))))
    assert both.x_m == pytest.approx((-half, half + 2))
    assert both.y_m == pytest.approx(GROUND.y_m)


@pytest.mark.parametrize("change", [{"height_m": 1.6}, {"tilt_deg": (0.0, 45.0), "focal_px": 60}])
def test_a_camera_that_does_not_look_down_on_people_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="camera camera does not look down on people"):
        ground_under((replace(CAMERA, **change),))  # type: ignore[arg-type]


def test_cells_run_from_the_corner_of_least_x_and_largest_y() -> None:
    rows, columns = GROUND.shape
    x, y = (np.array(one, np.float32) for one in ((GROUND.x_m[0], GROUND.x_m[1]), (GROUND.y_m[1], GROUND.y_m[0])))
    inwards = np.float32([0.001, -0.001])
    cell, inside = cells(np.array([0, 2]), x + inwards, y - inwards, GROUND)
    assert cell.tolist() == [0, 3 * rows * columns - 1]
    assert inside.all()
    outside = np.float32([-0.001, 0.06])  # the last cell may reach beyond the ground
    assert not cells(np.zeros(2, np.int64), x + outside, y, GROUND)[1].any()


def test_a_single_point_in_a_cell_has_no_height() -> None:
    high, at = np.float32([1.5, 1.4]), np.zeros(2, np.float32)
    twice = Points(np.zeros(2, np.int64), np.zeros(2, np.uint8), at, at, high)
    assert heights(Points(*(field[:1] for field in twice)), 1, GROUND).max() == 0
    highest = heights(twice, 1, GROUND)
    assert highest.max() == high[0]
    assert (highest > 0).sum() == 1


def test_what_fills_less_than_two_cells_by_two_is_no_top() -> None:
    highest = np.zeros((1, 20, 20), np.float32)
    highest[0, 10, 10:13] = 2.0
    assert nearby_tops(highest, GROUND).max() == 0
    highest[0, 11, 10:12] = 1.6
    tops_m = nearby_tops(highest, GROUND)
    assert tops_m.max() == np.float32(1.6)
    assert tops_m[0, 11, 3] == 0  # far away


def test_tall_people_and_children_look_alike() -> None:
    highest_values, sizes = [], []
    for height in (1.1, 1.9):
        _, (near,) = pictured(seen_by(CAMERA, person(0, 0, height))[None, None], SEEN, GROUND)
        highest_values.append(near.max())
        sizes.append((near > AS_HIGH).sum())
    assert highest_values == [255, 255]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.35)  # heads of one size, seen at other distances


def test_a_spike_above_a_head_does_no_harm() -> None:
    clean = seen_by(CAMERA, person(0, 0))
    spiked = clean.copy()
    spiked[60, 80] = 1700  # 2.3 m above the floor
    (of, maps), (others, other) = (pictured(depth[None, None], SEEN, GROUND) for depth in (clean, spiked))
    assert others.z_m.max() == of.z_m.max()
    assert (maps != other).sum() <= 2


def test_a_wall_that_is_known_has_no_points_and_who_stands_before_it_has() -> None:
    wall = box((0.7, 1.5), (-2, 2), (0, 2.2))
    seen = views((CAMERA,), seen_by(CAMERA, wall)[None], GROUND)
    assert len(points(seen_by(CAMERA, wall)[None, None], seen, GROUND).z_m) == 0
    of = points(seen_by(CAMERA, wall + person(0.3, 0))[None, None], seen, GROUND)
    assert of.z_m.max() == pytest.approx(1.75, abs=0.003)
    assert (of.x_m < 0.7).all()
