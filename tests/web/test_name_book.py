"""Facts about names that are given on the page: they are in names.yaml, and can be taken back."""

import errno
from pathlib import Path

import pytest

from stampnet.errors import InputError
from stampnet.training.run_folder import load_names, save_names
from stampnet.web.name_book import NameBook


def test_names_are_given_and_taken_away_and_taken_back(tmp_path: Path) -> None:
    book = NameBook(tmp_path, 4)
    assert not book.can_undo
    book.give({0: " cat ", 3: "cat"})
    book.give({3: "", 2: "ignore"})
    assert load_names(tmp_path) == {0: "cat", 2: "ignore"}
    book.undo()
    assert load_names(tmp_path) == {0: "cat", 3: "cat"}
    book.undo()
    assert load_names(tmp_path) == {}
    with pytest.raises(InputError, match="no change to take back"):
        book.undo()


def test_what_changes_nothing_is_no_change(tmp_path: Path) -> None:
    book = NameBook(tmp_path, 4)
    book.give({0: ""})
    assert not book.can_undo


@pytest.mark.parametrize("names", [{4: "cat"}, {-1: "cat"}, {4: ""}, {0: "a\nb"}, {0: "x" * 101}, {0: "\ud800"}])
def test_names_that_cannot_be_are_refused_and_nothing_is_written(names: dict[int, str], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        NameBook(tmp_path, 4).give(names)
    assert list(tmp_path.iterdir()) == []


def test_changes_by_another_program_are_seen_and_not_undone(tmp_path: Path) -> None:
    book = NameBook(tmp_path, 4)
    book.give({0: "cat"})
    save_names({0: "dog"}, tmp_path)
    assert book.names() == {0: "dog"}
    with pytest.raises(InputError, match="changed by another program"):
        book.undo()
    assert load_names(tmp_path) == {0: "dog"}
    assert not book.can_undo


def test_where_names_cannot_be_written_that_is_told_and_undo_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    book = NameBook(tmp_path, 4)
    book.give({0: "cat"})
    with monkeypatch.context() as patch:
        patch.setattr("stampnet.web.name_book.save_names", full)
        for change in (book.undo, lambda: book.give({1: "dog"})):
            with pytest.raises(InputError, match="No space left on device"):
                change()
    assert load_names(tmp_path) == {0: "cat"}
    book.undo()
    assert load_names(tmp_path) == {}
    assert not book.can_undo
