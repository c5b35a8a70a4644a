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

OBJECTS, AT_ONCE = 15_000, 256
"""On which it is seen which stamps explain the same, and images in a batch."""

log = logging.getLogger("stampnet")


def grouped(fitted: Fitted, pixels: Pixels, num_classes: int | Literal["auto"], seed: int) -> Fitted:
    """The fitted stamps in classes; without them where Ctrl-C ends the run, now or before."""
    if fitted.interrupted or not fitted.is_main_process:
        return fitted
    assert isinstance(fitted.model, StampMatcher)
    images = images_to_group(pixels, fitted.model.config.max_shapes)
    try:
        matcher = classified(fitted.model, images, num_classes, seed)
    except KeyboardInterrupt:
        return replace(fitted, interrupted=True)
    if num_classes not in ("auto", matcher.config.num_classes):
        log.warning("too few stamps are in use: %s classes instead of %s", matcher.config.num_classes, num_classes)
    return replace(fitted, model=matcher)


def images_to_group(pixels: Pixels, max_shapes: int) -> Iterator[Images]:
    """Batches of as many images as hold enough objects, drawn from all."""
    return map(to_images, drawn(pixels, max(1, OBJECTS // max_shapes)).split(AT_ONCE))
