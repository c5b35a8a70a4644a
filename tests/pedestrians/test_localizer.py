"""Facts about finding people: whole or cut, seen by one sensor or two, and what is nobody."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from depth_scenes import CAMERA, Body, box, person, seen_by, walk
from stampnet.data.overhead_depth.camera import write_cameras
from stampnet.errors import InputError
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.localizer import Localizer, is_same_site, judged, load_localizer, localizer
from stampnet.pedestrians.points import ground_under
from stampnet.pedestrians.site_folder import Site, load_site
from stampnet.predictor import StampNet
from stampnet.tracking.people import People, concatenated
from tracking_walkers import as_people

NEAR_M = 0.02


def found_in(finder: Localizer, *moments: list[Body]) -> People:
    return finder(np.stack([seen_by(finder.cameras[0], bodies) for bodies in moments]), 0)


@pytest.mark.parametrize(
    ("x_m", "y_m", "height_m"), [(0, 0, 1.75), (0.5, 0.3, 1.6), (-0.9, -0.5, 1.9), (0.9, -0.4, 1.5), (-0.3, 0.5, 1.2)]
)
def test_a_head_is_where_it_is_within_two_centimetres(
    x_m: float, y_m: float, height_m: float, finder: Localizer
) -> None:
    found = found_in(finder, person(x_m, y_m, height_m))
    assert len(found) == 1
    assert np.hypot(found.x_m[0] - x_m, found.y_m[0] - y_m) < NEAR_M
    assert found.z_m[0] == pytest.approx(height_m, abs=NEAR_M)
    assert 0.5 < found.score[0] <= 1
    depth = seen_by(CAMERA, person(x_m, y_m, height_m))
    at = depth[round(float(found.row_px[0])), round(float(found.column_px[0]))]
    assert at == pytest.approx(1000 * (4 - height_m), abs=60)  # the pixel that is told shows the head


def test_frames_are_numbered_from_the_first_and_empty_ones_have_nobody(finder: Localizer) -> None:
    depth = np.stack([seen_by(CAMERA, bodies) for bodies in ([], person(0, 0), [], person(0.2, 0))])
    assert finder(depth, 100).frame.tolist() == [101, 103]
    assert len(finder(depth[:1], 0)) == 0
    assert len(finder(np.zeros_like(depth), 0)) == 0


def test_what_is_found_does_not_depend_on_which_frames_come_along(finder: Localizer) -> None:
    depth = np.stack([seen_by(CAMERA, bodies) for bodies in walk(13, seed=5)])
    whole = finder(depth, 0)
    parts = concatenated([finder(depth[start : start + 3], start) for start in range(0, 13, 3)])
    assert len(whole) > 9
    for name in ("frame", "x_m", "y_m", "z_m", "score", "stamp", "sensor"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name


def test_people_side_by_side_are_two(finder: Localizer) -> None:
    found = found_in(finder, person(0, -0.25, 1.8) + person(0, 0.25, 1.7))
    assert sorted(found.y_m) == pytest.approx([-0.25, 0.25], abs=NEAR_M)


def test_a_child_beside_a_tall_person_is_found(finder: Localizer) -> None:
    found = found_in(finder, person(0, -0.25, 1.85) + person(0.1, 0.3, 1.1))
    assert sorted(found.z_m) == pytest.approx([1.1, 1.85], abs=NEAR_M)


def test_people_whom_the_border_cuts_are_found(finder: Localizer) -> None:
    half_x, half_y = 80 * 2.3 / 140, 60 * 2.3 / 140  # of what is seen 1.7 m above the floor
    for x, y in ((half_x - 0.05, 0), (-half_x + 0.05, 0.2), (0.3, half_y - 0.05), (-0.2, -half_y + 0.05)):
        found = found_in(finder, person(x, y, 1.7))
        assert len(found) == 1
        assert np.hypot(found.x_m[0] - x, found.y_m[0] - y) < 0.1


def test_a_plate_as_high_as_heads_is_nobody(finder: Localizer) -> None:
    plate = box((-0.55, 0.55), (-0.5, 0.5), (1.9, 1.95))
    assert len(found_in(finder, plate)) == 0
    far = found_in(finder, box((-1.3, -0.3), (-0.5, 0.5), (1.9, 1.95)) + person(0.8, 0))
    assert far.x_m == pytest.approx([0.8], abs=NEAR_M)


def people_at(*heads: tuple[float, float, float]) -> People:
    """Of one frame: x, height, score."""
    x, z, score = np.array(heads, float).T
    people = as_people(np.zeros(len(x)), x, np.zeros(len(x)))
    return replace(people, z_m=z, score=score.astype(np.float32))


def sure(people: People) -> list[bool]:
    return judged(people).sure.tolist()


def test_a_shoulder_is_no_head_and_a_child_as_close_is_one() -> None:
    """What is lower within 35 cm of a head must be like a head; within 28 cm of a higher one nothing is."""
    tall = (0.0, 1.8, 0.9)
    assert sum(sure(people_at(tall, (0.32, 1.5, 0.69)))) == 1
    assert sum(sure(people_at(tall, (0.32, 1.5, 0.71)))) == 2
    assert sum(sure(people_at(tall, (0.32, 1.7, 0.69)))) == 2
    assert sum(sure(people_at(tall, (0.36, 1.5, 0.69)))) == 2
    assert sure(people_at((0.27, 1.79, 0.95), tall)) == [False, True]


def test_what_belongs_to_what_is_no_head_may_be_one() -> None:
    """A shoulder 30 cm off the tallest, and a person 30 cm further on."""
    assert sure(people_at((0.0, 1.8, 0.9), (0.3, 1.6, 0.5), (0.6, 1.4, 0.6))) == [True, False, True]


def test_holes_and_spikes_hardly_move_a_head(finder: Localizer) -> None:
    chance = np.random.default_rng(0)
    depth = seen_by(CAMERA, person(0.3, 0.2))
    depth[chance.random(depth.shape) < 0.2] = 0
    depth[60 - 16 : 60 - 14, 100] = 1600  # above the head
    found = finder(depth[None], 0)
    assert (found.x_m[0], found.y_m[0]) == pytest.approx((0.3, 0.2), abs=NEAR_M)
    assert found.z_m[0] == pytest.approx(1.75, abs=NEAR_M)


def test_frames_of_another_size_are_refused(finder: Localizer) -> None:
    with pytest.raises(InputError, match=r"the frames are \(1, 60, 80\).*give the camera file of these frames"):
        finder(np.zeros((2, 60, 80), np.uint16), 0)


RIGHT = replace(CAMERA, name="right", position_m=(1.0, 0.2), tilt_deg=(0.0, 4.0), yaw_deg=180.0)


def test_two_sensors_share_one_ground(finder: Localizer) -> None:
    cameras = (CAMERA, RIGHT)
    site = Site(cameras, ground_under(cameras), np.stack([floor_mm(one) for one in cameras]), finder.outwards)
    both = localizer(finder.matcher, site)  # stamps are of the same size on any piece of ground
    moments = [person(0.4, 0.1), person(-1.0, 0.3), person(1.9, -0.2), []]
    found = both(np.stack([[seen_by(camera, bodies) for camera in cameras] for bodies in moments]), 0)
    assert found.frame.tolist() == [0, 1, 2]  # the first, whom both see, is one person
    assert found.x_m == pytest.approx([0.4, -1.0, 1.9], abs=NEAR_M)
    assert found.y_m == pytest.approx([0.1, 0.3, -0.2], abs=NEAR_M)
    assert found.sensor[1:].tolist() == [0, 1]


@pytest.fixture
def own_run(run: Path, tmp_path: Path) -> Path:
    """A run that a test may change."""
    folder = tmp_path / "run"
    folder.mkdir()
    for file in run.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_stamps_that_are_named_ignore_find_nobody(own_run: Path) -> None:
    model = StampNet.load(own_run)
    everyone = len(model.stamps_)
    (stamp,) = found_in(load_localizer(own_run), person(0, 0)).stamp
    model.name({int(stamp): "ignore"}).save(own_run)
    assert load_localizer(own_run).is_person.sum() == everyone - 1
    assert stamp not in found_in(load_localizer(own_run), person(0, 0)).stamp
    model.name(dict.fromkeys(range(everyone), "ignore")).save(own_run)
    assert len(found_in(load_localizer(own_run), person(0, 0))) == 0
    model.name(dict.fromkeys(range(everyone), "person")).save(own_run)
    assert len(found_in(load_localizer(own_run), person(0, 0))) == 1


def test_another_camera_file_is_another_site(own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = replace(CAMERA, height_m=4.5, tilt_deg=(5.0, 0.0), position_m=(10.0, 5.0), size_px=(200, 150))
    other = replace(other, centre_px=(99.5, 74.5))
    write_cameras((other,), tmp_path / "other.yaml")
    elsewhere = load_localizer(own_run, tmp_path / "other.yaml")
    assert "only the floor is known there" in capsys.readouterr().err
    found = found_in(elsewhere, person(10.3, 5.1, 1.7))
    assert (found.x_m[0], found.y_m[0], found.z_m[0]) == pytest.approx((10.3, 5.1, 1.7), abs=NEAR_M)


def test_cameras_that_stand_to_each_other_as_before_are_of_the_same_site() -> None:
    other = replace(CAMERA, name="other", position_m=(2.0, 0.0), yaw_deg=10.0)
    moved = (replace(CAMERA, yaw_deg=90.0, position_m=(5.0, 5.0)), replace(other, yaw_deg=100.0, position_m=(5.0, 7.0)))
    assert is_same_site(moved, (CAMERA, other))
    assert not is_same_site((moved[0], replace(moved[1], position_m=(5.0, 7.5))), (CAMERA, other))
    assert not is_same_site((replace(moved[0], name="hall"), moved[1]), (CAMERA, other))
    assert not is_same_site((CAMERA,), (CAMERA, other))


def test_another_place_on_the_ground_is_the_same_site(
    own_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what x and y mean is another: furniture is known, and nothing is said."""
    np.save(own_run / "depth-background.npy", seen_by(CAMERA, box((0.7, 1.5), (-2, 2), (0, 2.2)))[None])
    moved = replace(CAMERA, yaw_deg=90.0, position_m=(10.0, 5.0))
    write_cameras((moved,), tmp_path / "moved.yaml")
    elsewhere = load_localizer(own_run, tmp_path / "moved.yaml")
    assert capsys.readouterr().err == ""
    found = elsewhere(seen_by(CAMERA, person(-0.3, 0.1, 1.7) + box((0.7, 1.5), (-2, 2), (0, 2.2)))[None], 0)
    assert (found.x_m.tolist(), found.y_m.tolist()) == (pytest.approx([9.9], abs=0.03), pytest.approx([4.7], abs=0.03))


def test_the_same_camera_file_keeps_what_is_known_of_the_site(own_run: Path, recording: Path) -> None:
    assert np.load(own_run / "depth-background.npy").shape == (1, 120, 160)
    np.save(own_run / "depth-background.npy", seen_by(CAMERA, box((0.7, 1.5), (-2, 2), (0, 2.2)))[None])
    same = load_localizer(own_run, recording / "camera.yaml")
    assert same.seen[0].farthest_mm.min() < 2000
    assert load_site(own_run).cameras == same.cameras
