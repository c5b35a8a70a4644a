"""Arrays of images to stamps and detections: the friendly face, an estimator as scikit-learn's are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float32, Int64
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from stampnet.data.image_folder import full_scale_of
from stampnet.detection import Detections, Found, decided, matched, to_detections
from stampnet.errors import InputError
from stampnet.matching.matcher import Background, MatchingConfig, StampMatcher, num_finders
from stampnet.matching.poses import PoseConfig
from stampnet.model.config import at_least_one
from stampnet.model.deformation import Deform
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Choices, Logits, most_likely, sampled
from stampnet.notation import Images
from stampnet.training.config import MatchingTrainingConfig, TrainingConfig
from stampnet.training.defaults import AUTO, Beginning, beginning, distillation_for, matching_for, training_for
from stampnet.training.distillation import DROPOUT
from stampnet.training.fit import fit
from stampnet.training.fitted import Model, Start
from stampnet.training.history import Row
from stampnet.training.pixels import check_images, to_images, to_pixels
from stampnet.training.run_folder import RunConfig, load_model, save_config, save_model

Decoding = Literal["most-likely", "sampled"]
"""How choices are made: the most likely one, or one sample, which is how the paper was evaluated."""
Decoder = Callable[[Logits], Choices]

ENGINES: dict[str, type[NetworkConfig] | type[MatchingConfig]] = {"matching": MatchingConfig, "network": NetworkConfig}
"""How choices are made, and what configures that."""

ONLY_MATCHING: dict[str, tuple[object, str]] = {
    "background": ("auto", "the network knows no background but black"),
    "max_angle": (0.0, "the network's stamps turn no further than they bend"),
    "scale_range": ((1.0, 1.0), "the network's stamps grow no further than they bend"),
    "num_classes": (None, "matching groups stamps into classes"),
    "num_starts": (1, "the network has one start"),
}
"""Settings that the network must leave as they are, and why."""
BATCH_SIZE = 256  # images that pass the network at once


def check_for_network(given: Mapping[str, Any]) -> None:
    """Raises InputError where what is given asks the network for what matching alone can do."""
    for name, (default, why) in ONLY_MATCHING.items():
        if given.get(name, default) != default:
            raise InputError(f"{why}, got {name}={given[name]!r}; leave it out or use engine matching")
    if given.get("num_stamps") == AUTO:
        raise InputError("the network takes a number of stamps, got 'auto'; give one or use engine matching")


class StampNet(BaseEstimator):  # type: ignore[misc]
    """Finds recurring shapes in unlabelled images: what they look like, where they are, which is which.

    Images are arrays (B, H, W) or (B, H, W, C): uint8, uint16, bool, or floats in [0, 1]. `engine="matching"` fits the
    stamps directly, in seconds; `engine="network"` trains the network of the paper, for objects brighter than a black
    background. `background` is what objects lie on, for matching: one value ("constant"), a smooth field that differs
    from image to image ("smooth"), or what the images show ("auto").

    `deform` is what a stamp may do when it is placed: keep its form ("none"), turn, scale and shear a little
    ("affine"), or bend as well ("smooth"). Over wide ranges stamps turn by up to `max_angle` degrees either way (180 is
    any angle) and scale by factors of `scale_range`: they are sought in a grid of poses, and `deform` makes up for what
    lies between these. By default stamps are "smooth" where there are classes, else "affine" where they are sought in
    several poses, else "none". With `num_classes` stamps are grouped into so many classes, or as many as they fall into
    ("auto"): those go together that explain the same objects nearly as well as each other.

    With `num_stamps="auto"` matching begins with 40 and keeps those that the images need; for classes it takes one for
    every 20 objects that the images may hold, from 40 to 1000. Of `num_starts` fits of matching, with different seeds,
    the one with the least squared error is kept. After `fit`:

    * `stamps_`: the learned shapes, float32 (N, h, w) or (N, h, w, C) in [0, 1];
    * `class_of_stamp_`: the class of each stamp, int64 (N,), classes numbered by how much they explain; without
      `num_classes` the number of the stamp; `class_names_` are their names;
    * `history_`: one row of numbers for each epoch;
    * `full_scale_`: the pixel value that counts as 1, of images of the type that was fitted;
    * `starts_`: seed and squared error of each start, where there were several;
    * `model_`: the fitted torch module, a StampMatcher or a StampNetwork.
    """

    def __init__(  # noqa: PLR0913 (an estimator takes all its settings here)
        self,
        num_stamps: int | Literal["auto"] = 10,
        max_shapes: int = 1,
        stamp_size: int | tuple[int, int] = 28,
        *,
        engine: Literal["matching", "network"] = "matching",
        background: Background = "auto",
        deform: Deform | None = None,
        max_angle: float = 0.0,
        scale_range: tuple[float, float] = (1.0, 1.0),
        num_classes: int | Literal["auto"] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        num_starts: int = 1,
        random_state: int | np.random.RandomState | None = 0,
        show_progress: bool = False,
    ) -> None:
        self.num_stamps = num_stamps
        self.max_shapes = max_shapes
        self.stamp_size = stamp_size
        self.engine = engine
        self.background = background
        self.deform = deform
        self.max_angle = max_angle
        self.scale_range = scale_range
        self.num_classes = num_classes
        self.epochs = epochs
        self.batch_size = batch_size
        self.num_starts = num_starts
        self.random_state = random_state
        self.show_progress = show_progress

    def fit(
        self,
        images: Any,
        y: None = None,  # noqa: ARG002 (scikit-learn passes it)
        *,
        teacher: "StampNet | None" = None,
    ) -> "StampNet":
        """Learns the stamps of `images`; `y` is ignored.

        A network with a `teacher`, fitted by matching with the same sizes and `deform`, keeps its stamps and their
        classes and learns in a few passes to place and bend them as the teacher does.

        Raises InputError where the images cannot be used or the settings do not fit them or the teacher.
        """
        images = check_images(images)
        self.full_scale_ = full_scale_of([images])
        pixels = to_pixels(images, self.full_scale_)
        given = self._given()
        seed = given["random_state"]
        if not isinstance(seed, int):
            seed = int(check_random_state(seed).randint(2**31 - 1))
        model, training = self.model_config(images), self.training_config(len(images), seed)
        matcher = None if teacher is None else teacher_of(self.engine, teacher)
        if matcher is not None:
            assert isinstance(model, NetworkConfig)
            model = replace(model, num_classes=matcher.config.num_classes, dropout=DROPOUT)
            training = distillation_for(len(images), epochs=given["epochs"], batch_size=given["batch_size"], seed=seed)
        fitted = fit(pixels, model, training, show_progress=self.show_progress, teacher=matcher)
        self._take(fitted.model)
        self.history_: list[Row] = fitted.history
        self.starts_: tuple[Start, ...] = fitted.starts
        if fitted.interrupted:
            raise KeyboardInterrupt("fitting was interrupted; the stamps are those of the last step")
        return self

    def model_config(self, images: np.ndarray) -> NetworkConfig | MatchingConfig:
        """The model for such images (B, H, W[, C])."""
        if self.engine not in ENGINES:
            raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {self.engine!r}")
        given = self._given()
        if self.engine == "network":
            check_for_network(given)
        chosen = self._beginning(len(images))
        # The paper's network knows no background: objects lie on black.
        own: dict[str, Any] = {}
        if self.engine == "matching":
            own = {"background": given["background"], "pose": _pose(given)}
        size = given["stamp_size"]
        return ENGINES[self.engine](
            image_size=(images.shape[1], images.shape[2]),
            stamp_size=size if isinstance(size, tuple) else (size, size),
            num_stamps=chosen.num_stamps,
            max_shapes=given["max_shapes"],
            num_channels=images.shape[3] if images.ndim == 4 else 1,
            deform=chosen.deform,
            num_classes=given["num_classes"],
            **own,
        )

    def training_config(self, num_images: int, seed: int) -> TrainingConfig | MatchingTrainingConfig:
        """How to fit so many images."""
        given = self._given()
        passes = {"epochs": given["epochs"], "batch_size": given["batch_size"], "seed": seed}
        if self.engine == "matching":
            chosen = self._beginning(num_images)
            finders = num_finders(chosen.num_stamps, chosen.deform)
            starts = {"num_starts": given["num_starts"], "prune": chosen.prune}
            return matching_for(num_images, finders, given["max_shapes"], **passes, **starts)
        return training_for(num_images, **passes)

    def _beginning(self, num_images: int) -> Beginning:
        given = self._given()
        most = given["max_shapes"]
        at_least_one(max_shapes=most)
        return beginning(
            given["num_stamps"], given["num_classes"], given["deform"], _pose(given), lambda: num_images * most
        )

    def _given(self) -> dict[str, Any]:
        """The settings, with Python's numbers and tuples for those of NumPy."""
        return {name: _plain(value) for name, value in self.get_params().items()}

    @classmethod
    def from_model(cls, model: Model, full_scale: float = 255.0) -> "StampNet":
        """An estimator around a model that was fitted elsewhere."""
        config = model.config
        estimator = cls(
            config.num_stamps, config.max_shapes, config.stamp_size, engine=config.engine, deform=config.deform
        )
        if isinstance(config, MatchingConfig):
            estimator.set_params(
                num_classes=config.num_classes,
                background=config.background,
                max_angle=config.pose.max_angle_deg,
                scale_range=config.pose.scale_range,
            )
        estimator.full_scale_ = full_scale
        estimator._take(model)
        return estimator

    def _take(self, model: Model) -> None:
        # One layout, however the network came about: other layouts are slower on a CPU, and round otherwise.
        layout = torch.channels_last if isinstance(model, StampNetwork) else torch.contiguous_format
        self.model_: Model = model.eval().to(memory_format=layout)  # type: ignore[call-overload]
        visible = model.stamp.stamps.detach().cpu()
        if isinstance(model, StampMatcher):
            visible = (visible + model.background.cpu()).clamp(0, model.config.max_value)
        stamps = visible.permute(0, 2, 3, 1).contiguous().numpy()
        self.stamps_: Float32[np.ndarray, "*shape"] = stamps[..., 0] if stamps.shape[-1] == 1 else stamps
        self.class_of_stamp_: Int64[np.ndarray, " N"] = model.class_of_stamp.cpu().numpy()

    @property
    def class_names_(self) -> tuple[str, ...]:
        """A name for each class: "class 0", or "stamp 0" where each stamp is one."""
        config = self.model_.config
        if isinstance(config.num_classes, int):
            return tuple(f"class {number}" for number in range(config.num_classes))
        return tuple(f"stamp {number}" for number in range(len(self.stamps_)))

    def detect(self, images: Any, *, decoding: Decoding = "most-likely", seed: int = 0) -> list[Detections]:
        """The objects in each image: one Detections an image, boxes in pixels.

        `decoding="sampled"` draws each choice of the network instead, with `seed`, as the paper's evaluation does.

        Raises InputError where the images have another size than those of `fit`, or are of 16 bit and those were not.
        """
        found: list[Detections] = []
        for _, (result,) in self.found(images, [decoder(decoding, seed)]):
            found += to_detections(result)
        return found

    predict = detect

    def reconstruct(self, images: Any, *, decoding: Decoding = "most-likely", seed: int = 0) -> np.ndarray:
        """What the stamps explain of each image: float32 in [0, 1], of the shape of `images`."""
        parts = [result.reconstruction.numpy() for _, (result,) in self.found(images, [decoder(decoding, seed)])]
        reconstruction = np.concatenate(parts).transpose(0, 2, 3, 1)
        return reconstruction[..., 0] if reconstruction.shape[-1] == 1 else reconstruction

    def found(self, images: Any, decoders: Sequence[Decoder]) -> Iterator[tuple[Images, list[Found]]]:
        """Batch by batch: the images as the model sees them, and what it makes of them with each of the decoders.

        The encoder, nearly all of the network's cost, runs once, whatever the number of decoders.

        Raises InputError where the images have another size than those of `fit`, or matching is asked to sample.
        """
        check_is_fitted(self, "model_")
        model = self.model_
        pixels = to_pixels(check_images(images), self.full_scale_)
        expected = (model.config.num_channels, *model.config.image_size)
        if tuple(pixels.shape[1:]) != expected:
            raise InputError(
                f"the images are {tuple(pixels.shape[1:])} (channels, height, width), but the model was fitted on "
                f"{expected}; resize or crop them, or fit a model on them"
            )
        for start in range(0, len(pixels), BATCH_SIZE):
            batch = to_images(pixels[start : start + BATCH_SIZE])
            with torch.inference_mode():
                results = _found(model, batch, decoders)
            yield batch, results

    def save(self, folder: str | Path) -> None:
        """Writes the fitted model into a run folder: settings as YAML, weights as safetensors, no pickle."""
        folder = Path(folder)
        check_is_fitted(self, "model_")
        save_config(RunConfig(model=self.model_.config), folder)
        save_model(self.model_, self.full_scale_, folder)

    @classmethod
    def load(cls, folder: str | Path) -> "StampNet":
        """Reads a run folder that `save` or `stampnet fit` has written.

        Raises InputError where the folder holds no model or a damaged one.
        """
        return cls.from_model(*load_model(Path(folder)))


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's, arrays and lists as tuples."""
    if isinstance(value, np.generic):
        return value.item()
    return tuple(map(_plain, value)) if isinstance(value, np.ndarray | list | tuple) else value


