"""A model and scenes with known answers to a row of the paper's Table 1."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stampnet.data.scenes import Scenes
from stampnet.errors import InputError
from stampnet.metrics.evaluation import Scores, score
from stampnet.predictor import StampNet


@dataclass(frozen=True)
class Evaluation:
    """The scores of one way to make the choices."""

    decoding: str
    """most-likely, or sampled as the paper did."""
    seed: int | None
    """Of the sample."""
    squared_error: float
    """Mean over the images of the squared error summed over the pixels."""
    scores: Scores


def evaluate(model: StampNet, scenes: Scenes, *, num_samples: int = 0, seed: int = 0) -> list[Evaluation]:
    """Scores the most likely choices, then `num_samples` samples with seeds from `seed` upwards.

    Labels are used here only, for scoring. Raises InputError where the scenes are empty or of another size.
    """
    if len(scenes) == 0:
        raise InputError("there are no images to evaluate; give a data set with at least one")
    num_stamps = len(model.stamps_)
    seeds: list[int | None] = [None, *range(seed, seed + num_samples)]
    results = []
    for sample in seeds:
        how = {"decoding": "most-likely"} if sample is None else {"decoding": "sampled", "seed": sample}
        found = model.detect(scenes.images, **how)
        error = float(model.squared_errors(scenes.images, **how).mean())
        results.append(Evaluation(how["decoding"], sample, error, score(scenes, found, num_stamps)))
    return results
