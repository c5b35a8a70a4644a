"""`stampnet serve`: a run as a page in the browser."""

import os
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from stampnet.errors import InputError


def serve(
    run: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    host: Annotated[
        str,
        typer.Option(
            help="Where to listen. Other addresses than those of this machine alone need the token that is printed."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8000,
    open: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser, where it needs no token.")
    ] = True,
) -> None:
    """Show a run as a page: name its stamps, see what it finds in images that you drop there, download boxes.

    Needs the extra web: pip install 'stampnet[web]'. Ctrl-C ends it.
    Example: stampnet serve runs/photos --port 8080
    """
    import secrets
    import webbrowser

    try:
        from stampnet.web.serving import address_of, listening
        from stampnet.web.serving import serve as answer
    except ModuleNotFoundError as error:
        raise InputError(f"the page needs {error.name}, which is missing; pip install 'stampnet[web]'") from error
    from stampnet.web.access import Access, is_loopback

    access = Access(host=host, token=None if is_loopback(host) else secrets.token_urlsafe(24))
    with listening(host, port) as listener:
        from stampnet.web.server import page_for  # after the port is known to be free, for it loads torch

        app = page_for(run, access=access)
        address = address_of(listener, host, access.token)
        print(f"{run}: {address}\nCtrl-C ends it.", flush=True)
        # The command line of a browser, which all users of this machine can read, would hold the token.
        if open and access.token is None and _has_screen():
            # Connections wait until the server is there.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        answer(app, listener)
    print("stopped")


def _has_screen() -> bool:
    """Else a text browser might open, and take the terminal."""
    return not sys.platform.startswith("linux") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
