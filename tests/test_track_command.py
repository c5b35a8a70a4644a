"""Facts about `stampnet track`, run as a person would."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from command_line import typed
from stampnet.tracking.files.by_suffix import read_trajectories
from stampnet.tracking.people import People
from stampnet.tracking.people_file import write_people
from tracking_walkers import as_people, walkers

pytest.importorskip("trackpy", reason="trackpy is not installed (extra track)")

AREA = "POLYGON ((-12 -1, 12 -1, 12 6, -12 6, -12 -1))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People found, who they are, and where they may walk."""
    folder = tmp_path_factory.mktemp("track")
    people, who = walkers(6, 60, 15.0, missed=0.05)
    write_people(folder / "people.csv", people, 15.0)
    rows = zip(people.frame, people.x_m, people.y_m, who, strict=True)
    (folder / "heads.csv").write_text("frame,x,y,id\n" + "".join(f"{f},{x},{y},{w}\n" for f, x, y, w in rows))
    (folder / "area.wkt").write_text(AREA)
    Image.fromarray(np.full((70, 240), 200, np.uint8)).save(folder / "hall.png")
    return folder


@pytest.mark.parametrize("suffix", ["txt", "csv", "h5", "sqlite"])
def test_people_found_earlier_are_tracked_into_every_format(suffix: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / f"tracks.{suffix}"
    said, _ = typed("track", "--people", folder / "people.csv", "--out", out)
    assert "in 60 frames, 6 tracks" in said
    assert "m/s" in said
    rows, fps = read_trajectories(out)
    assert fps == 15.0
    assert len(np.unique(rows.id)) == 6


def test_points_outside_the_area_are_counted(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("shapely", reason="shapely is not installed (extra ped)")
    command = ("track", "--people", folder / "people.csv", "--out", tmp_path / "tracks.h5", "--area")
    assert "0 points outside" in typed(*command, folder / "area.wkt")[0]
    (tmp_path / "small.wkt").write_text(AREA.replace("6", "0.5"))
    assert "\n0 points outside" not in typed(*command, tmp_path / "small.wkt")[0]


def test_the_page_shows_figures_and_scores(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("pedpy", reason="PedPy is not installed (extra ped)")
    pytest.importorskip("motmetrics", reason="motmetrics is not installed (extra test)")
    page = tmp_path / "page.html"
    options = ("--area", folder / "area.wkt", "--truth", folder / "heads.csv", "--background", folder / "hall.png")
    said, _ = typed(
        *("track", "--people", folder / "people.csv", "--out", tmp_path / "tracks.csv", "--report", page, *options)
    )
    assert str(page) in said
    html = page.read_text(encoding="utf-8")
    assert html.count("<img ") == 5
    for told in ("Where people walked", "by PedPy", "MOTP", "heads found", "identity switches", "Distance to the true"):
        assert told in html
    assert "http" not in html.replace("http-equiv", "")


def one_head_in_each_frame(depth_mm: np.ndarray, first_frame: int) -> People:
    """A localizer: the nearest pixel, 10 cm to a pixel."""
    rows, columns = np.divmod(depth_mm.reshape(len(depth_mm), -1).argmin(axis=1), depth_mm.shape[-1])
    return as_people(first_frame + np.arange(len(depth_mm)), 0.1 * columns, 0.1 * rows)


def test_a_table_without_rows_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("frame,x,y,z\n")
    said, told = typed("track", "--people", tmp_path / "none.csv", "--fps", 15, "--out", tmp_path / "tracks.csv")
    assert said.startswith("0 heads in 0 frames")
    assert "none.csv has no frame, so nobody is followed" in " ".join(told.split())


@pytest.fixture
def localizer(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of one that a run has learned."""
    module = ModuleType("stampnet.pedestrians.localizer")
    module.load_localizer = lambda run, cameras: one_head_in_each_frame  # type: ignore[attr-defined]  # noqa: ARG005
    monkeypatch.setitem(sys.modules, "stampnet.pedestrians", ModuleType("stampnet.pedestrians"))
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.usefixtures("localizer")
def test_depth_frames_are_tracked_and_gone_on_with_when_they_have_grown(tmp_path: Path) -> None:
    depth_mm = np.full((20, 6, 30), 4000, np.uint16)
    depth_mm[np.arange(20), 3, np.arange(20)] = 1500
    frames, out = tmp_path / "depth.npy", tmp_path / "tracks.csv"
    command = ("track", "run", frames, "--out", out, "--fps", 15)
    np.save(frames, depth_mm)
    assert typed(*command)[0].startswith("20 heads in 20 frames, 1 tracks")
    whole = out.read_bytes()
    np.save(frames, depth_mm[:0])
    for first, last in ((0, 9), (9, 20)):
        with frames.open("ab") as file:
            file.write(depth_mm[first:last].tobytes())
        said, _ = typed(*command, "--follow", 0)
        assert said.startswith(f"{last} heads in {last} frames, 1 tracks")
    assert out.read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--out", "a.txt"), "RUN and FRAMES, or --people"),
        (("run", "--out", "a.txt"), "RUN and FRAMES, or --people"),
        (("run", "frames.npy", "--people", "people.csv", "--out", "a.txt"), "RUN and FRAMES, or --people"),
        (("--people", "people.csv"), "give --out"),
        (("--people", "people.csv", "--out", "a.json"), "no suffix of trajectories"),
        (("--people", "missing.csv", "--out", "a.txt"), "there is no file missing.csv"),
        (("--people", "people.csv", "--out", "a.txt", "--fps", "30"), "has 15 frames per second, --fps is 30"),
        (("--people", "untimed.csv", "--out", "a.txt"), "give --fps"),
        (("--people", "people.csv", "--out", "a.txt", "--smooth-window", "4"), "window is 4 frames"),
        (("--people", "people.csv", "--out", "a.txt", "--max-speed", "-2"), "largest speed is -2"),
        (("--people", "people.csv", "--out", "a.txt", "--least-rows", "0"), "at least one row"),
        (("--people", "people.csv", "--out", "a.txt", "--follow", "2"), "--follow is of no use here"),
        (("--people", "people.csv", "--out", "a.txt", "--camera", "camera.yaml"), "--camera is of no use here"),
        (
            ("--people", "people.csv", "--out", "a.txt", "--truth", "heads.csv"),
            "unless with --report page.html",
        ),
        (("--people", "people.csv", "--out", "a.txt", "--area", "people.csv"), "no walkable area"),
        (("--people", "people.csv", "--out", "a.txt", "--report", "a.html", "--line", "1,2"), "a line is x0,y0,x1,y1"),
        (("--people", "people.csv", "--out", "a.txt", "--reidentify", "-1"), "reidentify is -1 frames"),
        (("--people", "people.csv", "--out", "a.txt", "--report", "a.html", "--truth", "no.csv"), "no file no.csv"),
        (
            ("--people", "people.csv", "--out", "a.txt", "--report", "a.html", "--background", "no.png"),
            "no file no.png",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    arguments: tuple[str, ...], complaint: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "untimed.csv").write_text("frame,x,y,z\n0,1,1,1.7\n")
    assert complaint in " ".join(typed("track", *arguments, code=2)[1].split())
    assert not (folder / "a.txt").exists()


def test_what_an_earlier_run_left_is_begun_anew_when_asked(folder: Path, tmp_path: Path) -> None:
    from stampnet.tracking.stream import state_path

    out = tmp_path / "tracks.csv"
    command = ("track", "--people", folder / "people.csv", "--out", out)
    typed(*command)
    written = out.read_bytes()
    np.savez(state_path(out), identity=np.array("another"))
    assert "--anew" in typed(*command, code=2)[1]
    typed(*command, "--anew")
    assert out.read_bytes() == written
