"""Fitted stamps to classes of them, on some of the images."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from stampnet.matching.classes import classified
from stampnet.matching.matcher import StampMatcher
from stampnet.notation import Images
from stampnet.training.fitted import Fitted
from stampnet.training.pixels import Pixels, drawn, to_images

AT_ONCE = 256
"""Images in a batch."""

log = logging.getLogger("stampnet")


def grouped(fitted: Fitted, pixels: Pixels, num_classes: int | Literal["auto"], seed: int) -> Fitted:
    """The fitted stamps in classes; without them where Ctrl-C ends the run, now or before."""
    if fitted.interrupted or not fitted.is_main_process:
        return fitted
    assert isinstance(fitted.model, StampMatcher)
    try:
        matcher = classified(fitted.model, images_to_group(pixels), num_classes, seed)
    except KeyboardInterrupt:
        return replace(fitted, interrupted=True)
    if num_classes not in ("auto", matcher.config.num_classes):
        log.warning("too few stamps are in use: %s classes instead of %s", matcher.config.num_classes, num_classes)
    return replace(fitted, model=matcher)


def images_to_group(pixels: Pixels) -> Iterator[Images]:
    """Batches of the images in an order that chance has drawn."""
    return (to_images(pixels[numbers]) for numbers in drawn(len(pixels)).split(AT_ONCE))
