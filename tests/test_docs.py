"""The pages of docs/ keep their word: what they tell a reader to type runs, and files that they show can be read."""

import re
import shlex
import shutil
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
import yaml

import stampnet
from examples import FEW, shorten, words
from stampnet.cli.app import app
from stampnet.data.overhead_depth.camera import read_cameras
from stampnet.data.scene_folder import read_scenes, write_scenes
from stampnet.data.simple_shapes import simple_shapes
from stampnet.export.coco import read_coco
from stampnet.export.csv_table import read_csv
from stampnet.export.yolo import read_yolo
from stampnet.training.run_folder import load_config, load_names

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md"))
SMALL = (36, 40)
"""Height and width of photos, little more than those of a stamp."""
BLOCK = re.compile(r"^( *)```(sh|python)\n(.*?)^\1```$", flags=re.MULTILINE | re.DOTALL)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def examples(page: str) -> list[tuple[str, str]]:
    """Language and text of each example of a page."""
    return [(language, body.replace(f"\n{indent}", "\n")) for indent, language, body in BLOCK.findall(text_of(page))]


@pytest.fixture
def in_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with photos/ to work in, where commands are short."""
    monkeypatch.chdir(tmp_path)
    shorten(monkeypatch)
    photos = tmp_path / "photos"
    write_scenes(simple_shapes(FEW, 2, SMALL, seed=0), photos)
    (photos / "scenes.npz").unlink()  # as a folder of one's own, with answers of one's own
    return tmp_path


def run(line: str) -> None:
    """A line of a shell example: a command of stampnet in this process; a target of make or an extra to install, which
    must exist."""
    program, *arguments = shlex.split(line, comments=True)
    if program == "make":
        assert re.search(rf"^{arguments[0]}:", MAKEFILE, flags=re.MULTILINE), line
        return
    if program == "pip":
        extra = re.fullmatch(r"install stampnet\[(\w+)\]", " ".join(arguments))
        assert extra is not None, line
        assert extra[1] in EXTRAS, line
        return
    assert program == "stampnet", f"no test knows how to run {line!r}"
    arguments = words(line)
    if arguments[0] == "serve":
        arguments += ["--port", "0", "--no-open"]
    typer.main.get_command(app).main(arguments, standalone_mode=False)


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)])
def test_a_page_can_be_followed_from_top_to_bottom(
    page: str,
    in_short: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "mnist" in "".join(body for _, body in examples(page)):
        request.getfixturevalue("mnist_is_here")
    if "import-weights" in text_of(page):
        weights = request.getfixturevalue("authors_weights")
        for suffix in ("hdf5", "json"):
            shutil.copy(weights / f"ct_mnist_1.{suffix}", in_short)
    if "to_supervision" in text_of(page):
        pytest.importorskip("supervision", reason="supervision is not installed (extra vision)")
    if page == "page.md":  # it shows a run that another page makes
        pytest.importorskip("fastapi", reason="fastapi is not installed (extra web)")
        run("stampnet fit photos --out runs/photos --num-stamps 5 --max-shapes 2 --stamp-size 28")
        monkeypatch.setattr("stampnet.web.serving.serve", lambda *_: None)
    sizes = [SMALL, (50, 45)]
    names: dict[str, Any] = {
        "images": [image for size in sizes for image in simple_shapes(FEW, 1, size, seed=0).images]
    }
    for language, body in examples(page):
        if language == "sh":
            for line in body.strip().splitlines():
                run(line)
        else:
            exec(compile(body, page, "exec"), names)
    assert "Traceback" not in capsys.readouterr().err


def test_every_page_but_those_without_commands_has_examples() -> None:
    assert {page for page in PAGES if not examples(page)} == {
        "api.md",
        "bending.md",
        "how-it-works.md",
        "recorded.md",
        "results.md",
    }


def shown_files(page: str, language: str = "") -> list[str]:
    """The files that a page shows, those in a fence of that language."""
    fences = re.findall(r"^```([^\n]*)\n(.*?)^```$", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return [body for name, body in fences if name == language]


def test_the_files_that_are_shown_can_be_read(tmp_path: Path) -> None:
    config, names = shown_files("formats.md", "yaml")
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    (tmp_path / "names.yaml").write_text(names, encoding="utf-8")
    read = load_config(tmp_path)
    assert read.model.num_stamps == 8
    # All settings are shown: a new one must be written down.
    assert list(yaml.safe_load(config)) == [one.name for one in fields(read)]
    assert load_names(tmp_path) == {0: "upright", 1: "ignore", 3: "slash", 6: "upright"}

    history, table, yolo = shown_files("formats.md")
    assert history.startswith("epoch,step")
    (tmp_path / "boxes.csv").write_text(table, encoding="utf-8")
    first, second = read_csv(tmp_path / "boxes.csv", ["000000.png", "000001.png"])
    assert first.stamp.tolist() == [6, 2]
    assert second.stamp.tolist() == [7]

    coco, scenes = shown_files("formats.md", "json")
    (tmp_path / "boxes.json").write_text(coco, encoding="utf-8")
    assert np.allclose(read_coco(tmp_path / "boxes.json").detections[0].boxes_xyxy[0], first.boxes_xyxy[0])

    (tmp_path / "classes.txt").write_text("".join(f"stamp {number}\n" for number in range(8)), encoding="utf-8")
    (tmp_path / "000000.txt").write_text(yolo, encoding="utf-8")
    (found,) = read_yolo(tmp_path, ("000000.png",), ((120, 160),)).detections
    assert np.abs(found.boxes_xyxy - first.boxes_xyxy).max() < 0.01  # the table is shown with fewer digits

    (tmp_path / "camera.yaml").write_text(shown_files("pedestrians.md", "yaml")[0], encoding="utf-8")
    (camera,) = read_cameras(tmp_path / "camera.yaml")
    told = re.findall(r"^\| `(\w+)`", text_of("pedestrians.md"), flags=re.MULTILINE)
    assert told == [one.name for one in fields(camera)]  # all values are explained

    folder = tmp_path / "scenes"
    write_scenes(simple_shapes(1, 2, (120, 160), seed=0), folder)
    (folder / "scenes.npz").unlink()
    (folder / "annotations.json").write_text(scenes, encoding="utf-8")
    assert read_scenes(folder).class_names == ("slash", "rotated equal")


def test_all_settings_of_a_run_are_shown(in_short: Path) -> None:
    run("stampnet fit photos --out run --num-stamps 5")
    written = yaml.safe_load((in_short / "run" / "config.yaml").read_text(encoding="utf-8"))
    shown = yaml.safe_load(shown_files("formats.md", "yaml")[0])
    for part in ("model", "training", "hardware", "layout"):
        assert shown[part].keys() == written[part].keys()
    assert shown["layout"]["preparation"].keys() == written["layout"]["preparation"].keys()


def test_all_files_of_a_run_are_told(in_short: Path) -> None:
    run("stampnet fit photos --out run --num-stamps 3")
    run("stampnet name run 0=square")
    run("stampnet evaluate run --data photos")
    cells = re.findall(r"^\|([^|]*)\|", text_of("formats.md").partition("### config.yaml")[0], flags=re.MULTILINE)
    told = re.findall(r"`([^`]+)`", "".join(cells))
    for file in (in_short / "run").iterdir():
        assert file.name + "/" * file.is_dir() in told, file.name


def test_messages_that_are_quoted_are_said() -> None:
    sources = (file.read_text(encoding="utf-8") for file in Path(stampnet.__file__).parent.rglob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", "\n".join(sources))  # strings over several lines
    table = text_of("choosing.md").partition("What `stampnet` says")[2]
    quoted = re.findall(r"^\| `([^`]+)`", table, flags=re.MULTILINE)
    assert len(quoted) >= 10
    for message in quoted:
        for part in message.split("…"):
            assert part.strip() in said, message


def test_the_python_page_names_all_that_is_public() -> None:
    table = re.findall(r"^\| \[`(\w+)`\]", text_of("api.md"), flags=re.MULTILINE)
    assert sorted(table) == sorted(stampnet.__all__)
    for name in stampnet.__all__:
        assert re.search(rf":: stampnet\.{name}$", text_of("api.md"), flags=re.MULTILINE), name
