"""Requests of the page to answers."""

from base64 import b64encode
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel

from stampnet.web.body import read_body, read_json
from stampnet.web.catalogue import Catalogue, catalogue
from stampnet.web.downloads import Download, Wish, download
from stampnet.web.objects import Object, Strict, to_objects
from stampnet.web.page import Page
from stampnet.web.pictures import png_of
from stampnet.web.run_images import Listed, search
from stampnet.web.uploads import image_of

NAMES_BYTES = 2**20
LASTING = {"Cache-Control": "private, max-age=86400"}
router = APIRouter()


def _page(request: Request) -> Page:
    return request.app.state.page


ThisPage = Annotated[Page, Depends(_page)]


def _image(number: int, page: ThisPage) -> int:
    if not 0 <= number < len(page.images):
        raise HTTPException(404)
    return number


ThisImage = Annotated[int, Depends(_image)]
"""The number of an image of the run."""


class Gallery(BaseModel):
    """All that the page shows of a run, its images apart."""

    run: str
    catalogue: Catalogue
    can_undo: bool
    complaint: str | None
    """What went wrong behind the scenes."""
    key: str
    max_bytes: int


class Excerpt(BaseModel):
    """Some images of the run, in their order."""

    total: int
    about: str
    """What is to be said about all of them."""
    images: list[Listed]


class Seen(BaseModel):
    """What was found in an image that somebody sent."""

    height: int
    width: int
    picture: str
    """The image as the model saw it, as a data: address."""
    has_more: bool
    """Whether its file holds more images, which are not looked at."""
    objects: list[Object]


class NewNames(Strict):
    """Names by numbers of classes; an empty one takes a name away."""

    names: dict[int, str]


class Sight(NamedTuple):
    """An image that was decoded, its picture, its objects."""

    shape: tuple[int, ...]
    png: bytes
    has_more: bool
    objects: list[Object]


def _gallery(page: Page) -> Gallery:
    return Gallery(
        run=page.run.resolve().name,
        catalogue=catalogue(page.model, page.book.names(), page.usage),
        can_undo=page.book.can_undo,
        complaint=page.report.complaint,
        key=page.key,
        max_bytes=page.limits.max_bytes,
    )


@router.get("/api/gallery")
async def gallery(page: ThisPage) -> Gallery:
    return _gallery(page)


@router.put("/api/names")
async def give_names(request: Request, page: ThisPage) -> Gallery:
    page.book.give((await read_json(request, NewNames, NAMES_BYTES)).names)
    page.report.outdate()
    return _gallery(page)


@router.post("/api/undo")
async def undo(page: ThisPage) -> Gallery:
    page.book.undo()
    page.report.outdate()
    return _gallery(page)


@router.get("/api/images")
async def images(
    page: ThisPage, first: Annotated[int, Query(ge=0)] = 0, number: Annotated[int, Query(ge=1, le=100)] = 12
) -> Excerpt:
    numbers = range(first, min(first + number, len(page.images)))
    return Excerpt(total=len(page.images), about=page.about_images, images=list(map(page.images.listed, numbers)))


@router.get("/api/images/{number}.png")
async def image_picture(number: ThisImage, page: ThisPage) -> Response:
    async with page.worker.place():
        png = await page.worker.run(lambda: page.image_picture(number))
    return Response(png, media_type="image/png")


@router.get("/api/images/{number}")
async def image_objects(number: ThisImage, page: ThisPage) -> list[Object]:
    async with page.worker.place():
        return await page.worker.run(lambda: to_objects(page.images.found(number)))


@router.get("/api/stamps/{number}.png")
async def stamp_picture(number: int, page: ThisPage) -> Response:
    if not 0 <= number < len(page.model.stamps_):
        raise HTTPException(404)
    return Response(page.stamp_picture(number), media_type="image/png", headers=LASTING)


@router.post("/api/detect")
async def detect(request: Request, page: ThisPage) -> Seen:
    async with page.worker.place():
        content = await read_body(request, page.limits.max_bytes, "the file", "cut or shrink it")
        seen = await page.worker.run(lambda: _look(content, page))
    return Seen(
        height=seen.shape[0],
        width=seen.shape[1],
        picture=f"data:image/png;base64,{b64encode(seen.png).decode()}",
        has_more=seen.has_more,
        objects=seen.objects,
    )


def _look(content: bytes, page: Page) -> Sight:
    image, has_more = image_of(content, page.limits)
    objects = to_objects(search(page.model, image))
    return Sight(image.shape, png_of(image), has_more, objects)


@router.post("/api/download")
async def keep(request: Request, page: ThisPage) -> Response:
    async with page.worker.place():
        wish = await read_json(request, Wish, page.limits.max_bytes)
        classes = page.classes()
        made: Download = await page.worker.run(lambda: download(wish, classes))
    return Response(
        made.content,
        media_type=made.media_type,
        headers={"Content-Disposition": f'attachment; filename="{made.name}"'},
    )
