"""An estimator fitted and put to use: what it finds, how good that is, and how long it takes."""

import time
from typing import NamedTuple

from stampnet.data.scenes import Scenes
from stampnet.detection import Detections
from stampnet.metrics.evaluation import Scores, score
from stampnet.predictor import StampNet


class Timed(NamedTuple):
    """What an estimator has found on test images."""

    found: list[Detections]
    scores: Scores
    fit_seconds: float
    images_per_second: float
    """In detection."""


def timed(model: StampNet, train: Scenes, test: Scenes) -> Timed:
    """Fits `model` and scores it."""
    start = time.perf_counter()
    model.fit(train.images)
    learned = time.perf_counter()
    found = model.detect(test.images)
    seconds = time.perf_counter() - learned
    return Timed(found, score(test, found, len(model.stamps_)), learned - start, len(test) / seconds)
