"""Facts about what prepares the tests: a browser is installed where it is missing and may be; nothing fails."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def program(folder: Path, name: str, says: str) -> None:
    (folder / name).write_text(f"#!{shutil.which('sh')}\n{says}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("user", "has_apt", "has_browser", "works", "calls"),
    [
        (0, True, False, True, ["update", "chromium"]),
        (0, True, False, False, ["update"]),
        (0, True, True, True, []),
        (0, False, False, True, []),
        (1000, True, False, True, []),
    ],
)
def test_a_browser_is_installed_where_it_is_missing_and_root_has_apt(
    user: int, has_apt: bool, has_browser: bool, works: bool, calls: list[str], tmp_path: Path
) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    programs, called = tmp_path / "programs", tmp_path / "called"
    programs.mkdir()
    program(programs, "id", f"echo {user}")
    if has_apt:
        program(
            programs, "apt-get", f'echo noise; for last; do :; done; echo "$last" >> {called}; exit {int(not works)}'
        )
    if has_browser:
        program(programs, "chromium", "exit 0")
    ended = subprocess.run(
        [bash, ROOT / ".ci" / "chromium"], env={"PATH": str(programs)}, capture_output=True, text=True, check=True
    )
    assert (called.read_text().split() if called.exists() else []) == calls
    assert ended.stdout == ""
    assert ended.stderr.count("tests in a browser are skipped") == (not works)


def test_the_tests_ask_for_it_once() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "\ntest: $(VENV)/.ready $(VENV)/.browser\n" in makefile
    assert "$(VENV)/.browser: | $(VENV)/.ready\n\t.ci/chromium\n\ttouch $@\n" in makefile
