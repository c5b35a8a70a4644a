"""Texts, figures and tables to one self-contained HTML page."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from stampnet.atomic import whole_file


@dataclass(frozen=True)
class Table:
    """Rows of texts under a header; the first column names the row."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ReportContent:
    """All that a report says."""

    title: str
    summary: tuple[str, ...]
    """Sentences."""
    warnings: tuple[str, ...]
    """Sentences that call for a decision."""
    figures: tuple[tuple[str, bytes], ...]
    """Caption and PNG."""
    tables: tuple[Table, ...]
    settings: Mapping[str, Any]
    environment: Mapping[str, Any]


def readable(value: object) -> str:
    """A setting as a person would write it.

    >>> readable([28, 28]), readable([True, None]), readable([["red", 0.5], []])
    ('28, 28', 'yes, -', 'red, 0.5; -')
    """
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ("; " if any(isinstance(one, list | tuple) for one in value) else ", ").join(map(readable, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def write_report(content: ReportContent, path: Path) -> None:
    """Writes the page: no script, nothing fetched, pictures inside; whole or not at all."""
    environment = Environment(
        loader=PackageLoader("stampnet.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["readable"] = readable
    environment.filters["base64"] = lambda png: b64encode(png).decode("ascii")
    page = environment.get_template("page.html.jinja").render(content=content)
    with whole_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
