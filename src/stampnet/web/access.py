"""Who may ask: which names the server has, who knows its token, and which pages may make it work."""

import ipaddress
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

HEADERS: dict[str, str] = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""On every answer."""
SAFE = ("GET", "HEAD")
API = "/api/"
"""Below it are requests that make the server work, whatever their method."""


class Refusal(NamedTuple):
    """Why a request is not answered."""

    status: int
    sentence: str


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where the server listens, and what a request must know."""

    host: str = "127.0.0.1"
    token: str | None = field(default=None, repr=False)
    """Must be known to all who ask; needed where other machines reach the server."""

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise ValueError(f"a server at {self.host}, which other machines reach, needs a token")

    @property
    def cookie(self) -> str:
        """Its name: cookies do not tell ports apart, so that each server has its own."""
        return f"stampnet-{sha256((self.token or '').encode()).hexdigest()[:8]}"

    def refusal(self, method: str, path: str, headers: Mapping[str, str], given_token: str | None) -> Refusal | None:
        """Why not to answer; None where the request may pass. `given_token` is one in the address, if that counts."""
        if not self.knows_host(headers.get("host", "")):
            return Refusal(403, "this server does not answer to that name; use the address that stampnet serve printed")
        is_typed = method in SAFE and headers.get("sec-fetch-site") == "none"  # into the address bar: no page asks
        if (method not in SAFE or path.startswith(API)) and not is_typed and not is_same_origin(headers):
            return Refusal(403, "only the page of this server may ask for that; open it and try again")
        if self.token is not None and not any(
            secrets.compare_digest(one.encode(), self.token.encode()) for one in self._tokens(headers, given_token)
        ):
            return Refusal(401, "the token is missing or wrong; open the address that stampnet serve printed")
        return None

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server: else a foreign name leads here, as in DNS rebinding.

        Numbers cannot be rebound; from other machines the server is reached by all of its numbers.
        """
        try:
            name = urlsplit(f"//{header}").hostname or ""
        except ValueError:
            return False
        if is_loopback(name) or name == self.host.lower():
            return True
        if is_loopback(self.host):
            return False
        own = socket.gethostname().lower()
        return _address(name) is not None or name in (own, f"{own}.local")

    def _tokens(self, headers: Mapping[str, str], given: str | None) -> list[str]:
        # Other programs of this host set cookies, too: what they hold must not hide that of this server.
        cookies = (one.strip().partition("=") for one in headers.get("cookie", "").split(";"))
        known = [value for name, _, value in cookies if name == self.cookie]
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return [one for one in (given, *known, bearer) if one]


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from the server's own page, or from a program that is no browser.

    >>> is_same_origin({"host": "localhost:8000", "origin": "http://localhost:8000"})
    True
    >>> is_same_origin({"host": "localhost:8000", "origin": "http://elsewhere.org"})
    False
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == headers.get("host") and urlsplit(origin).scheme in ("http", "https")
    except ValueError:
        return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
