"""A run's report, made anew once its names have changed and then rested for a moment."""

import asyncio
import logging
from collections.abc import Callable

from stampnet.web.worker import Worker

log = logging.getLogger("stampnet")
REST_SECONDS = 2.0
"""Who names one class names the next."""


class ReportKeeper:
    """Makes the report when it is out of date, in the worker, between detections."""

    def __init__(self, make: Callable[[], object], worker: Worker) -> None:
        self._make = make
        self._worker = worker
        self._changed = asyncio.Event()
        self._is_outdated = False
        self.complaint: str | None = None
        """Why the report is out of date; None where all is well."""

    def outdate(self) -> None:
        self._is_outdated = True
        self._changed.set()

    async def keep(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(REST_SECONDS)
            self._changed.clear()
            await self._worker.run(self._try)

    def close(self) -> None:
        """Makes the report where it is still to be made."""
        if self._is_outdated:
            self._try()

    def _try(self) -> None:
        self._is_outdated = False
        try:
            self._make()
            self.complaint = None
        except Exception as error:  # names are saved, and the page goes on without a report
            log.exception("the report was not made")
            self.complaint = f"the names are saved, but the report was not made ({error})"
