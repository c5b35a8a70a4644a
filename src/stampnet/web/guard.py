"""Around all requests: refuses those that may not pass, puts headers on all answers, and lets no failure through."""

import logging
from urllib.parse import parse_qs

from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stampnet.web.access import API, HEADERS, Access

log = logging.getLogger("stampnet")


class Guard:
    """ASGI middleware; the outermost that the page has."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = self._token_in_address(scope)
        refusal = self.access.refusal(scope["method"], scope["path"], Headers(scope=scope), given)
        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                if given is not None and refusal is None:
                    cookie = f"{self.access.cookie}={self.access.token}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        if refusal is not None:
            await sentence(scope["path"], *refusal)(scope, receive, with_headers)
            return
        try:
            await self.app(scope, receive, with_headers)
        except ClientDisconnect:
            pass
        except Exception:
            log.exception("a request failed")
            if has_begun:
                raise
            answer = sentence(scope["path"], 500, "the server failed; what it printed tells more")
            await answer(scope, receive, with_headers)

    def _token_in_address(self, scope: Scope) -> str | None:
        """Only the page itself is opened by an address with a token; all it asks for comes with its cookie."""
        if self.access.token is None or scope["path"] != "/" or scope["method"] != "GET":
            return None
        return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])), None)


def sentence(path: str, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that says why there is none: JSON for the page's own requests, else text."""
    text = text.encode(errors="replace").decode()  # it may name a file whose name cannot be written
    if path.startswith(API):
        return JSONResponse({"error": text}, status, headers)
    return PlainTextResponse(text, status, headers)
