"""Commands as a person types them, run in this process: to load torch for each would take most of the time."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from unittest import mock

from stampnet.cli.app import main


def typed(*arguments: object, code: int = 0) -> tuple[str, str]:
    """What a command says and what it complains of; it is expected to end with that code."""
    said, complained, ended = StringIO(), StringIO(), 0
    program = mock.patch.object(sys, "argv", ["stampnet", *map(str, arguments)])
    with program, redirect_stdout(said), redirect_stderr(complained):
        try:
            main()
        except SystemExit as end:
            ended = int(end.code or 0)
    assert ended == code, f"{ended}: {said.getvalue()}{complained.getvalue()}"
    assert "Traceback" not in complained.getvalue()
    return said.getvalue(), complained.getvalue()
