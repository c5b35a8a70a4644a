"""A record is a table for people and for programs, and a picture where there is one."""

import json
from pathlib import Path

from PIL import Image

from stampnet.benchmarks.record import Measured, record
from stampnet.report.figures import new_figure
from stampnet.report.page import Table


def test_what_was_measured_is_written_for_people_and_for_programs(tmp_path: Path) -> None:
    table = Table("Speed", ("row", "seconds"), (("one", "3"),))
    path = record("speed", Measured(table, ("On two threads.",)), tmp_path, {"commit": "abc"})
    assert {one.suffix for one in tmp_path.iterdir()} == {".md", ".json"}
    text = path.read_text()
    assert "| one | " in text.replace("|  ", "| ")
    assert "On two threads." in text
    assert "* commit: abc" in text
    stored = json.loads(path.with_suffix(".json").read_text())
    assert stored["table"]["rows"] == [["one", "3"]]
    assert stored["environment"] == {"commit": "abc"}
    drawn = record("speed", Measured(table, (), new_figure(1.0)), tmp_path, {})
    with Image.open(drawn.with_suffix(".png")) as picture:
        assert picture.width > 100
