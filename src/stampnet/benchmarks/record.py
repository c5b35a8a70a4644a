"""A measured table to files: Markdown and a picture for people, JSON for programs, with what it was made on."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from matplotlib.figure import Figure

from stampnet.atomic import whole_file
from stampnet.report.figures import save_png
from stampnet.report.page import Table
from stampnet.report.tables import markdown_table


@dataclass(frozen=True)
class Measured:
    """A table and what a reader needs to judge it."""

    table: Table
    notes: tuple[str, ...]
    picture: Figure | None = None


def record(name: str, measured: Measured, folder: Path, made_on: Mapping[str, object]) -> Path:
    """Writes NAME-DATE.json, NAME-DATE.md and, where there is a picture, NAME-DATE.png; returns the path of the second.

    `made_on` is the `environment` when measuring began: the tree may have changed since.
    """
    command = shlex.join(["stampnet", *sys.argv[1:]])
    path = folder / f"{name}-{datetime.now(UTC):%Y-%m-%d}.md"
    with whole_file(path.with_suffix(".json")) as temporary:
        content = {"command": command, "environment": made_on, "table": asdict(measured.table), "notes": measured.notes}
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
    if measured.picture is not None:
        save_png(measured.picture, path.with_suffix(".png"))
    return path
