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

TO_COUNT, OF_A_CLASS = 40, 5
"""Up to so many stamps, or with fewer than so many of a class, the number of classes is a guess."""

log = logging.getLogger("stampnet")


def doubt(num_classes: int, num_stamps: int) -> str | None:
    """What to say of classes that were counted among too few stamps; None where there are enough.

    >>> doubt(10, 1000) is None
    True
    """
    if num_stamps > TO_COUNT and num_stamps >= OF_A_CLASS * num_classes:
        return None
    return (
        f"that the {num_stamps} stamps make {num_classes} {'class' if num_classes == 1 else 'classes'} is a guess, for "
        "it takes many stamps of each class to count them: give --num-classes, or a larger --num-stamps"
    )


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
    assert isinstance(matcher.config.num_classes, int)
    if num_classes == "auto" and (why := doubt(matcher.config.num_classes, matcher.config.num_stamps)):
        log.warning(why)
    return replace(fitted, model=matcher)


def images_to_group(pixels: Pixels) -> Iterator[Images]:
    """Batches of the images in an order that chance has drawn."""
    return (to_images(pixels[numbers]) for numbers in drawn(len(pixels)).split(AT_ONCE))
