"""How Sphinx builds these pages: `make docs`."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE.parent / "benchmarks" / "results"
RECORDED = HERE / "recorded"
"""Copies of the results, made for a build, so that tables can lead to what they are taken from."""

sys.path.insert(0, str(HERE))  # figures.py
sys.path.insert(0, str(HERE.parent / "src"))

project = "stampnet"
author = "The stampnet developers"
html_title = "stampnet"
extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": False}

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3
suppress_warnings = ["myst.strikethrough"]

# Code cells: a few seconds each, without a picture of how they fared.
nb_execution_mode = "force"
nb_execution_timeout = -1
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_output_stderr = "remove"  # progress and warnings of other packages
nb_render_markdown_format = "gfm"

# Docstrings are plain: one pair of backticks is code.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
add_module_names = False
toc_object_entries = False

# Types of other packages, and the shapes of jaxtyping, have no page here.
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|np|torch|pathlib|collections|typing|jaxtyping|sklearn|pytorch_lightning|fastapi)\..*"),
    ("py:class", "Tensor|ndarray|RandomState"),
    ("py:class", r"types\.Annotated|pydantic\..*|engine"),  # which of two settings is meant
]

# Links into the repository: to results, which get pages of their own, and to files that have none.
LINK = re.compile(r"\]\(\.\./benchmarks/results(/[^)]*)?\)")


def _to_pages(text: str) -> str:
    """Links to recorded results as links to their copies.

    >>> _to_pages("[a](../benchmarks/results/b.md), [all](../benchmarks/results)")
    '[a](recorded/b.md), [all](recorded.md)'
    """
    return LINK.sub(lambda link: f"](recorded{link[1] or '.md'})", text)


def _copy_results(app: Any) -> None:  # noqa: ARG001 (Sphinx passes it)
    shutil.rmtree(RECORDED, ignore_errors=True)
    RECORDED.mkdir()
    for file in sorted(RESULTS.iterdir()):
        if file.suffix in (".md", ".png"):
            shutil.copy(file, RECORDED)


def _rewrite(app: Any, docname: str, content: list[str]) -> None:  # noqa: ARG001
    content[0] = _to_pages(content[0])


def setup(app: Any) -> dict[str, bool]:
    """Copies results before pages are read, and leads links to the copies."""
    app.connect("config-inited", lambda app, _: _copy_results(app))
    app.connect("source-read", _rewrite)
    return {"parallel_read_safe": True}
