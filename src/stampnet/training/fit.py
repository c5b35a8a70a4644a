"""Images to a fitted model, whatever the way: one start or several, with or without classes."""

from dataclasses import replace
from pathlib import Path

from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.model.network import NetworkConfig
from stampnet.training.config import Hardware, MatchingTrainingConfig, TrainingConfig
from stampnet.training.fitted import Fitted
from stampnet.training.grouping import grouped
from stampnet.training.pixels import Pixels
from stampnet.training.starts import best_of_several
from stampnet.training.trainer import train


def fit(
    pixels: Pixels,
    model: NetworkConfig | MatchingConfig,
    training: TrainingConfig | MatchingTrainingConfig,
    hardware: Hardware = Hardware(),  # noqa: B008 (frozen)
    *,
    folder: Path | None = None,
    resume: bool = False,
    show_progress: bool = False,
    teacher: StampMatcher | None = None,
) -> Fitted:
    """Fits a model to images (B, C, H, W), bytes or floats in [0, 1]. A network may have a `teacher`.

    Matching begins from several seeds where `training` asks for that, and groups its stamps where `model` does.

    With a `folder`, every epoch updates `metrics.csv` and `checkpoints/`; `resume` continues from there and ends as an
    uninterrupted run would. Ctrl-C returns what has been learned so far, without classes.

    Raises InputError where the images do not fit the settings, where several starts are to run on several devices,
    where matching is to run in half precision, and where a network is to have classes without a teacher that has them.
    """
    if isinstance(model, NetworkConfig) or isinstance(training, TrainingConfig):
        return train(pixels, model, training, hardware, folder, resume, show_progress, teacher)
    begin = train if training.num_starts == 1 else best_of_several
    # A run has no classes before it has ended.
    fitted = begin(pixels, replace(model, num_classes=None), training, hardware, folder, resume, show_progress)
    return fitted if model.num_classes is None else grouped(fitted, pixels, model.num_classes, training.seed)
