"""Arrays of images to stamps and detections: the friendly face, an estimator as scikit-learn's are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float32, Int64
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from stampnet.data.layout import Layout
from stampnet.data.plan import Choice, largest_of
from stampnet.data.preparation import Background as PreparedBackground
from stampnet.data.preparation import Field, Polarity, refusal, sample_of, values_of
from stampnet.data.tile_sample import tile_sample
from stampnet.data.value_range import full_scale_of, to_unit_range
from stampnet.detection import Detections, Found, decided, matched, on_cpu, to_detections
from stampnet.errors import InputError
from stampnet.matching.matcher import Background, MatchingConfig, StampMatcher
from stampnet.model.deformation import Deform
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Choices, Logits, most_likely, sampled
from stampnet.naming import Names, check_names, in_classes, named
from stampnet.notation import Images
from stampnet.scanning import scan
from stampnet.settings import ImageKind, Settings, plain
from stampnet.training.defaults import distillation_for
from stampnet.training.distillation import DROPOUT
from stampnet.training.fit import fit
from stampnet.training.fitted import Model, Start
from stampnet.training.history import Row
from stampnet.training.pixels import check_images, check_list, check_not_blank, drawn, to_images, to_pixels
from stampnet.training.run_folder import (
    NAMES,
    RunConfig,
    load_config,
    load_model,
    load_names,
    load_static,
    save_config,
    save_model,
    save_names,
    save_static,
)

Decoding = Literal["most-likely", "sampled"]
"""How choices are made: the most likely one, or one sample, which is how the paper was evaluated."""
Decoder = Callable[[Logits], Choices]

BATCH_SIZE = 256  # images that pass the network at once
LOOKED_AT = 100
"""Images, drawn by chance, by which those of a set are prepared and the sizes of objects are told."""


class StampNet(BaseEstimator):  # type: ignore[misc]
    """Finds recurring shapes in unlabelled images: what they look like, where they are, which is which.

    Images are one array (B, H, W) or (B, H, W, C), or a list of arrays (H, W) or (H, W, C): uint8, uint16, bool or
    float. `engine="matching"` fits the stamps directly, in seconds; `engine="network"` trains the network of the paper,
    for objects brighter than a black background.

    `background` is what objects lie on, for matching: one value ("constant"), one for each image ("each"), a smooth
    field of each image ("smooth"), a picture that all share ("static"), or what the images show ("auto"). `polarity`
    says whether objects are "bright", "dark" or "both", and `colour` whether stamps have colours.

    Matching prepares images and cuts them into tiles where `max_shapes` or `stamp_size` is "auto", `polarity`, `colour`
    or one of the backgrounds "each" and "static" is named, or images have several sizes. Then `stamp_size` is in pixels
    of the images, also of those that the model sees smaller. Otherwise images are seen as they are: all of one size and
    type, floats in [0, 1].

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
      `num_classes` the number of the stamp; `class_names_` are their names (see `name`); -1 where it is ignored;
    * `history_`: one row of numbers for each epoch;
    * `full_scale_`: the pixel value that counts as 1, of images of the type that was fitted;
    * `starts_`: seed and squared error of each start, where there were several;
    * `choices_`: what was chosen by what the images show, why, and what else to try; none of images seen as they are;
    * `layout_`: how images are prepared and cut; None where they are seen as they are;
    * `model_`: the fitted torch module, a StampMatcher or a StampNetwork.
    """

    def __init__(  # noqa: PLR0913 (an estimator takes all its settings here)
        self,
        num_stamps: int | Literal["auto"] = 10,
        max_shapes: int | Literal["auto"] = 1,
        stamp_size: int | tuple[int, int] | Literal["auto"] = 28,
        *,
        engine: Literal["matching", "network"] = "matching",
        background: Background | PreparedBackground = "auto",
        polarity: Polarity | Literal["auto"] | None = None,
        colour: bool | Literal["auto"] | None = None,
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
        self.polarity = polarity
        self.colour = colour
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

        Raises InputError where the images cannot be used, nothing is in any of them, or the settings do not fit them or
        the teacher.
        """
        settings = self.settings()
        seed = plain(self.random_state)
        if not isinstance(seed, int):
            seed = int(check_random_state(seed).randint(2**31 - 1))
        listed, plan = check_list(images), None
        sizes = [(image.shape[0], image.shape[1]) for image in listed]
        if settings.is_laid_out(sizes):
            check_each(listed, partial(refusal, values=values_of(listed[0])))
            sample = sample_of(listed[number] for number in drawn(len(listed))[:LOOKED_AT].tolist())
            plan = settings.plan(sample, largest_of(sizes))
            array = tile_sample(sizes, listed.__getitem__, plan.layout, plan.static)
        else:
            array = check_images(images)
        check_not_blank(array)
        full_scale = full_scale_of([array])
        pixels = to_pixels(array, full_scale)
        model = settings.model(ImageKind.of(array), plan)
        training = settings.training(len(array), seed, plan)
        matcher = None if teacher is None else teacher_of(self.engine, teacher)
        if matcher is not None:
            assert isinstance(model, NetworkConfig)
            model = replace(model, num_classes=matcher.config.num_classes, dropout=DROPOUT)
            training = distillation_for(len(array), epochs=settings.epochs, batch_size=settings.batch_size, seed=seed)
        fitted = fit(pixels, model, training, show_progress=self.show_progress, teacher=matcher)
        self._take(fitted.model, full_scale, plan.layout if plan else None, plan.static if plan else None)
        self.choices_: tuple[Choice, ...] = plan.choices if plan else ()
        self.history_: list[Row] = fitted.history
        self.starts_: tuple[Start, ...] = fitted.starts
        if fitted.interrupted:
            raise KeyboardInterrupt("fitting was interrupted; the stamps are those of the last step")
        return self

    def settings(self) -> Settings:
        """What this estimator is told, checked.

        Raises InputError where it is of the wrong kind.
        """
        return Settings.of(self.get_params())

    @classmethod
    def from_model(
        cls, model: Model, full_scale: float = 255.0, layout: Layout | None = None, static: Field | None = None
    ) -> "StampNet":
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
        estimator._take(model, full_scale, layout, static)
        return estimator

    def _take(self, model: Model, full_scale: float, layout: Layout | None, static: Field | None) -> None:
        self.full_scale_ = full_scale
        self.layout_, self.static_ = layout, static
        # One memory format, however the network came about: others are slower on a CPU, and round otherwise.
        memory = torch.channels_last if isinstance(model, StampNetwork) else torch.contiguous_format
        self.model_: Model = model.eval().to(memory_format=memory)  # type: ignore[call-overload]
        visible = model.stamp.stamps.detach().cpu()
        if isinstance(model, StampMatcher):
            visible = (visible + model.background.cpu()).clamp(0, model.config.max_value)
        stamps = visible.permute(0, 2, 3, 1).contiguous().numpy()
        self.stamps_: Float32[np.ndarray, "*shape"] = stamps[..., 0] if stamps.shape[-1] == 1 else stamps
        self.name({})

    @property
    def numbered_classes_(self) -> tuple[str, ...]:
        """What the classes are called before a person names them: "class 0", or "stamp 0" where each stamp is one."""
        config = self.model_.config
        if isinstance(config.num_classes, int):
            return tuple(f"class {number}" for number in range(config.num_classes))
        return tuple(f"stamp {number}" for number in range(len(self.stamps_)))

    def name(self, names: Names) -> "StampNet":
        """Calls classes by these names instead of those they have, by their numbers in `numbered_classes_`.

        Classes of one name become one; the objects of those that are called "ignore" are left out of all detections.

        Raises InputError where a number belongs to no class, or a name is empty or too long.
        """
        check_is_fitted(self, "model_")
        check_names(names, len(self.numbered_classes_))
        self.names_: dict[int, str] = dict(names)
        result = named(self.model_.class_of_stamp.cpu().numpy(), self.numbered_classes_, self.names_)
        self.class_of_stamp_: Int64[np.ndarray, " N"] = result.class_of_stamp
        self.class_names_: tuple[str, ...] = result.class_names
        return self

    def detect(self, images: Any, *, decoding: Decoding = "most-likely", seed: int = 0) -> list[Detections]:
        """The objects in each image: one Detections an image, boxes in pixels.

        `decoding="sampled"` draws each choice of the network instead, with `seed`, as the paper's evaluation does.

        Raises InputError where an image cannot be searched (see `refusal`), or images of one size mix types.
        """
        check_is_fitted(self, "model_")
        if self.layout_ is not None:
            listed = check_list(images)
            check_each(listed, self.refusal)
            return [in_classes(one, self.class_of_stamp_) for one in self.scan(listed)]
        found: list[Detections] = []
        for _, (result,) in self.found(images, [decoder(decoding, seed)]):
            found += [in_classes(one, self.class_of_stamp_) for one in to_detections(result)]
        return found

    predict = detect

    def scan(self, images: Iterable[np.ndarray]) -> Iterator[Detections]:
        """The objects in each of the images (H, W) or (H, W, C), one after the other, so that there may be more of them
        than memory holds; before classes have names and some are left out (see `in_classes`).

        Where the model lays images out, they may have any size. In all of them, something can be found (see
        `refusal`).
        """
        check_is_fitted(self, "model_")
        if self.layout_ is not None:
            yield from scan(images, self.layout_, self.static_, self.scan_tiles)
            return
        for _, alike in groupby(images, key=lambda image: image.dtype):  # what one image is says nothing of the next
            while batch := list(islice(alike, BATCH_SIZE)):
                yield from self.scan_tiles(check_images(batch))

    def refusal(self, image: np.ndarray) -> str | None:
        """Why nothing can be found in an image (H, W) or (H, W, C), and what to do about it; None where it can.

        Images must be of the kind of those of `fit`: where the model lays images out, of the same type; else of the
        same size and number of channels, floats in [0, 1], and of 16 bit only if those were.
        """
        check_is_fitted(self, "model_")
        if self.layout_ is not None:
            return refusal(image, self.layout_.preparation.values)
        config = self.model_.config
        shape = (image.shape[2] if image.ndim == 3 else 1, *image.shape[:2])
        expected = (config.num_channels, *config.image_size)
        if shape != expected:
            other = {1: "convert it to grey", 3: "convert it to colour"}.get(config.num_channels, "convert it")
            remedy = other if shape[1:] == expected[1:] else "resize or crop it"
            return f"it is {shape} (channels, height, width), the model sees {expected}; {remedy}"
        try:
            to_unit_range(image, self.full_scale_)
        except InputError as error:
            return str(error)
        return None

    def scan_tiles(self, tiles: np.ndarray) -> list[Detections]:
        """What `scan` gives of images (B, H, W[, C]) as the model sees them."""
        return [one for _, (result,) in self.found(tiles, [most_likely]) for one in to_detections(result)]

    def reconstruct(self, images: Any, *, decoding: Decoding = "most-likely", seed: int = 0) -> np.ndarray:
        """What the stamps explain of each image: float32 in [0, 1], of the shape of `images`.

        Where the model lays images out, `images` are tiles.
        """
        parts = [result.reconstruction.numpy() for _, (result,) in self.found(images, [decoder(decoding, seed)])]
        reconstruction = np.concatenate(parts).transpose(0, 2, 3, 1)
        return reconstruction[..., 0] if reconstruction.shape[-1] == 1 else reconstruction

    def found(self, images: Any, decoders: Sequence[Decoder]) -> Iterator[tuple[Images, list[Found]]]:
        """Batch by batch: the images as the model sees them, and what it makes of them with each of the decoders.

        The encoder, nearly all of the network's cost, runs once, whatever the number of decoders. All is in the
        memory of the CPU, whatever the model runs on.

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
                results = _found(model, batch.to(model.stamp.stamps.device), decoders)
            yield batch, [on_cpu(result) for result in results]

    def to(self, device: str) -> "StampNet":
        """Where images are searched from now on, as torch names it: "cpu" or "cuda". Fitting chooses for itself.

        Raises InputError where this machine has no such device.
        """
        check_is_fitted(self, "model_")
        try:
            self.model_.to(device)
        except (RuntimeError, AssertionError) as error:
            raise InputError(f"there is no device {device!r} here; use 'cpu'") from error
        return self

    def save(self, folder: str | Path) -> None:
        """Writes the fitted model into a run folder: settings as YAML, weights as safetensors, no pickle."""
        folder = Path(folder)
        check_is_fitted(self, "model_")
        save_config(RunConfig(model=self.model_.config, layout=self.layout_), folder)
        save_model(self.model_, self.full_scale_, folder)
        if self.static_ is not None:
            save_static(self.static_, folder)
        if self.names_:
            save_names(self.names_, folder)
        else:
            (folder / NAMES).unlink(missing_ok=True)  # those of a model that was saved there before

    @classmethod
    def load(cls, folder: str | Path) -> "StampNet":
        """Reads a run folder that `save` or `stampnet fit` has written.

        Raises InputError where the folder holds no model or a damaged one, or names that do not fit its classes.
        """
        folder = Path(folder)
        model, names = cls.load_unnamed(folder), load_names(folder)
        check_names(names, len(model.numbered_classes_), folder / NAMES)
        return model.name(names)

    @classmethod
    def load_unnamed(cls, folder: Path) -> "StampNet":
        """Reads a run folder but for the names that a person has given to classes."""
        model, full_scale = load_model(folder)
        layout = load_config(folder).layout
        return cls.from_model(model, full_scale, layout, load_static(folder, layout))


def check_each(images: Sequence[np.ndarray], refusal: Callable[[np.ndarray], str | None]) -> None:
    """Raises InputError with the number of the first image that is refused, and why."""
    for number, image in enumerate(images):
        if reason := refusal(image):
            raise InputError(f"image {number} cannot be used: {reason}")


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
