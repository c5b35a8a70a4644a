"""Facts about fit, detect and track on depth frames, as a person would type them."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from command_line import typed
from depth_scenes import CAMERA, person, seen_by
from stampnet.data.overhead_depth.camera import write_cameras
from stampnet.data.scene_folder import write_scenes
from stampnet.data.simple_shapes import simple_shapes
from stampnet.predictor import StampNet
from stampnet.tracking.people import concatenated
from stampnet.tracking.people_file import people_batches


@pytest.fixture(scope="module")
def folder(run: Path, recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """run, walk.npy (a person who walks), and what does not fit them."""
    folder = tmp_path_factory.mktemp("commands")
    shutil.copytree(run, folder / "run")
    shutil.copy(recording / "camera.yaml", folder)
    np.save(folder / "walk.npy", np.stack([seen_by(CAMERA, person(-0.8 + 0.1 * moment, 0.1)) for moment in range(16)]))
    np.save(folder / "small.npy", np.zeros((4, 60, 80), np.uint16))
    np.save(folder / "bare.npy", np.full((4, 120, 160), 4000, np.uint16))
    np.save(folder / "none.npy", np.zeros((0, 120, 160), np.uint16))
    np.save(folder / "real.npy", np.zeros((4, 120, 160), np.float32))
    write_cameras((CAMERA, replace(CAMERA, name="other")), folder / "two.yaml")
    write_cameras((replace(CAMERA, height_m=1.5),), folder / "low.yaml")
    (folder / "words.yaml").write_text("a camera high above a passage")
    photos = simple_shapes(8, 1, (40, 40), seed=0)
    write_scenes(photos, folder / "photos")
    StampNet(2, 1, 28, epochs=1).fit(photos.images).save(folder / "of-photos")
    return folder


def test_people_are_written_in_metres(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "people.csv"
    said, _ = typed("detect", folder / "run", folder / "walk.npy", "--fps", 10, "--out", out, "--quiet")
    assert said == f"16 heads in 16 frames: {out}\n"
    people = concatenated([batch.people for batch in people_batches(out)])
    assert people.frame.tolist() == list(range(16))
    assert people.x_m == pytest.approx(-0.8 + 0.1 * np.arange(16), abs=0.02)


def test_people_are_followed_and_a_camera_file_may_be_told(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")
    command = ("track", folder / "run", folder / "walk.npy", "--fps", 10)
    said, _ = typed(*command, "--out", tmp_path / "tracks.txt")
    assert said.startswith("16 heads in 16 frames, 1 tracks")
    speed = re.search(r"(\S+) m/s", said)
    assert speed is not None
    assert float(speed[1]) == pytest.approx(1.0, abs=0.03)
    typed(*command, "--camera", folder / "camera.yaml", "--out", tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "tracks.txt").read_bytes()


FIT = ("fit", "walk.npy", "--out", "new", "--camera")
DETECT = ("detect", "run", "walk.npy", "--out", "a.csv", "--fps", "10")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((*FIT, "missing.yaml"), "missing.yaml cannot be read"),
        ((*FIT, "words.yaml"), "words.yaml is not a camera file"),
        ((*FIT, "two.yaml"), "1 sources of frames for 2 camera(s)"),
        ((*FIT, "low.yaml"), "does not look down on people"),
        (("fit", "--out", "new", "--camera", "camera.yaml"), "0 sources of frames for 1 camera(s)"),
        (("fit", "small.npy", "--out", "new", "--camera", "camera.yaml"), "give the camera file of these frames"),
        (("fit", "bare.npy", "--out", "new", "--camera", "camera.yaml"), "nothing stands 0.75 m above the floor"),
        (("fit", "none.npy", "--out", "new", "--camera", "camera.yaml"), "none.npy has no frame"),
        (("fit", "real.npy", "--out", "new", "--camera", "camera.yaml"), "save depth as uint16 in millimetres"),
        (("fit", "gone.npy", "--out", "new", "--camera", "camera.yaml"), "there is no file or folder gone.npy"),
        (("fit", "walk.npy", "--out", "run", "--camera", "camera.yaml"), "run already holds a run"),
        ((*FIT, "camera.yaml", "--stamp-size", "28"), "--stamp-size is not for people in depth frames"),
        ((*FIT, "camera.yaml", "--preset", "t-mnist-1"), "--preset is not for people in depth frames"),
        ((*FIT, "camera.yaml", "--epochs", "3"), "--epochs is not for people in depth frames"),
        ((*FIT, "camera.yaml", "--grey"), "--colour or --grey is not for people in depth frames"),
        ((*FIT, "camera.yaml", "--resume"), "--resume is not for people in depth frames"),
        ((*FIT, "camera.yaml", "--num-stamps", "few"), "--num-stamps is a whole number or auto"),
        ((*FIT, "camera.yaml", "--num-stamps", "0"), "num_stamps"),
        ((*DETECT, "--format", "coco"), "--format is not for people in depth frames"),
        ((*DETECT, "--crops", "crops"), "--crops is not for people in depth frames"),
        ((*DETECT, "--strict"), "--strict is not for people in depth frames"),
        ((*DETECT, "--device", "cuda"), "--device is not for people in depth frames"),
        ((*DETECT, "--camera", "two.yaml"), "give one for each, in the order"),
        (("detect", "run", "walk.npy", "--out", "a.csv"), "give --fps"),
        (("detect", "run", "walk.npy", "--out", "a.csv", "--fps", "-3"), "--fps is -3; give the frames of a second"),
        (("detect", "run", "walk.npy", "--out", "a.xlsx", "--fps", "10"), "people are written as a CSV table"),
        (("track", "run", "walk.npy", "--out", "a.txt", "--fps", "10", "--follow", "-1"), "--follow is -1 seconds"),
        (("detect", "run", "small.npy", "--out", "a.csv", "--fps", "10"), "give the camera file of these frames"),
        (("detect", "run", "photos", "--out", "a.csv", "--fps", "10"), "holds no PNG"),
        (("detect", "of-photos", "photos/images", "--out", "a.csv", "--fps", "10"), "--camera and --fps are for runs"),
        (("detect", "of-photos", "walk.npy", "--out", "a.csv"), "no image in walk.npy can be used"),
        (("track", "of-photos", "walk.npy", "--out", "a.txt", "--fps", "10"), "of-photos is no run on depth frames"),
        (("evaluate", "run"), "stampnet track run FRAMES --out tracks.csv --report page.html --truth heads.csv"),
        (("track", "run", "walk.npy", "bare.npy", "--out", "a.txt", "--fps", "10"), "give one for each, in the order"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence_and_nothing_is_written(
    arguments: tuple[str, ...], complaint: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    assert complaint in " ".join(typed(*arguments, code=2)[1].split())
    assert sorted(folder.iterdir()) == before
