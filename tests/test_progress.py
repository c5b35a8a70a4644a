"""Facts about the bar that people see."""

import pytest

from stampnet.progress import tracked


def test_a_terminal_sees_how_much_is_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert list(tracked(["aa", "bbb"], "reading", total=5, worth=len)) == ["aa", "bbb"]
    said = capsys.readouterr()
    assert said.out == ""
    assert "reading" in said.err
    assert "100%" in said.err


def test_who_is_no_terminal_or_wants_none_sees_no_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(tracked([1, 2], "reading")) == [1, 2]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert list(tracked([1, 2], "reading", show=False)) == [1, 2]
    assert capsys.readouterr().err == ""
