"""The images that a run was fitted on, one at a time, and what is in them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from stampnet.data.image_files import Listing, list_images, read_image
from stampnet.detection import Detections
from stampnet.detection_store import DetectionStore
from stampnet.errors import InputError
from stampnet.predictor import StampNet
from stampnet.training.run_folder import load_config
from stampnet.web.objects import tidy


class Listed(BaseModel):
    """An image that has not been read yet."""

    number: int
    name: str
    height: int
    width: int


@dataclass(frozen=True)
class FilesOfRun:
    """Images in files; what was found in them is kept with the run, so that none is searched twice."""

    run: Path
    model: StampNet
    listing: Listing
    fingerprint: str
    """Of the model, as `DetectionStore` has it."""

    def __len__(self) -> int:
        return len(self.listing)

    def listed(self, number: int) -> Listed:
        file = self.listing.files[number]
        return Listed(number=number, name=tidy(file.name), height=file.height, width=file.width)

    def read(self, number: int) -> np.ndarray:
        """Raises InputError where the file cannot be read any more."""
        return read_image(self.listing.files[number])

    def found(self, number: int) -> Detections:
        """The objects of all stamps.

        Raises InputError where the file cannot be used, or the run was fitted anew in the meantime.
        """
        file = self.listing.files[number]
        with DetectionStore(self.run) as store:
            if store.model != self.fingerprint:
                raise InputError("the run was fitted anew; end stampnet serve and start it again")
            try:
                known = store.get(file)
                if known is None:
                    known = search(self.model, self.read(number))
                    store.put(file, known)
            except OSError as error:
                raise InputError(f"{file.name} cannot be read ({error.strerror}); bring it back") from error
            return known


@dataclass(frozen=True)
class SamplesOfRun:
    """Images that the run keeps: tiles, where the model lays images out."""

    model: StampNet
    images: np.ndarray
    """(B, H, W[, C])"""

    def __len__(self) -> int:
        return len(self.images)

    def listed(self, number: int) -> Listed:
        height, width = self.images.shape[1:3]
        return Listed(number=number, name=f"sample {number}.png", height=height, width=width)

    def read(self, number: int) -> np.ndarray:
        return self.images[number]

    def found(self, number: int) -> Detections:
        """The objects of all stamps."""
        return self.model.scan_tiles(self.images[number][None])[0]


RunImages = FilesOfRun | SamplesOfRun


def search(model: StampNet, image: np.ndarray) -> Detections:
    """The objects of all stamps in an image (H, W) or (H, W, 3): names are not applied, they may change.

    Raises InputError where the model cannot search such an image.
    """
    if reason := model.refusal(image):
        raise InputError(f"the image cannot be searched: {reason}")
    (found,) = model.scan([image])
    return found


def open_images(run: Path, model: StampNet, samples: np.ndarray | None) -> tuple[RunImages, str]:
    """The images of a run, or, where they are not in files, samples of them; and what is to be said about that.

    Raises InputError where the memory of what was found in them is damaged.
    """
    kept = SamplesOfRun(model, np.zeros((0, 1, 1), np.uint8) if samples is None else samples)
    sources = load_config(run).images
    if not sources:
        return kept, ""
    try:
        listing = list_images(sources)
    except InputError as error:
        return kept, f"The images of the run are not where they were ({error})."
    with DetectionStore(run) as store:
        files = FilesOfRun(run, model, listing, store.model)
    if not listing.skipped:
        return files, ""
    first = listing.skipped[0]
    return files, f"Images that cannot be used: {len(listing.skipped)}, such as {tidy(first.name)}: {first.reason}."
