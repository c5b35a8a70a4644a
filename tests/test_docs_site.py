"""The pages of docs/ become a site: in a file of its own, so that another process may do what else there is to test."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(page.name for page in DOCS.glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("sphinx", "myst_nb", "furo"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}: pip install 'stampnet[docs]'")
    folder = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-n", "-W", "--keep-going", "-q", str(DOCS), str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=880, check=False)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.timeout(900)  # a minute on an idle core
def test_the_site_is_built_without_a_warning_and_every_picture_has_a_text(site: Path) -> None:
    for page in PAGES:
        html = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        pictures = re.findall(r"<img [^>]*>", html)
        assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures), page
    assert (site / "how-it-works.html").read_text(encoding="utf-8").count("<img ") == 11
