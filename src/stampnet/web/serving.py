"""An application to a server on this machine, until Ctrl-C."""

import socket
from contextlib import suppress
from ipaddress import IPv6Address

import uvicorn
from fastapi import FastAPI

from stampnet.errors import InputError


def listening(host: str, port: int) -> socket.socket:
    """A socket that waits for connections; port 0 takes any free one.

    Raises InputError where the port is in use or the host is none of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        raise InputError(
            f"port {port} of {host} cannot be used ({error.strerror}); give another with --port or --host"
        ) from error


def address_of(listener: socket.socket, host: str, token: str | None) -> str:
    """What to open in a browser."""
    if host in ("0.0.0.0", "::", ""):
        host = socket.gethostname()
    if ":" in host:
        host = f"[{IPv6Address(host).compressed}]"
    port = listener.getsockname()[1]
    return f"http://{host}:{port}/" + (f"?token={token}" if token else "")


def server_of(app: FastAPI) -> uvicorn.Server:
    """A server that is not running yet. Its log of requests stays off: it would hold the token."""
    config = uvicorn.Config(
        app,
        http="h11",  # discards what still arrives of a body that was refused, so that the sender hears why
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Answers until it is interrupted; then finishes what it is at."""
    with suppress(KeyboardInterrupt):  # raised anew once all is closed
        server_of(app).run(sockets=[listener])
