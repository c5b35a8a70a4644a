"""A model and scenes with known answers to a row of the paper's Table 1."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from stampnet.data.official_streams import OFFICIAL_TEST_SETS, official_test_scenes
from stampnet.data.recipe import PAPER_CANVAS, SceneRecipe, make_scenes
from stampnet.data.scene_folder import read_scenes
from stampnet.data.scenes import Scenes
from stampnet.detection import Detections, to_detections
from stampnet.errors import InputError
from stampnet.matching.matcher import StampMatcher
from stampnet.metrics.evaluation import Scores, score
from stampnet.model.config import ModelConfig
from stampnet.naming import in_classes
from stampnet.predictor import Decoding, StampNet, decoder

FRAMES = "stamp frames"
CLASSES = "classes"


@dataclass(frozen=True)
class Evaluation:
    """The scores of one way to make the choices."""

    decoding: str
    """most-likely; sampled as the paper did; stamp frames: the most likely choices with the boxes that stamps cover,
    where the boxes of the model are finer than that; classes: the most likely choices, with the classes that stamps are
    grouped into in place of the stamps."""
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
    seeds: list[int | None] = [None, *range(seed, seed + num_samples)]
    names: list[Decoding] = ["most-likely", *["sampled"] * num_samples]  # type: ignore[list-item]
    decoders = [decoder(name, sample or 0) for name, sample in zip(names, seeds, strict=True)]
    found: list[list[Detections]] = [[] for _ in decoders]
    frames: list[Detections] = []
    errors = [0.0 for _ in decoders]
    with torch.inference_mode():
        for images, results in model.found(scenes.images, decoders):
            for k, result in enumerate(results):
                found[k] += to_detections(result)
                errors[k] += float((result.reconstruction - images).square().sum())
            frames += to_detections(results[0]._replace(boxes=results[0].frames))
    evaluations = [
        Evaluation(name, sample, error / len(scenes), score(scenes, detections, len(model.stamps_)))
        for name, sample, error, detections in zip(names, seeds, errors, found, strict=True)
    ]
    if isinstance(model.model_, StampMatcher) or model.model_.config.deform != "none":
        evaluations.append(Evaluation(FRAMES, None, errors[0] / len(scenes), score(scenes, frames, len(model.stamps_))))
    number = len(model.class_names_)
    if number < len(model.stamps_):
        classes = [in_classes(one, model.class_of_stamp_) for one in found[0]]
        grouped = [replace(one, stamp=one.class_id) for one in classes]
        evaluations.append(Evaluation(CLASSES, None, errors[0] / len(scenes), score(scenes, grouped, number)))
    return evaluations


OFFICIAL = "official:"
"""Before the name of one of the authors' exact test sets."""


def scenes_named(
    data: str, model: ModelConfig, *, num_images: int, seed: int = 0, data_dir: Path | None = None
) -> Scenes:
    """Scenes by name, for a network of that size and number of slots.

    `data` is a folder with annotations, `official:NAME` for one of the authors' test sets, or a kind of SceneRecipe,
    which is then generated from test digits and shapes.

    Raises InputError where it is none of these.
    """
    if data.startswith(OFFICIAL):
        scenes = official_test_scenes(data.removeprefix(OFFICIAL), data_dir)
        return scenes[:num_images]
    if data in PAPER_CANVAS:
        recipe = SceneRecipe(
            kind=data,  # type: ignore[arg-type]
            num_images=num_images,
            num_shapes=model.max_shapes,
            canvas_size=model.image_size,
            seed=seed,
            split="test",
        )
        return make_scenes(recipe, data_dir)
    if Path(data).is_dir():
        return read_scenes(Path(data))
    raise InputError(
        f"{data!r} is neither a folder nor a known data set; name a folder, one of {', '.join(PAPER_CANVAS)}, or one "
        f"of {', '.join(OFFICIAL + name for name in OFFICIAL_TEST_SETS)}"
    )
