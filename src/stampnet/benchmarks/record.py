"""A measured table to files: Markdown for people and JSON for programs, with what it was made on."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from stampnet.atomic import whole_file
from stampnet.report.page import Table
from stampnet.report.tables import markdown_table


@dataclass(frozen=True)
class Measured:
    """A table and what a reader needs to judge it."""

    table: Table
    notes: tuple[str, ...]


def record(name: str, measured: Measured, folder: Path, made_on: Mapping[str, object]) -> Path:
    """Writes NAME-DATE.json and NAME-DATE.md; returns the path of the latter.

    `made_on` is the `environment` when measuring began: the tree may have changed since.
    """
    command = shlex.join(["stampnet", *sys.argv[1:]])
    path = folder / f"{name}-{datetime.now(UTC):%Y-%m-%d}.md"
    with whole_file(path.with_suffix(".json")) as temporary:
        content = {"command": command, "environment": made_on, **asdict(measured)}
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    facts = [f"* {key}: {value}" for key, value in {"command": f"`{command}`", **made_on}.items()]
    parts = [
        f"# {measured.table.title}",
        markdown_table(measured.table.header, measured.table.rows),
        "\n".join(measured.notes),
        "\n".join(facts),
    ]
    with whole_file(path) as temporary:
        temporary.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path
