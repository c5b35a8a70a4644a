"""Facts about `stampnet generate pedestrians`: its folders can be fitted, scored and read; it refuses wrong options."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import typed
from stampnet.data.overhead_depth.camera import read_cameras
from stampnet.data.overhead_depth.labels import counts, is_person
from stampnet.data.scene_folder import read_scenes
from stampnet.tracking.truth_file import read_truth

COMMAND = ("generate", "pedestrians")


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "crops"
    said, _ = typed(*COMMAND, "--num-images", 24, "--mode", "single", "--seed", 1, "--out", folder)
    assert said == f"24 images: {folder}\n"
    return folder


def test_crops_are_a_folder_like_that_of_other_kinds(crops: Path) -> None:
    scenes = read_scenes(crops)
    assert scenes.images.shape == (24, 80, 80)
    assert scenes.images.dtype == np.uint8
    assert scenes.class_names == ("pedestrian",)
    assert ((scenes.classes == 0).sum(1) >= 1).mean() > 0.9
    boxes = scenes.boxes_xyxy[scenes.classes == 0]
    assert (boxes[:, 2:] - boxes[:, :2] == 40).all()
    with Image.open(crops / "images" / "000003.png") as picture:
        assert np.array_equal(np.asarray(picture), scenes.images[3])
    coco = json.loads((crops / "annotations.json").read_text())
    assert len(coco["annotations"]) == (scenes.classes == 0).sum()


def test_crops_come_with_depth_labels_and_a_camera(crops: Path) -> None:
    with np.load(crops / "frames.npz") as frames:
        assert set(frames) == {"depth"}
        assert frames["depth"].dtype == np.uint16
    with np.load(crops / "labels.npz") as labels:
        assert labels["masks"].shape == (24, 80, 80)
        assert set(labels["image_mode"]) == {"single"}
        assert len(labels["image_camera_focal_px"]) == 24
        assert len(labels["head_xyz"]) == len(labels["kind"]) == len(labels["track"]) == len(labels["image"])
    assert read_cameras(crops / "camera.yaml")[0].name == "glow"


def test_crops_can_be_fitted_and_scored(crops: Path, tmp_path: Path) -> None:
    sizes = ("--max-shapes", 1, "--stamp-size", 40, "--num-stamps", 2, "--epochs", 1)
    typed("fit", crops, *sizes, "--background", "constant", "--out", tmp_path / "run", "--quiet")
    said, _ = typed("evaluate", tmp_path / "run", "--data", crops)
    assert "CorLoc" in said


def test_a_clip_has_times_tracks_and_the_camera_that_saw_it(tmp_path: Path) -> None:
    options = ("--view", "clip", "--camera", "gotpd-half", "--num-images", 5, "--fps", 25, "--density", 0.6)
    typed(*COMMAND, *options, "--out", tmp_path / "clip")
    with np.load(tmp_path / "clip" / "frames.npz") as frames:
        assert frames["depth"].shape == (5, 212, 256)
        assert frames["fps"] == 25
        assert len(frames["frame"]) == len(frames["time_s"]) == 5
    (camera,) = read_cameras(tmp_path / "clip" / "camera.yaml")
    assert camera.size_px == (256, 212)
    assert camera.tilt_deg != (0, 0)
    true, others = read_truth(tmp_path / "clip" / "heads.csv")
    with np.load(tmp_path / "clip" / "labels.npz") as stored:
        labels = {name: stored[name] for name in stored if not name.startswith("image_")}
        count = counts(labels, camera)
        assert np.abs(true.xy_m - labels["head_ground"][count, :2]).max() < 1e-3
        assert true.id is not None
        assert true.id.tolist() == labels["track"][count].tolist()
        assert len(true) + len(others) == is_person(labels).sum()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--fps", 15), "--fps has no meaning with --view crops; leave it out"),
        (("--view", "frames", "--placement", "glow"), "--placement has no meaning with --view frames"),
        (("--view", "clip", "--mode", "crowd"), "--mode has no meaning with --view clip"),
        (("--mode", "single", "--density", 2), "no meaning with --mode single"),
        (("--density", 9), "density must be above 0 and at most 6 persons per square metre, got 9"),
        (("--view", "clip", "--fps", 24), "fps must be one of 15, 25, 30, got 24"),
        (("--camera", "kinect"), "Invalid value for '--camera'"),
        (("--num-shapes", 2), "No such option: --num-shapes"),
        (("--num-images", 0), "Invalid value for '--num-images'"),
    ],
)
def test_options_without_meaning_are_refused(tmp_path: Path, options: tuple[object, ...], complaint: str) -> None:
    _, complained = typed(*COMMAND, *options, "--out", tmp_path / "a", code=2)
    assert complaint in complained
    assert not (tmp_path / "a").exists()


def test_shapes_know_no_options_of_pedestrians(tmp_path: Path) -> None:
    _, complained = typed("generate", "simple-shapes", "--view", "clip", "--out", tmp_path / "a", code=2)
    assert "No such option: --view" in complained


def test_nothing_is_overwritten(crops: Path) -> None:
    _, complained = typed(*COMMAND, "--num-images", 1, "--out", crops, code=2)
    assert "exists and is not empty" in complained
