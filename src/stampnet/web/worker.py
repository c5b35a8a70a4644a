"""Requests that compute, one after the other: the others wait, few of them, and not for ever."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import HTTPException

from stampnet.web.limits import Limits

log = logging.getLogger("stampnet")
T = TypeVar("T")
RETRY_SECONDS = 2


class Worker:
    """One thread that does all that takes long, and the places of those who wait for it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken = 0
        self._thread = ThreadPoolExecutor(1, "stampnet-worker")

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Held by a request from before its body is read, so that few bodies are in memory, until its work has ended,
        even if the request is given up before.

        Raises HTTPException 503 where all places are taken, 504 where the time is up.
        """
        if self._taken >= self._limits.max_waiting:
            raise HTTPException(
                503, "the server is busy with other images; try again", headers={"Retry-After": str(RETRY_SECONDS)}
            )
        self._taken += 1
        try:
            async with asyncio.timeout(self._limits.max_seconds):
                yield
        except TimeoutError as error:
            seconds = f"{self._limits.max_seconds:g}"
            raise HTTPException(504, f"it took more than {seconds} seconds; try again, or a smaller image") from error
        finally:
            self._leave()

    async def run(self, function: Callable[[], T]) -> T:
        """What `function` returns, once its turn has come. One that has begun is not interrupted: where nobody waits
        for it any more, it holds a place of its own until it ends."""
        loop = asyncio.get_running_loop()
        work = self._thread.submit(function)
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            if not work.cancel():
                self._taken += 1
                work.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
            raise

    def close(self) -> None:
        """Waits for what is at work, says so, and forgets the rest."""
        if self._taken:
            log.warning("the image at work is finished first, which may take minutes")
        self._thread.shutdown(cancel_futures=True)

    def _leave(self) -> None:
        self._taken -= 1
