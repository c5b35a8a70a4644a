"""README and docs keep their word: commands and Python of the README run, rows of tables stand in what is linked."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from command_line import typed
from examples import shorten, words
from stampnet.cli.app import app
from stampnet.data.scene_folder import write_scenes
from stampnet.data.simple_shapes import simple_shapes

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("stampnet ")]


OWN_IMAGES = ["fit", "detect", "name"]
"""The verbs of the first commands, which need nothing but photos; those of the others follow."""
PEOPLE = ["generate", "fit", "track"]
OTHERS = ["fit", "fit", "evaluate", "fit", "import-weights", "evaluate"]


@pytest.fixture
def in_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with photos/ to work in, where commands are short."""
    monkeypatch.chdir(tmp_path)
    shorten(monkeypatch)
    write_scenes(simple_shapes(40, 2, (60, 70), seed=0), tmp_path / "photos")
    return tmp_path


def test_the_commands_for_own_images_run(in_short: Path) -> None:
    own = commands()[: len(OWN_IMAGES)]
    assert [shlex.split(command)[1] for command in own] == OWN_IMAGES
    for command in own:
        typed(*words(command))
    assert (in_short / "boxes.csv").exists()
    assert (in_short / "runs" / "photos" / "report.html").exists()


def of_people() -> list[str]:
    """The commands of the section on people seen from above."""
    (section,) = (text for text in sections(ROOT / "README.md") if text.startswith("People seen from above"))
    return [line for line in section.splitlines() if line.startswith("stampnet ")]


def test_the_commands_for_people_run(in_short: Path) -> None:
    pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")
    assert [shlex.split(command)[1] for command in of_people()] == PEOPLE
    for command in of_people():
        typed(*words(command))
    assert (in_short / "tracks.txt").exists()


@pytest.mark.usefixtures("mnist_is_here")
def test_the_other_commands_run(in_short: Path, authors_weights: Path) -> None:
    for suffix in ("hdf5", "json"):
        shutil.copy(authors_weights / f"ct_mnist_1.{suffix}", in_short)
    others = [command for command in commands()[len(OWN_IMAGES) :] if command not in of_people()]
    assert [shlex.split(command)[1] for command in others] == OTHERS
    for command in others:
        typed(*words(command))


VERBS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
INLINE = sorted({code for page in PAGES for code in re.findall(r"`stampnet ([^`]+)`", page.read_text("utf-8"))})


@pytest.mark.parametrize("line", [line for line in INLINE if not line.startswith("COMMAND ")])
def test_a_command_in_a_sentence_is_one_that_there_is(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    verb, *arguments = shlex.split(line)
    command = VERBS[verb]
    if hasattr(command, "commands") and arguments:  # of several kinds
        command, arguments = command.commands[arguments[0]], arguments[1:]
    monkeypatch.setattr(command, "callback", lambda **_: None)
    try:
        command.main(arguments, standalone_mode=False)
    except Exception as error:
        if type(error).__name__ not in ("MissingParameter", "NoArgsIsHelpError"):  # a sentence may say less than all
            raise


def test_an_option_in_a_sentence_is_one_that_there_is() -> None:
    commands = [command for verb in VERBS.values() for command in getattr(verb, "commands", {"": verb}).values()]
    there = {name for command in commands for one in command.params for name in (*one.opts, *one.secondary_opts)}
    told = {name for page in PAGES for name in re.findall(r"`(--[a-z-]+)", page.read_text("utf-8"))}
    assert len(told) > 20
    assert told <= there


def test_the_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stampnet.training.defaults.PASSES_AT_MOST", 1)
    monkeypatch.setattr("stampnet.training.defaults.LEAST_STEPS", 1)
    (snippet,) = blocks("python")
    sizes = [(50, 60), (70, 45)]
    names = {"images": [image for size in sizes for image in simple_shapes(40, 1, size, seed=0).images]}
    exec(snippet, names)
    assert len(names["detections"]) == 80


def test_make_has_the_two_commands() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in ("demo", "test"):
        assert f"make {command}" in README
        assert re.search(rf"^{command}:", makefile, flags=re.MULTILINE)


def sections(page: Path) -> list[str]:
    return re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def linked(page: Path, text: str) -> list[Path]:
    """The files that a part of a page links."""
    links = re.findall(r"\]\(([^)]+)\)", text)
    return [page.parent / link.partition("#")[0] for link in links if not link.startswith(("http", "#"))]


def test_every_row_of_numbers_stands_in_a_file_that_its_section_links() -> None:
    """In a record of benchmarks/results, or, for the README, in docs/results.md, whose rows stand in records."""
    number = 0
    for page in PAGES:
        for section in sections(page):
            files = [file for file in linked(page, section) if file.suffix == ".md"]
            known = {line.replace(" ", "") for file in files for line in file.read_text(encoding="utf-8").splitlines()}
            rows = [line for line in section.splitlines() if line.startswith("| ") and re.search(r"\d\.\d", line)]
            assert [row for row in rows if row.replace(" ", "") not in known] == [], (
                page.name,
                section.splitlines()[0],
            )
            number += len(rows)
    assert number >= 12


def test_files_that_are_linked_exist() -> None:
    links = [link for page in PAGES for link in linked(page, page.read_text(encoding="utf-8"))]
    assert len(links) >= 6
    assert [link for link in links if not link.exists()] == []
