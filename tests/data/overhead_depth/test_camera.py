"""Facts about cameras: pixels and points on the ground turn into each other, files are read or refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stampnet.data.overhead_depth.camera import (
    Camera,
    origin,
    rays,
    read_cameras,
    rotation,
    to_ground,
    to_image,
    write_cameras,
)
from stampnet.errors import InputError

LEVEL = Camera(size_px=(320, 240), focal_px=285, centre_px=(159.5, 119.5), height_m=5.3)
TURNED = replace(LEVEL, name="turned", tilt_deg=(12.0, -7.0), yaw_deg=130.0, position_m=(3.0, -2.0))


@pytest.mark.parametrize("camera", [LEVEL, TURNED])
def test_pixels_with_a_depth_become_points_and_these_the_same_pixels(camera: Camera) -> None:
    chance = np.random.default_rng(0)
    column, row, depth = chance.uniform(0, 320, 50), chance.uniform(0, 240, 50), chance.uniform(1, 6, 50)
    again = to_image(camera, to_ground(camera, column, row, depth))
    for one, other in zip(again, (column, row, depth), strict=True):
        assert np.allclose(one, other)


def test_under_a_level_camera_columns_run_along_x_and_rows_against_y() -> None:
    middle, right, down = to_ground(
        LEVEL, np.array([159.5, 259.5, 159.5]), np.array([119.5, 119.5, 219.5]), 3 * np.ones(3)
    )
    assert np.allclose(middle, (0, 0, 2.3))
    assert right[0] > 1
    assert right[1] == pytest.approx(0)
    assert down[1] < -1
    assert down[0] == pytest.approx(0)


def test_the_axes_stay_at_right_angles_and_a_turn_mirrors_nothing() -> None:
    turn = rotation(TURNED)
    assert np.allclose(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1)


def test_yaw_turns_what_is_seen_about_the_camera_counter_clockwise() -> None:
    quarter = replace(LEVEL, yaw_deg=90.0, position_m=(1.0, 2.0))
    ((x, y, z),) = to_ground(quarter, np.array([159.5 + 285]), np.array([119.5]), np.array([2.0]))
    assert (x, y, z) == pytest.approx((1, 4, 3.3))


def test_a_tilt_moves_what_is_in_the_middle_of_the_image() -> None:
    tilted = replace(LEVEL, tilt_deg=(10.0, 0.0))
    ray = rays(tilted, np.array([159.5]), np.array([119.5]))[0]
    foot = origin(tilted) + ray * 5.3 / -ray[2]
    assert abs(foot[1]) == pytest.approx(5.3 * np.tan(np.radians(10)))
    assert foot[0] == pytest.approx(0)


def test_behind_the_camera_there_is_no_pixel() -> None:
    column, row, depth = to_image(LEVEL, np.array([[0.0, 0.0, 7.0]]))
    assert np.isnan(column[0])
    assert np.isnan(row[0])
    assert depth[0] == pytest.approx(-1.7)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    write_cameras((LEVEL, TURNED), tmp_path / "camera.yaml")
    assert read_cameras(tmp_path / "camera.yaml") == (LEVEL, TURNED)


def test_what_is_usual_may_be_left_out(tmp_path: Path) -> None:
    text = "cameras:\n- {size_px: [320, 240], focal_px: 285, centre_px: [159.5, 119.5], height_m: 5.3}\n"
    (tmp_path / "camera.yaml").write_text(text)
    assert read_cameras(tmp_path / "camera.yaml") == (LEVEL,)


ENTRY = "{name: one, size_px: [320, 240], focal_px: 285, centre_px: [159.5, 119.5], height_m: 5.3}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not a camera file: cameras"),
        ("cameras: [", "it is not YAML"),
        ("cameras: [{\x00}]", "it is not YAML"),
        ("cameras: []", "names no camera"),
        ("people: 3", "cameras: Field required"),
        ("cameras: 3", "cameras: Input should be"),
        (f"cameras: [{ENTRY}, {ENTRY}]", r"two cameras of .* have one name \(one, one\); name them apart"),
        (f"cameras: [{ENTRY.replace('285', '-3')}]", "cameras.0.focal_px: Input should be greater than 0"),
        (f"cameras: [{ENTRY.replace('5.3', 'high')}]", "cameras.0.height_m: Input should be a valid number"),
        (f"cameras: [{ENTRY.replace('5.3', '.inf')}]", "cameras.0.height_m"),
        (f"cameras: [{ENTRY.replace('5.3', '.nan')}]", "cameras.0.height_m"),
        (f"cameras: [{ENTRY.replace('159.5', '.nan')}]", "cameras.0.centre_px.0"),
        (f"cameras: [{ENTRY.replace('159.5', '.inf')}]", "cameras.0.centre_px.0"),
        (f"cameras: [{ENTRY.replace('[320, 240]', '[320]')}]", "cameras.0.size_px"),
        (f"cameras: [{ENTRY.replace('[320, 240]', '[320, 2]')}]", "cameras.0.size_px.1"),
        (f"cameras: [{ENTRY.replace('name: one', 'colour: red')}]", "cameras.0.colour: Unexpected keyword argument"),
        (f"cameras: [{ENTRY.replace('name: one', 'tilt_deg: [0, 60]')}]", "cameras.0.tilt_deg.1"),
        (f"cameras: [{ENTRY.replace('height_m: 5.3', 'yaw_deg: 5')}]", "cameras.0.height_m: Field required"),
    ],
)
def test_a_file_that_holds_no_cameras_is_refused_in_one_sentence(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "camera.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint) as told:
        read_cameras(path)
    assert "\n" not in str(told.value)
    assert str(path) in str(told.value)


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read .*No such file.*give its path"):
        read_cameras(tmp_path / "camera.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_cameras(tmp_path)
    (tmp_path / "picture.yaml").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(InputError, match="not YAML"):
        read_cameras(tmp_path / "picture.yaml")
