"""Facts about the commands, run as a person would: what they write, what they say, how they fail."""

import csv
import json
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import typed
from stampnet.data.scene_folder import read_scenes

SIZES = ("--max-shapes", 1, "--stamp-size", 28)
"""Of the generated images, so that these are seen as they are."""
COMMANDS = (
    "fit",
    "detect",
    "track",
    "evaluate",
    "name",
    "serve",
    "report",
    "generate",
    "import-weights",
    "reproduce",
    "benchmark",
)


def stampnet(*arguments: object, code: int = 0) -> str:
    """What a command says, or complains of where it is expected to fail."""
    return typed(*arguments, code=code)[0 if code == 0 else 1]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "shapes"
    stampnet("generate", "simple-shapes", "--num-images", 80, "--canvas", "36x40", "--out", folder)
    return folder


@pytest.fixture(scope="module")
def run(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "shapes"
    stampnet("fit", shapes, *SIZES, "--out", folder, "--num-stamps", 4, "--epochs", 2, "--batch-size", 16)
    return folder


def test_a_run_holds_all_that_was_promised(run: Path) -> None:
    files = {file.relative_to(run).as_posix() for file in run.rglob("*") if file.is_file()}
    assert files == {
        "config.yaml",
        "environment.json",
        "metrics.csv",
        "model.safetensors",
        "model.json",
        "samples.npz",
        "stamps.png",
        "report.html",
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
    }
    with Image.open(run / "stamps.png") as picture:
        assert picture.size[0] > 800


def test_detect_writes_a_row_for_each_object(run: Path, shapes: Path, tmp_path: Path) -> None:
    said = stampnet("detect", run, shapes / "images", "--out", tmp_path / "boxes.csv")
    assert said.startswith("80 objects in 80 images")
    with (tmp_path / "boxes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["image"] == "000000.png"
    assert len(rows) == 80


def test_detect_writes_coco_of_the_images_that_annotations_name(run: Path, shapes: Path, tmp_path: Path) -> None:
    stampnet("detect", run, shapes, "--format", "coco", "--out", tmp_path / "boxes.json")
    found, true = (json.loads(file.read_text()) for file in (tmp_path / "boxes.json", shapes / "annotations.json"))
    assert len(found["annotations"]) == 80
    assert [one["file_name"] for one in found["images"]] == [one["file_name"] for one in true["images"]]


def test_names_merge_and_leave_out_classes_in_every_output(run: Path, shapes: Path, tmp_path: Path) -> None:
    named = tmp_path / "named"
    shutil.copytree(run, named)
    before = stampnet("detect", named, shapes, "--out", tmp_path / "before.csv")
    said = stampnet("name", named, "0=round", "1=round", "2=ignore")
    assert "round" in said
    assert "left out" in said
    stampnet("detect", named, shapes, "--out", tmp_path / "after.csv")
    texts = {name: (tmp_path / f"{name}.csv").read_text().splitlines() for name in ("before", "after")}
    rows = {name: list(csv.DictReader(lines)) for name, lines in texts.items()}
    expected = {"0": "round", "1": "round", "3": "stamp 3"}
    assert [(r["stamp"], r["class"]) for r in rows["after"]] == [
        (r["stamp"], expected[r["stamp"]]) for r in rows["before"] if r["stamp"] != "2"
    ]
    assert before.startswith(f"{len(rows['before'])} objects")
    assert stampnet("name", named, "2=", "0=", "1=").count("stamp") == 4
    stampnet("detect", named, shapes, "--out", tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == (tmp_path / "before.csv").read_text()
    (named / "names.yaml").write_text("0: round\n7: of a run that was here before\n")
    for command in (("detect", named, shapes, "--out", tmp_path / "again.csv"), ("name", named)):
        assert "no class 7; classes are numbered from 0 to 3; take its name away" in stampnet(*command, code=2)
    assert "round" in stampnet("name", named, "7=")
    stampnet("detect", named, shapes, "--out", tmp_path / "again.csv")
    for given, word in (("9=cat", "no class 9"), ("cat", "NUMBER=NAME"), ("0=a\nb", "one line")):
        assert word in stampnet("name", named, given, code=2)


def test_evaluate_prints_both_kinds_of_scores_and_puts_them_into_the_report(run: Path, shapes: Path) -> None:
    said = stampnet("evaluate", run, "--data", shapes)
    for name in (
        "CorLoc",
        "IoU (union of boxes)",
        "purity",
        "IoU (matched boxes)",
        "NMI",
        "most likely",
        "stamp frames",
    ):
        assert name in said
    assert "F1 at IoU .5" in (run / "report.html").read_text()
    saved = json.loads((run / "evaluation.json").read_text())
    assert saved["results"][0]["scores"]["num_images"] == 80
    assert stampnet("evaluate", run) == said  # the annotations lie beside the images that were fitted


def test_classes_reach_files_scores_and_report(shapes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = tmp_path / "run"
    said = stampnet(
        *("fit", shapes, *SIZES, "--out", run, "--num-stamps", 12, "--num-classes", 3, "--deform", "affine"),
        *("--max-angle", 20, "--scale-range", "0.9:1.1", "--epochs", 2, "--batch-size", 16),
    )
    assert "classes: 3" in said
    assert "is a guess" not in caplog.text  # nothing was counted
    report = (run / "report.html").read_text()
    for words in (
        "grouped into 3 classes",
        "turn, scale and shear",
        "Turned by up to 20 degrees, scaled by 0.9 to 1.1",
    ):
        assert words in report
    stampnet("detect", run, shapes, "--out", tmp_path / "boxes.csv")
    with (tmp_path / "boxes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["class"] for row in rows} <= {"class 0", "class 1", "class 2"}
    assert len({row["stamp"] for row in rows}) > 3
    assert all(-45 < float(row["angle_deg"]) < 45 and 0.5 < float(row["scale"]) < 2 for row in rows)
    assert "keeps its 2 epochs, got 3; leave --epochs out" in stampnet(
        "fit", "--out", run, "--resume", "--epochs", 3, code=2
    )
    assert "classes" in stampnet("evaluate", run, "--data", shapes)
    saved = json.loads((run / "evaluation.json").read_text())
    assert [one["scores"]["num_stamps"] for one in saved["results"]] == [12, 12, 3]


def test_a_finished_run_can_be_continued_and_is_not_overwritten(run: Path, shapes: Path) -> None:
    complaint = stampnet("fit", shapes, *SIZES, "--out", run, code=2)
    assert "already holds a run; continue it with --resume" in complaint
    assert "fitted 3 epochs" in stampnet("fit", "--out", run, "--resume", "--epochs", 3)
    assert len((run / "metrics.csv").read_text().splitlines()) == 4


def test_the_best_of_several_starts_is_kept_and_the_report_tells(shapes: Path, tmp_path: Path) -> None:
    said = stampnet(
        "fit", shapes, *SIZES, "--out", tmp_path / "run", "--num-stamps", "auto", "--epochs", 3, "--starts", 2
    )
    starts = json.loads((tmp_path / "run" / "starts.json").read_text())
    assert [one["seed"] for one in starts] == [0, 1]
    best = min(starts, key=lambda one: one["error"])
    kept = (tmp_path / "run" / "metrics.csv").read_text()
    assert kept == (tmp_path / "run" / "starts" / f"seed-{best['seed']}" / "metrics.csv").read_text()
    assert f"start with seed 1: squared error {starts[1]['error']:.3f}" in said
    found = json.loads((tmp_path / "run" / "model.json").read_text())["model"]["num_stamps"]
    assert f"stamps: {found}" in " ".join(said.split())
    assert 1 <= found < 40
    assert "Starts: squared errors" in (tmp_path / "run" / "report.html").read_text()
    assert f"N = {found}" in " ".join(stampnet("evaluate", tmp_path / "run", "--data", shapes).split())


def test_of_several_starts_the_best_is_grouped_into_as_many_classes_as_there_are(
    shapes: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = stampnet(
        *("fit", shapes, *SIZES, "--out", tmp_path / "run", "--num-stamps", "auto", "--num-classes", "auto"),
        *("--deform", "affine", "--epochs", 1, "--starts", 2, "--batch-size", 16),
    )
    model = json.loads((tmp_path / "run" / "model.json").read_text())["model"]
    assert model["num_stamps"] == 40
    assert f"classes: {model['num_classes']}" in said
    report = (tmp_path / "run" / "report.html").read_text()
    assert "Starts: squared errors" in report
    for words in (caplog.text, report):  # forty stamps are too few to count by
        assert f"the 40 stamps make {model['num_classes']} class" in words
        assert "is a guess" in words


def test_matching_teaches_the_network_on_its_own_images(run: Path, shapes: Path, tmp_path: Path) -> None:
    stampnet("fit", "--engine", "network", "--init", run, "--out", tmp_path / "net", "--epochs", 1)
    model = json.loads((tmp_path / "net" / "model.json").read_text())["model"]
    assert (model["engine"], model["num_stamps"], model["image_size"]) == ("network", 4, [36, 40])
    assert "CorLoc" in stampnet("evaluate", tmp_path / "net", "--data", shapes)
    assert "fitted 2 epochs" in stampnet("fit", "--out", tmp_path / "net", "--resume", "--epochs", 2)


def test_a_run_whose_stamps_bend_teaches_the_network_to_bend_and_its_classes(shapes: Path, tmp_path: Path) -> None:
    options = ("--deform", "smooth", "--epochs", 2, "--batch-size", 16)
    stampnet("fit", shapes, *SIZES, "--out", tmp_path / "run", "--num-stamps", 6, "--num-classes", 2, *options)
    stampnet("fit", "--engine", "network", "--init", tmp_path / "run", "--out", tmp_path / "taught", "--epochs", 1)
    model = json.loads((tmp_path / "taught" / "model.json").read_text())["model"]
    assert (model["engine"], model["deform"], model["num_classes"]) == ("network", "smooth", 2)
    stampnet("detect", tmp_path / "taught", shapes, "--out", tmp_path / "found.csv")
    stampnet("fit", shapes, *SIZES, "--engine", "network", "--out", tmp_path / "alone", "--num-stamps", 3, *options)
    assert json.loads((tmp_path / "alone" / "model.json").read_text())["model"]["deform"] == "smooth"


def test_report_shows_other_images(run: Path, shapes: Path) -> None:
    before = (run / "stamps.png").read_bytes()
    assert "stamps.png" in stampnet("report", run, "--images", shapes / "images" / "000003.png")
    assert (run / "stamps.png").read_bytes() != before


def test_the_authors_weights_become_a_run(authors_weights: Path, tmp_path: Path) -> None:
    weights = authors_weights / "simple_shapes_2"
    out = tmp_path / "run"
    stampnet("import-weights", f"{weights}.hdf5", "--config", f"{weights}.json", "--out", out)
    said = stampnet("evaluate", out, "--data", "official:simple-shapes-2", "--num-images", 200)
    assert "paper (sampled)" in said
    assert "0.9828" in said
    assert "imported weights" in stampnet("fit", "--out", out, "--resume", code=2)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(command: str) -> None:
    said = stampnet(command, "--help")
    assert "Example: stampnet " + command in " ".join(said.split())


def test_the_version_is_that_of_the_installation() -> None:
    assert stampnet("--version") == f"stampnet {version('stampnet')}\n"


def test_help_does_not_wait_for_torch() -> None:
    script = "import sys; import stampnet.cli.app; assert 'torch' not in sys.modules; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    start = time.perf_counter()
    stampnet("--help")
    assert time.perf_counter() - start < 5  # half a second on an idle machine; this one may be busy


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("fit", "--out", "{tmp}/run"), "there is nothing to fit"),
        (
            ("fit", "--out", "{tmp}/run", "--preset", "t-mnist-small", "--background", "smooth"),
            "knows no background but black, got background='smooth'",
        ),
        (
            ("fit", "--preset", "t-mnist-small", "--starts", "3", "--out", "{tmp}/run"),
            "the network has one start, got num_starts=3",
        ),
        *(
            (
                ("fit", "--preset", "simple-shapes-1", *options, "--out", "{tmp}/run"),
                f"and takes no {' '.join(options)}",
            )
            for options in (
                ("--polarity", "dark"),
                ("--colour",),
                ("--grey",),
                ("--background", "each"),
                ("--background", "static"),
                ("--max-shapes", "auto"),
                ("--stamp-size", "auto"),
            )
        ),
        (("fit", "{shapes}", "--precision", "bf16-mixed", "--out", "{tmp}/run"), "matching computes in full precision"),
        (("fit", "{tmp}/nowhere", "--out", "{tmp}/run"), "there is no file or folder"),
        (("fit", "--preset", "nonsense", "--out", "{tmp}/run"), "there is no preset 'nonsense'"),
        (("fit", "--preset", "pedestrians-3-as-run", "--out", "{tmp}/run"), "cannot be generated; give a folder"),
        (("reproduce", "table1", "--run", "{tmp}/run"), "only pedestrians have rows for runs"),
        (("reproduce", "pedestrians", "--umap"), "no baseline of UMAP"),
        (("fit", "{shapes}", "--stamp-size", "big", "--out", "{tmp}/run"), "a size is a number of pixels"),
        (
            ("fit", "{shapes}", "--stamp-size", "50", "--max-shapes", "1", "--out", "{tmp}/run"),
            "is larger than image_size",
        ),
        (
            ("fit", "{shapes}", "--stamp-size", "50", "--out", "{tmp}/run"),
            "larger than all images; the largest is 36 x 40",
        ),
        (("fit", "{shapes}", "--num-stamps", "0", "--out", "{tmp}/run"), "num_stamps must be at least 1, got 0"),
        *(
            (
                ("fit", "{shapes}", option, "many", "--out", "{tmp}/run"),
                f"{option} is a whole number or auto, got 'many'",
            )
            for option in ("--num-stamps", "--max-shapes", "--num-classes")
        ),
        (("fit", "{shapes}", "--starts", "0", "--out", "{tmp}/run"), "num_starts must be at least 1, got 0"),
        (
            ("fit", "{shapes}", "--starts", "2", "--devices", "2", "--out", "{tmp}/run"),
            "several starts run on one device, got 2",
        ),
        (
            ("fit", "--preset", "t-mnist-small", "--num-stamps", "auto", "--out", "{tmp}/run"),
            "the network takes a number of stamps, got 'auto'",
        ),
        (
            ("fit", "--init", "{run}", "--engine", "matching", "--out", "{tmp}/run"),
            "matching teaches the network, not matching matching",
        ),
        (("fit", "--init", "{run}", "--num-stamps", "3", "--out", "{tmp}/run"), "sizes come from the teacher"),
        (("fit", "--init", "{run}", "--starts", "2", "--out", "{tmp}/run"), "takes no num_starts"),
        (("fit", "--init", "{tmp}", "--out", "{tmp}/run"), "holds no fitted model"),
        (("fit", "--resume", "--out", "{tmp}/run"), "is not a run folder"),
        (("detect", "{tmp}", "{shapes}", "--out", "{tmp}/a.csv"), "holds no fitted model"),
        (("detect", "{run}", "{tmp}", "--out", "{tmp}/a.csv"), "there are no images in"),
        (("evaluate", "{run}", "--data", "nonsense"), "neither a folder nor a known data set"),
        (("generate", "simple-shapes", "--canvas", "20", "--out", "{tmp}/a"), "does not fit on a canvas of 20 x 20"),
        (("generate", "t-mnist", "--scale-range", "2:1", "--out", "{tmp}/a"), "the smaller first, got (2.0, 1.0)"),
        (("fit", "{shapes}", "--epochs", "0", "--out", "{tmp}/run"), "epochs must be at least 1, got 0"),
        (("fit", "{shapes}", "--scale-range", "2", "--out", "{tmp}/run"), "such as 0.7:1.4, got '2'"),
        (
            ("generate", "t-mnist", "--scale-range", "big", "--out", "{tmp}/a"),
            "such as 0.7:1.4, got 'big'",
        ),
        (("generate", "simple-shapes", "--out", "{shapes}"), "exists and is not empty"),
        (("import-weights", "{tmp}/a.hdf5", "--config", "{tmp}/a.json", "--out", "{tmp}/b"), "there is no file"),
        (("generate", "circles", "--out", "{tmp}/a"), "No such command 'circles'"),
    ],
)
def test_bad_input_gets_a_sentence_and_exit_code_2(
    arguments: tuple[str, ...], complaint: str, run: Path, shapes: Path, tmp_path: Path
) -> None:
    filled = [argument.format(tmp=tmp_path, run=run, shapes=shapes) for argument in arguments]
    said = stampnet(*filled, code=2)
    assert complaint in " ".join(said.split())


def test_generated_objects_may_be_turned_and_scaled(tmp_path: Path) -> None:
    options = ("--max-angle", 180, "--scale-range", "0.7:1.4", "--num-images", 5, "--out", tmp_path / "made")
    stampnet("generate", "simple-shapes", *options)
    scenes = read_scenes(tmp_path / "made")
    assert abs(scenes.angles_deg).max() > 30
    assert 0.7 <= scenes.scales.min() < scenes.scales.max() <= 1.4


def test_16_bit_images_keep_their_depth(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "depth").mkdir()
    for i in range(20):
        Image.fromarray(rng.integers(0, 4000, (30, 30)).astype(np.uint16)).save(tmp_path / "depth" / f"{i:02}.tif")
    options = ("--epochs", 1, "--batch-size", 8, "--stamp-size", 10, "--max-shapes", 1, "--num-stamps", 2)
    stampnet("fit", tmp_path / "depth", "--out", tmp_path / "run", *options)
    full_scale = json.loads((tmp_path / "run" / "model.json").read_text())["full_scale"]
    assert 3000 < full_scale < 4000


def test_files_that_cannot_be_used_are_named_where_images_are_seen_as_they_are(shapes: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(shapes / "images", photos)
    for name in ("000000.png", "000007.png"):
        (photos / name).write_bytes((photos / name).read_bytes()[:45])  # the header says nothing of it
    fit = ("fit", photos, *SIZES, "--num-stamps", 2, "--epochs", 1, "--out")
    assert "000000.png cannot be read" in stampnet(*fit, tmp_path / "strict", "--strict", code=2)
    stampnet(*fit, tmp_path / "run")
    assert (tmp_path / "run" / "report.html").exists()
    assert f"no annotations.json in {photos}; name some with --data" in stampnet("evaluate", tmp_path / "run", code=2)
    for file in photos.iterdir():
        file.write_bytes(file.read_bytes()[:45])
    for sizes in (SIZES, ()):
        complaint = stampnet("fit", photos, *sizes, "--out", tmp_path / "none", code=2)
        assert "none of the images can be used; 0000" in " ".join(complaint.split())


@pytest.mark.parametrize(("image", "code", "says"), [("a.png", 0, "skipped"), ("missing", 2, "stampnet: ")])
def test_the_program_by_itself_does_and_says_the_same(
    run: Path, tmp_path: Path, image: str, code: int, says: str
) -> None:
    (tmp_path / "a.png").write_bytes(b"no image")
    Image.fromarray(np.zeros((36, 40), np.uint8)).save(tmp_path / "b.png")
    out = tmp_path / "found.csv"
    command = [sys.executable, "-m", "stampnet", "detect", str(run), str(tmp_path / image), str(tmp_path / "b.png")]
    ended = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == code, ended.stderr
    assert says in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert out.exists() == (code == 0)
