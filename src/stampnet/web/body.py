"""The body of a request to bytes, or to what they say, as far as it is not too long."""

from typing import TypeVar

from fastapi import HTTPException, Request
from pydantic import BaseModel, ValidationError

from stampnet.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, max_bytes: int, noun: str, remedy: str) -> bytes:
    """All of it, in memory: forms are not used, for their parser keeps large files on disk.

    Raises HTTPException 413, saying what is too long and what to do, as soon as it is known to be longer than
    `max_bytes`.
    """
    size = int(request.headers.get("content-length", 0))  # h11 has refused what is no number
    parts: list[bytes] = []
    if size <= max_bytes:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > max_bytes:
                break
            parts.append(part)
    if size > max_bytes:
        raise HTTPException(413, f"{noun} has more than {max_bytes / 2**20:g} MB; {remedy}")
    return b"".join(parts)


async def read_json(request: Request, kind: type[Model], max_bytes: int) -> Model:
    """What a body of JSON says.

    Raises InputError where it is not of that kind, HTTPException 413 where it is too long.
    """
    content = await read_body(request, max_bytes, "the request", "ask for less at once")
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the request"
        raise InputError(f"{where}: {first['msg']}; load the page again") from error
