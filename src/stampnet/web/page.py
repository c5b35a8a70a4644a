"""A run to all that its page knows: the model, names, images and what is found in them."""

import secrets
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from stampnet.naming import Named
from stampnet.predictor import StampNet
from stampnet.report.run_report import load_samples, report_run
from stampnet.web.catalogue import renamed
from stampnet.web.limits import Limits
from stampnet.web.name_book import NameBook
from stampnet.web.pictures import png_of
from stampnet.web.report_keeper import ReportKeeper
from stampnet.web.run_images import RunImages, open_images
from stampnet.web.worker import Worker


@dataclass
class Page:
    """One run on one server."""

    run: Path
    model: StampNet
    """Without names."""
    limits: Limits
    images: RunImages
    about_images: str
    """What is to be said about them; empty where all is well."""
    usage: np.ndarray | None
    book: NameBook
    worker: Worker
    report: ReportKeeper
    key: str = field(default_factory=partial(secrets.token_hex, 4))
    """In the addresses of pictures, so that a browser keeps none of another run."""

    def classes(self) -> Named:
        """The classes as they are called now."""
        return renamed(self.model, self.book.names())

    def stamp_picture(self, stamp: int) -> bytes:
        return png_of((self.model.stamps_[stamp].clip(0, 1) * 255).round().astype(np.uint8))

    def image_picture(self, number: int) -> bytes:
        return png_of(self.images.read(number))


def open_page(run: Path, limits: Limits) -> Page:
    """Reads a run.

    Raises InputError where the folder holds no model, or a file of it is damaged.
    """
    model = StampNet.load(run)
    book = NameBook(run, len(model.numbered_classes_))
    book.names()
    model.name({})
    samples, usage = load_samples(run)
    images, about = open_images(run, model, samples)
    if usage is not None and len(usage) != len(model.stamps_):
        usage = None  # counted before stamps were merged or dropped
    worker = Worker(limits)
    return Page(
        run=run,
        model=model,
        limits=limits,
        images=images,
        about_images=about,
        usage=usage,
        book=book,
        worker=worker,
        report=ReportKeeper(partial(report_run, run), worker),
    )
