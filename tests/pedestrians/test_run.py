"""Facts about fitting on files of depth frames."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from depth_scenes import CAMERA, box, person, seen_by, walk
from stampnet.errors import InputError
from stampnet.pedestrians.localizer import localizer
from stampnet.pedestrians.run import _tell_of_floor, fitted_site, frames_of, sensor_of
from stampnet.pedestrians.site_folder import load_site
from stampnet.predictor import StampNet
from stampnet.training.run_folder import load_config

OTHER = replace(CAMERA, name="other", position_m=(1.2, 0.0))


def test_a_run_holds_stamps_of_people_and_the_site(run: Path, recording: Path) -> None:
    assert len(StampNet.load(run).stamps_) == 4
    assert load_config(run).images == (str(recording / "depth.npy"),)
    site = load_site(run)
    assert site.cameras == (CAMERA,)
    assert (site.background_mm == 4000).all()
    assert 0 < site.outwards < 0.1
    assert (run / "report.html").exists()


@pytest.mark.usefixtures("in_short")
def test_a_wall_that_stands_in_all_frames_is_nobody() -> None:
    wall = box((0.9, 1.6), (-2, 2), (0, 1.8))
    depth = np.stack([seen_by(CAMERA, wall + [one for one in bodies if one[1][0] < 0.5]) for bodies in walk(40)])
    fitted, site, _ = fitted_site(depth[:, None], (CAMERA,))
    found = localizer(fitted.model, site)(seen_by(CAMERA, wall + person(-0.2, 0.1))[None], 0)  # type: ignore[arg-type]
    assert found.x_m == pytest.approx([-0.2], abs=0.02)
    assert found.y_m == pytest.approx([0.1], abs=0.02)


@pytest.mark.usefixtures("in_short")
def test_two_sensors_are_fitted_together() -> None:
    cameras = (CAMERA, OTHER)
    depth = np.stack([[seen_by(camera, bodies) for camera in cameras] for bodies in walk(40)])
    fitted, site, maps = fitted_site(depth, cameras)
    assert maps.shape[1:] == site.ground.shape
    bodies = person(0.6, 0.0, 1.7)
    found = localizer(fitted.model, site)(np.stack([[seen_by(camera, bodies) for camera in cameras]]), 0)  # type: ignore[arg-type]
    assert found.x_m == pytest.approx([0.6], abs=0.02)
    assert found.z_m == pytest.approx([1.7], abs=0.02)


def test_the_kind_of_sensor_is_told_by_its_steps() -> None:
    depth = np.random.default_rng(0).integers(2000, 4000, (3, 1, 40, 50)).astype(np.uint16)
    assert sensor_of(depth) == "time of flight"
    assert sensor_of(depth // np.uint16(12) * np.uint16(12)) == "structured light"
    depth[:, :, ::2] = 0  # what was not measured has no say
    assert sensor_of(depth) == "time of flight"


def test_a_source_for_each_camera_in_the_order_of_the_file(tmp_path: Path) -> None:
    for number in (0, 1):
        np.save(tmp_path / f"{number}.npy", np.full((3, 120, 160), number, np.uint16))
    sources = [str(tmp_path / "1.npy"), str(tmp_path / "0.npy")]
    assert frames_of(sources, (CAMERA, OTHER))[0, :, 0, 0].tolist() == [1, 0]
    with pytest.raises(InputError, match=r"there are 2 sources of frames for 1 camera\(s\)"):
        frames_of(sources, (CAMERA,))
    np.save(tmp_path / "0.npy", np.zeros((3, 120, 150), np.uint16))
    with pytest.raises(InputError, match="the sources differ in the size of their frames: 160 x 120, 150 x 120"):
        frames_of(sources, (CAMERA, OTHER))


def test_of_long_recordings_frames_are_taken_evenly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stampnet.pedestrians.run.FRAMES_AT_MOST", 5)
    np.save(tmp_path / "depth.npy", np.arange(101, dtype=np.uint16)[:, None, None] * np.ones((8, 8), np.uint16))
    assert frames_of([str(tmp_path / "depth.npy")], (CAMERA,))[:, 0, 0, 0].tolist() == [0, 25, 50, 75, 100]


def test_a_recording_without_frames_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "depth.npy", np.zeros((0, 120, 160), np.uint16))
    with pytest.raises(InputError, match="has no frame"):
        frames_of([str(tmp_path / "depth.npy")], (CAMERA,))


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"height_m": 4.3}, "lies 30 cm above the one that is told, so height_m is about 4.00"),
        ({"tilt_deg": (4.0, 0.0)}, "slopes by 4.0 degrees, so tilt_deg is wrong"),
        ({}, ""),
    ],
)
def test_a_floor_that_is_not_as_told_is_told(
    told: dict[str, object], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _tell_of_floor(seen_by(CAMERA, []), replace(CAMERA, **told))
    said = capsys.readouterr().err
    assert complaint in said
    assert bool(said) == bool(complaint)
