"""Arrays of images to stamps and detections: the friendly face, an estimator as scikit-learn's are."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float32
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from stampnet.data.image_folder import full_scale_of, to_unit_range
from stampnet.detection import Detections, to_detections
from stampnet.errors import InputError
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Choices, Logits, most_likely, sampled
from stampnet.notation import Images
from stampnet.training.batches import Pixels, to_images
from stampnet.training.fit import fit
from stampnet.training.history import Row
from stampnet.training.presets import training_for
from stampnet.training.run_folder import RunConfig, load_model, save_config, save_model

Decoding = Literal["most-likely", "sampled"]
"""How choices are made: the most likely one, or one sample, which is how the paper was evaluated."""

BATCH_SIZE = 256  # images that pass the network at once


class StampNet(BaseEstimator):  # type: ignore[misc]
    """Finds recurring shapes in unlabelled images: what they look like, where they are, which is which.

    Images are arrays (B, H, W) or (B, H, W, C): uint8, uint16, bool, or floats in [0, 1]; objects are brighter than
    their background. After `fit`:

    * `stamps_`: the learned shapes, float32 (N, h, w) or (N, h, w, C) in [0, 1];
    * `history_`: one row of numbers for each epoch;
    * `full_scale_`: the pixel value that counts as 1;
    * `network_`: the fitted torch module.
    """

    def __init__(
        self,
        num_stamps: int = 10,
        max_shapes: int = 1,
        stamp_size: int | tuple[int, int] = 28,
        *,
        engine: Literal["network"] = "network",
        epochs: int | None = None,
        batch_size: int = 64,
        random_state: int | np.random.RandomState | None = 0,
        show_progress: bool = False,
    ) -> None:
        self.num_stamps = num_stamps
        self.max_shapes = max_shapes
        self.stamp_size = stamp_size
        self.engine = engine
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.show_progress = show_progress

    def fit(self, images: Any, y: None = None) -> "StampNet":  # noqa: ARG002 (scikit-learn passes it)
        """Learns the stamps of `images`; `y` is ignored.

        Raises InputError where the images cannot be used or the settings do not fit them.
        """
        if self.engine != "network":
            raise InputError(f"engine must be 'network', got {self.engine!r}")
        images = check_images(images)
        self.full_scale_ = full_scale_of([images])
        pixels = to_pixels(images, self.full_scale_)
        seed = self.random_state
        if not isinstance(seed, int):
            seed = int(check_random_state(seed).randint(2**31 - 1))
        fitted = fit(
            pixels,
            self.network_config(images),
            training_for(len(images), epochs=self.epochs, batch_size=self.batch_size, seed=seed),
            show_progress=self.show_progress,
        )
        self._take(fitted.network)
        self.history_: list[Row] = fitted.history
        if fitted.interrupted:
            raise KeyboardInterrupt("fitting was interrupted; the stamps are those of the last step")
        return self

    def network_config(self, images: np.ndarray) -> NetworkConfig:
        """The network for such images (B, H, W[, C])."""
        size = self.stamp_size
        return NetworkConfig(
            image_size=(images.shape[1], images.shape[2]),
            stamp_size=(size, size) if isinstance(size, int) else (size[0], size[1]),
            num_stamps=self.num_stamps,
            max_shapes=self.max_shapes,
            num_channels=images.shape[3] if images.ndim == 4 else 1,
        )

    @classmethod
    def from_network(cls, network: StampNetwork, full_scale: float = 255.0) -> "StampNet":
        """An estimator around a network that was trained elsewhere."""
        config = network.config
        model = cls(config.num_stamps, config.max_shapes, config.stamp_size)
        model.full_scale_ = full_scale
        model._take(network)
        return model

    def _take(self, network: StampNetwork) -> None:
        # One layout, however the network came about: other layouts are slower on a CPU, and round otherwise.
        self.network_: StampNetwork = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        stamps = network.stamp.stamps.detach().cpu().permute(0, 2, 3, 1).contiguous().numpy()
        self.stamps_: Float32[np.ndarray, "*shape"] = stamps[..., 0] if stamps.shape[-1] == 1 else stamps

    def detect(self, images: Any, *, decoding: Decoding = "most-likely", seed: int = 0) -> list[Detections]:
        """The objects in each image: one Detections an image, boxes in pixels.

        `decoding="sampled"` draws each choice instead, with `seed`, as the paper's evaluation does.

        Raises InputError where the images have another size than those of `fit`.
        """
        choose = decoder(decoding, seed)
        found: list[Detections] = []
        for _, logits in self.logits(images):
            found += to_detections(choose(logits), logits, self.network_.config.stamp_size)
        return found

    predict = detect

    def reconstruct(self, images: Any, *, decoding: Decoding = "most-likely", seed: int = 0) -> np.ndarray:
        """What the stamps explain of each image: float32 in [0, 1], of the shape of `images`."""
        choose = decoder(decoding, seed)
        with torch.inference_mode():
            parts = [self.network_.stamp(choose(logits)).numpy() for _, logits in self.logits(images)]
        reconstruction = np.concatenate(parts).transpose(0, 2, 3, 1)
        return reconstruction[..., 0] if reconstruction.shape[-1] == 1 else reconstruction

    def logits(self, images: Any) -> Iterator[tuple[Images, Logits]]:
        """Batch by batch: the images as the network sees them, and how likely it finds each choice.

        Raises InputError where the images have another size than those of `fit`.
        """
        check_is_fitted(self, "network_")
        config = self.network_.config
        pixels = to_pixels(check_images(images), self.full_scale_)
        expected = (config.num_channels, *config.image_size)
        if tuple(pixels.shape[1:]) != expected:
            raise InputError(
                f"the images are {tuple(pixels.shape[1:])} (channels, height, width), but the model was fitted on "
                f"{expected}; resize or crop them, or fit a model on them"
            )
        for start in range(0, len(pixels), BATCH_SIZE):
            batch = to_images(pixels[start : start + BATCH_SIZE])
            with torch.inference_mode():
                logits = self.network_.logits(batch.contiguous(memory_format=torch.channels_last))
            yield batch, logits

    def save(self, folder: str | Path) -> None:
        """Writes the fitted model into a run folder: settings as YAML, weights as safetensors, no pickle."""
        folder = Path(folder)
        check_is_fitted(self, "network_")
        save_config(RunConfig(network=self.network_.config), folder)
        save_model(self.network_, self.full_scale_, folder)

    @classmethod
    def load(cls, folder: str | Path) -> "StampNet":
        """Reads a run folder that `save` or `stampnet fit` has written.

        Raises InputError where the folder holds no model or a damaged one.
        """
        return cls.from_network(*load_model(Path(folder)))


def decoder(decoding: Decoding, seed: int) -> Callable[[Logits], Choices]:
    """How choices are made of logits; a sampling one draws on, batch by batch.

    Raises InputError for an unknown name.
    """
    if decoding == "most-likely":
        return most_likely
    if decoding == "sampled":
        return partial(sampled, generator=torch.Generator().manual_seed(seed))
    raise InputError(f"decoding must be 'most-likely' or 'sampled', got {decoding!r}")


def check_images(images: Any) -> np.ndarray:
    """Images as one array (B, H, W) or (B, H, W, C).

    Raises InputError where they are no such array: wrong number of axes, no image at all, or several sizes.
    """
    try:
        images = np.asarray(images)
    except ValueError as error:
        raise InputError("the images have different sizes; resize or crop them to one size") from error
    if images.ndim not in (3, 4) or images.dtype == object:
        raise InputError(
            f"images must be one array (B, H, W) or (B, H, W, C), got shape {images.shape} of {images.dtype}; "
            "a single image needs a first axis: image[None]"
        )
    if 0 in images.shape:
        raise InputError(f"there are no pixels in images of shape {images.shape}; give at least one image")
    return images


def to_pixels(images: np.ndarray, full_scale: float) -> Pixels:
    """Arrays (B, H, W[, C]) as a tensor (B, C, H, W): bytes stay bytes, all else becomes floats in [0, 1]."""
    if images.dtype != np.uint8:
        images = to_unit_range(images, full_scale)
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(images))
