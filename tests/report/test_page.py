"""Facts about the page: it stands alone, it escapes, and a failed write leaves the old one."""

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from stampnet.report.figures import Gallery, draw_stamps, png_bytes
from stampnet.report.page import ReportContent, Table, write_report

CONTENT = ReportContent(
    title="<script>alert(1)</script>",
    summary=("One.", "Two & three."),
    warnings=("<b>careful</b>",),
    figures=(('A "caption"', png_bytes(draw_stamps(Gallery(np.ones((1, 3, 3)), np.zeros(1, int), ["stamp 0"])))),),
    tables=(Table("Scores", ("measure", "value"), (("CorLoc", "1.0000"),)),),
    settings={"network": {"num_stamps": 3, "recipe": None, "image_size": (84, 80)}, "images": ("photos",), "on": True},
    environment={"python": "3.11"},
)


class Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action")]


def test_the_page_fetches_nothing_and_runs_nothing(tmp_path: Path) -> None:
    write_report(CONTENT, tmp_path / "report.html")
    page = Collector()
    page.feed((tmp_path / "report.html").read_text())
    assert not {"script", "link", "iframe", "b"} & set(page.tags)
    assert len(page.links) == 1
    assert page.links[0].startswith("data:image/png;base64,iVBOR")


def test_everything_that_was_given_is_on_the_page(tmp_path: Path) -> None:
    write_report(CONTENT, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    for part in ("&lt;script&gt;", "Two &amp; three.", "&lt;b&gt;careful", "CorLoc", "1.0000", "num_stamps", "3.11"):
        assert part in text
    assert "default-src 'none'" in text
    for setting in ("84, 80", "photos", "yes", "-"):  # no brackets, quotes or other signs of Python
        assert f"<dd>{setting}</dd>" in text


def test_a_failed_write_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(CONTENT, path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
