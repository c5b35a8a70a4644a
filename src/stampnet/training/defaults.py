"""What nobody has said, for images that no preset describes: how many stamps, what they may do, how long to learn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from stampnet.errors import InputError
from stampnet.matching.poses import PoseConfig
from stampnet.model.config import at_least_one, is_whole
from stampnet.model.deformation import Deform
from stampnet.training.annealing import Annealing
from stampnet.training.config import MatchingTrainingConfig, TrainingConfig

AUTO: Final = "auto"
STAMPS_AT_FIRST = 40
"""How many stamps a fit begins with that is to find their number."""
STAMPS_TO_GROUP, OBJECTS_PER_STAMP = 1000, 20
"""How many stamps there are at most where they will be grouped, and how many objects each must have to be a mean."""
STEPS_FOR_OWN_IMAGES = 4000
"""Enough for the stamps to settle on small images, about ten minutes on two cores."""
NETWORK_PASSES_AT_MOST = 800
"""As many as the paper took; more over few images teach the network these images, not what they have in common."""
WINDOWS_PER_STAMP, LEAST_STEPS, PASSES_AT_MOST = 3000, 100, 50
"""Enough for the stamps of matching to settle; a small set has nothing new to say after 50 passes."""

BATCH_AT_LEAST, BATCH_AT_MOST, OBJECTS_IN_A_STEP = 16, 256, 2048
"""Images in a step of matching: fewer where each has many objects, for it is objects that stamps learn from."""


class Beginning(NamedTuple):
    """What a fit by matching begins with."""

    num_stamps: int
    deform: Deform
    prune: bool
    """Whether it ends with the stamps that the images need."""


def beginning(
    num_stamps: int | Literal["auto"],
    num_classes: int | Literal["auto"] | None,
    deform: Deform | None,
    pose: PoseConfig,
    most_objects: Callable[[], int],
) -> Beginning:
    """Stamps whose form `deform_for` tells. To be grouped they are many, one for every 20 of the objects that there are
    at most.

    Raises InputError where `num_stamps` is neither a whole number nor "auto".
    """
    deform = deform_for(deform, num_classes, pose)
    if is_whole(num_stamps):
        return Beginning(num_stamps, deform, prune=False)
    if num_stamps != AUTO:
        raise InputError(f"num_stamps must be a whole number or 'auto', got {num_stamps!r}")
    if num_classes is None:
        return Beginning(STAMPS_AT_FIRST, deform, prune=True)
    number = max(STAMPS_AT_FIRST, min(STAMPS_TO_GROUP, most_objects() // OBJECTS_PER_STAMP))
    return Beginning(number, deform, prune=False)


def deform_for(deform: Deform | None, num_classes: int | Literal["auto"] | None, pose: PoseConfig) -> Deform:
    """What stamps may do, if it is not given: they bend where they are grouped, which makes purer classes; turn and
    scale a little where they are sought in a grid of poses, which lie too far apart to be exact; and else keep their
    form, which is fast."""
    if deform is not None:
        return deform
    return "smooth" if num_classes is not None else "none" if pose.is_fixed else "affine"


def training_for(
    num_images: int, *, epochs: int | None = None, batch_size: int | None = None, seed: int = 0
) -> TrainingConfig:
    """Training for images that no preset describes: a tenth, at most 1000, held out to choose the best epoch.

    Without `epochs` the run takes about 4000 steps, but at most 800 passes. Small sets get small batches.
    """
    _check_given(epochs=epochs, batch_size=batch_size)
    num_validation = min(num_images // 10, 1000)
    num_train = _at_least_two(num_images - num_validation, num_images)
    batch_size = min(batch_size or 64, num_train)
    steps = num_train // batch_size
    epochs = epochs or min(NETWORK_PASSES_AT_MOST, max(1, round(STEPS_FOR_OWN_IMAGES / steps)))
    return TrainingConfig(
        epochs=epochs,
        annealing=Annealing.over(epochs * steps, reached_at=0.9),
        num_validation=num_validation,
        batch_size=batch_size,
        seed=seed,
    )


def distillation_for(
    num_images: int, *, epochs: int | None = None, batch_size: int | None = None, seed: int = 0
) -> TrainingConfig:
    """Training a network on what matching finds: as many steps, the last epoch is the model."""
    training = training_for(num_images, epochs=epochs, batch_size=batch_size, seed=seed)
    return replace(training, keep="last")


def _check_given(**counts: int | None) -> None:
    """Raises InputError where a count that is given is below 1."""
    at_least_one(**{name: count for name, count in counts.items() if count is not None})


def _at_least_two(num_train: int, num_images: int) -> int:
    if num_train < 2:
        raise InputError(f"at least 2 images are needed to learn from, got {num_images}")
    return num_train


def matching_for(
    num_images: int,
    num_stamps: int,
    num_objects: int | float,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    num_starts: int = 1,
    prune: bool = False,
) -> MatchingTrainingConfig:
    """Fitting by matching of images with so many objects each: a twentieth, at most 1000, is held out to tell how well
    it goes.

    Without `epochs`, each stamp sees about 3000 windows in at most 50 passes, and there are at least 100 steps. Small
    sets and images with many objects get small batches.
    """
    _check_given(epochs=epochs, batch_size=batch_size)
    num_validation = min(num_images // 20, 1000)
    num_train = _at_least_two(num_images - num_validation, num_images)
    enough = min(BATCH_AT_MOST, num_train // 4, int(OBJECTS_IN_A_STEP / num_objects))
    batch_size = min(batch_size or max(BATCH_AT_LEAST, enough), num_train)
    visits = max(
        min(WINDOWS_PER_STAMP * num_stamps / num_objects, PASSES_AT_MOST * num_train), LEAST_STEPS * batch_size
    )
    return MatchingTrainingConfig(
        epochs=epochs or max(1, round(visits / num_train)),
        num_validation=num_validation,
        batch_size=batch_size,
        seed=seed,
        num_starts=num_starts,
        prune=prune,
    )
