"""Facts about marks: what changes who is found changes them, and nothing else does."""

import os
from pathlib import Path

import pytest

from stampnet.pedestrians.site_folder import BACKGROUND, CAMERAS, SITE
from stampnet.tracking.recording import OF_A_RUN, mark_of, mark_of_run
from stampnet.training.run_folder import CONFIG, MODEL, NAMES, WEIGHTS


def test_all_files_that_tell_who_is_found_are_looked_at() -> None:
    assert {CONFIG, MODEL, WEIGHTS, NAMES, CAMERAS, SITE, BACKGROUND} == set(OF_A_RUN)


@pytest.mark.parametrize("name", OF_A_RUN)
def test_a_run_of_which_a_file_has_changed_or_come_is_another(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("x")
    (tmp_path / "model.safetensors").write_text("x")
    marks = [mark_of_run(tmp_path)]
    (tmp_path / name).write_text("other")
    marks.append(mark_of_run(tmp_path))
    os.utime(tmp_path / name, (1, 1))  # older than the others: a copy that kept its time
    marks.append(mark_of_run(tmp_path))
    assert len(set(marks)) == 3


def test_a_report_makes_no_other_run(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("x")
    mark = mark_of_run(tmp_path)
    (tmp_path / "report.html").write_text("x")
    assert mark_of_run(tmp_path) == mark


@pytest.mark.parametrize("is_folder", [False, True])
def test_frames_of_another_size_or_time_are_others(is_folder: bool, tmp_path: Path) -> None:
    source = tmp_path / "frames"
    file = source / "1.png" if is_folder else source
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"1234")
    os.utime(file, (5, 5))
    marks = [mark_of(source)]
    if is_folder:
        (source / "tracks.csv").write_text("x")  # what is written beside pictures is none of them
    assert mark_of(source) == marks[0]
    os.utime(file, (9, 9))
    marks.append(mark_of(source))
    file.write_bytes(b"123")
    os.utime(file, (9, 9))
    marks.append(mark_of(source))
    assert len(set(marks)) == 3
