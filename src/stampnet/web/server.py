"""A run to the application that serves its page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from stampnet.errors import InputError
from stampnet.web.access import Access
from stampnet.web.guard import Guard, sentence
from stampnet.web.limits import Limits
from stampnet.web.page import open_page
from stampnet.web.routes import router

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
START = "index.html"


def page_for(
    run: Path,
    *,
    access: Access = Access(),  # noqa: B008 (frozen)
    limits: Limits = Limits(),  # noqa: B008 (frozen)
) -> FastAPI:
    """The page of a run: its stamps, to be named, its images, and any image that is sent.

    Raises InputError where the folder holds no model, or a file of it is damaged.
    """
    page = open_page(run, limits)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        keeping = asyncio.create_task(page.report.keep())
        yield
        keeping.cancel()
        page.worker.close()
        page.report.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=life)
    app.state.page = page
    app.add_middleware(Guard, access=access)
    app.include_router(router)
    _serve_static(app)
    app.exception_handler(InputError)(_of_input)
    app.exception_handler(StarletteHTTPException)(_of_status)
    app.exception_handler(RequestValidationError)(_of_address)
    return app


def _serve_static(app: FastAPI) -> None:
    """All files of the page, read once: no request leads to a path."""
    folder = files("stampnet.web") / "static"
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if Path(file.name).suffix in MEDIA_TYPES}

    def answer(name: str) -> Response:
        if name not in contents:
            raise HTTPException(404)
        headers = {"Cache-Control": "no-cache"}
        return Response(contents[name], media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)

    async def start() -> Response:
        return answer(START)

    async def static(name: str) -> Response:
        return answer(name)

    app.get("/")(start)
    app.get("/static/{name}")(static)


async def _of_input(request: Request, error: Exception) -> Response:
    return sentence(request.url.path, 422, str(error))


async def _of_address(request: Request, _: Exception) -> Response:
    return sentence(request.url.path, 404, "there is nothing at this address")


async def _of_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    text = error.detail
    if text == HTTPStatus(error.status_code).phrase:
        text = f"there is nothing at this address ({text.lower()})"
    return sentence(request.url.path, error.status_code, text, dict(error.headers or {}))
