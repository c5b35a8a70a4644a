"""A run to all that its page knows: the model, names, sample images and what was found in them."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from stampnet.data.image_folder import to_unit_range
from stampnet.detection import Detections
from stampnet.naming import Named
from stampnet.predictor import StampNet
from stampnet.report.run_report import load_samples, report_run
from stampnet.web.catalogue import renamed
from stampnet.web.limits import Limits
from stampnet.web.name_book import NameBook
from stampnet.web.objects import Object, to_objects
from stampnet.web.pictures import png_of
from stampnet.web.report_keeper import ReportKeeper
from stampnet.web.worker import Worker

Detect = Callable[[np.ndarray], Detections]
"""The objects of one image (H, W) or (H, W, 3), of all stamps: names are not applied, they may change."""


@dataclass
class Page:
    """One run on one server."""

    run: Path
    model: StampNet
    """Without names."""
    detect: Detect
    limits: Limits
    images: np.ndarray | None
    """Samples (B, H, W[, C])."""
    usage: np.ndarray | None
    book: NameBook
    worker: Worker
    report: ReportKeeper
    key: str = field(default_factory=partial(secrets.token_hex, 4))
    """In the addresses of pictures, so that a browser keeps none of another run."""
    _found: list[list[Object]] | None = None

    def classes(self) -> Named:
        """The classes as they are called now."""
        return renamed(self.model, self.book.names())

    def sample_objects(self) -> list[list[Object]]:
        """The objects in each sample image; sought once."""
        if self._found is None:
            self._found = [to_objects(self.detect(image)) for image in (() if self.images is None else self.images)]
        return self._found

    def stamp_picture(self, stamp: int) -> bytes:
        return png_of(self.model.stamps_[stamp], (0.0, 1.0))

    def sample_picture(self, number: int) -> bytes:
        assert self.images is not None
        image = self.images[number]
        return png_of(image if image.dtype == np.uint8 else to_unit_range(image, self.model.full_scale_), (0.0, 1.0))


def open_page(run: Path, limits: Limits, detect: Detect | None = None) -> Page:
    """Reads a run.

    Raises InputError where the folder holds no model, or a file of it is damaged.
    """
    model = StampNet.load(run)
    book = NameBook(run, len(model.numbered_classes_))
    book.names()
    model.name({})
    images, usage = load_samples(run)
    if usage is not None and len(usage) != len(model.stamps_):
        usage = None  # counted before stamps were merged or dropped
    worker = Worker(limits)
    return Page(
        run=run,
        model=model,
        detect=detect or (lambda image: model.detect(image[None])[0]),
        limits=limits,
        images=images,
        usage=usage,
        book=book,
        worker=worker,
        report=ReportKeeper(partial(report_run, run), worker),
    )