def _pose(given: Mapping[str, Any]) -> PoseConfig:
    return PoseConfig(max_angle_deg=given["max_angle"], scale_range=given["scale_range"])


def _found(model: Model, batch: Images, decoders: Sequence[Decoder]) -> list[Found]:
    if isinstance(model, StampMatcher):
        if any(choose is not most_likely for choose in decoders):
            raise InputError("matching has no chance in it: only the network's choices can be sampled")
        return [matched(batch, model)] * len(decoders)
    decisions = model.decisions(batch.contiguous(memory_format=torch.channels_last))
    return [decided(choose(decisions.logits), decisions, model) for choose in decoders]


def teacher_of(engine: str, model: StampNet) -> StampMatcher:
    """The matcher in a fitted model, to teach an engine.

    Raises InputError where the model was not fitted by matching, or the engine is not the network.
    """
    check_is_fitted(model, "model_")
    if engine != "network" or not isinstance(model.model_, StampMatcher):
        raise InputError(
            f"matching teaches the network, not {model.model_.config.engine} {engine}; "
            "use engine='network' and a teacher that was fitted by matching"
        )
    return model.model_


def decoder(decoding: Decoding, seed: int) -> Decoder:
    """How choices are made of logits; a sampling one draws on, batch by batch.

    Raises InputError for an unknown name.
    """
    if decoding == "most-likely":
        return most_likely
    if decoding == "sampled":
        return partial(sampled, generator=torch.Generator().manual_seed(seed))
    raise InputError(f"decoding must be 'most-likely' or 'sampled', got {decoding!r}")
