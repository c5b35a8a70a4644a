"""Facts about names of images: whatever a file is called, its name on the page can be written, and leads nowhere."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stampnet.web.objects import ImageOnPage, tidy


@given(st.text(st.sampled_from("ab./\\\n\ud800é#")) | st.text())
def test_every_name_becomes_one_that_the_page_takes(name: str) -> None:
    short = tidy(name)
    assert ImageOnPage(name=short, height=1, width=1, objects=[]).name == short
    assert short.encode()
    path = PurePosixPath(short)
    assert not path.is_absolute()
    assert not any(part.startswith(".") or len(part.encode()) > 180 for part in path.parts)
    assert "\n" not in short
    assert "\\" not in short


def test_plain_names_stay() -> None:
    for name in ("a.png", "cells/week 3/scan.tif#12", "Zürich.jpg", "a..b.png"):
        assert tidy(name) == name


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/a", "a/", "a\\b", "a\0b", "x" * 181, "ab/" * 5000 + "a"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        ImageOnPage(name=name, height=1, width=1, objects=[])
