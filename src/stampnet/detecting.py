"""A run and files of images to the objects in them, image by image."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stampnet.data.image_files import ImageFile, Reader, Skipped, list_images
from stampnet.detection import Detections
from stampnet.detection_store import DetectionStore
from stampnet.errors import InputError
from stampnet.export.coco import DetectionTable
from stampnet.naming import in_classes
from stampnet.predictor import StampNet
from stampnet.progress import tracked


@dataclass(frozen=True)
class Search:
    """What a search through files has come to."""

    files: tuple[ImageFile, ...]
    """The images that could be used."""
    table: DetectionTable
    skipped: tuple[Skipped, ...]
    num_known: int
    """Images whose objects were known from an earlier search."""


def detect_in_files(
    run: Path, sources: Sequence[str | Path], *, strict: bool = False, device: str = "cpu", show_progress: bool = False
) -> Search:
    """The objects in files, folders and patterns, in classes as they are named.

    Images that this model has seen before are not searched again. What cannot be used is passed over, unless `strict`.

    Raises InputError where no image can be used, or `strict` and one cannot, and where there is no such `device`.
    """
    model = StampNet.load(run).to(device)
    reader = Reader(list_images(sources), strict=strict)
    with DetectionStore(run) as store:
        known = {file: found for file in reader.listing.files if (found := store.get(file)) is not None}
        new: dict[ImageFile, Detections] = {}
        total = len(reader.listing.files) - len(known)
        for file, found in tracked(_searched(model, reader, known), "searching", total=total, show=show_progress):
            store.put(file, found)
            new[file] = found
    files = tuple(file for file in reader.listing.files if file in known or file in new)
    if not files:
        first = reader.skipped[0]
        raise InputError(f"no image in {', '.join(map(str, sources))} can be used; {first.name}: {first.reason}")
    table = DetectionTable(
        tuple(file.name for file in files),
        tuple((file.height, file.width) for file in files),
        tuple(in_classes(known[file] if file in known else new[file], model.class_of_stamp_) for file in files),
        model.class_names_,
    )
    return Search(files, table, reader.skipped, len(known))


def _searched(model: StampNet, reader: Reader, known: Collection[ImageFile]) -> Iterator[tuple[ImageFile, Detections]]:
    """Images that are new, and what is in them."""
    files: list[ImageFile] = []

    def images() -> Iterator[np.ndarray]:
        for number, file in enumerate(reader.listing.files):
            if file in known:
                continue
            image = reader.read(number)
            if image is not None and (reason := model.refusal(image)):
                reader.skip(file, reason)
            elif image is not None:
                files.append(file)
                yield image

    for place, found in enumerate(model.scan(images())):
        yield files[place], found
