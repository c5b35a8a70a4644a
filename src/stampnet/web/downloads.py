"""What the page shows to a file: CSV, COCO JSON, or a zip of YOLO text files."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain, count
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

from pydantic import Field

from stampnet.export.coco import DetectionTable, write_coco
from stampnet.export.csv_table import write_csv
from stampnet.export.yolo import CLASSES, file_of, write_yolo
from stampnet.naming import Named, in_classes
from stampnet.web.objects import ImageOnPage, Strict, from_objects

Format = Literal["csv", "coco", "yolo"]


class Wish(Strict):
    """Which objects of which images are to be a file."""

    format: Format
    images: list[ImageOnPage] = Field(min_length=1, max_length=10_000)


class Download(NamedTuple):
    """A file for the browser to keep."""

    name: str
    media_type: str
    content: bytes


def download(wish: Wish, classes: Named) -> Download:
    """The file, with classes as they are called now, without objects that are left out.

    Of images that would share a name, or for YOLO a file, all but the first get a number: a.png, a (2).png.

    Raises InputError where objects are of no stamp of the model.
    """
    found = [from_objects(image, len(classes.class_of_stamp)) for image in wish.images]
    table = DetectionTable(
        _apart([image.name for image in wish.images], file_of if wish.format == "yolo" else str),
        tuple((image.height, image.width) for image in wish.images),
        tuple(in_classes(one, classes.class_of_stamp) for one in found),
        classes.class_names,
    )
    name, media_type, written = FILES[wish.format]
    with TemporaryDirectory() as folder:  # detections only: images are never written
        return Download(name, media_type, written(Path(folder), table))


def _apart(names: Sequence[str], place_of: Callable[[str], str]) -> tuple[str, ...]:
    """The names, with numbers where two would be in one place.

    >>> _apart(["a/b.png", "a/b.jpg", "scan.tif#2", "classes.png"], file_of)
    ('a/b.png', 'a/b (2).jpg', 'scan.tif#2', 'classes (2).png')
    """
    given, taken = [], {CLASSES}
    numbers: defaultdict[str, Iterator[int]] = defaultdict(partial(count, 2))  # none is tried twice
    for name in names:
        path = PurePosixPath(name)
        others = (str(path.with_name(f"{path.stem} ({number}){path.suffix}")) for number in numbers[place_of(name)])
        free = next(other for other in chain([name], others) if place_of(other) not in taken)
        taken.add(place_of(free))
        given.append(free)
    return tuple(given)


def _csv(folder: Path, table: DetectionTable) -> bytes:
    write_csv(folder / "table", table.image_names, table.detections, table.class_names)
    return (folder / "table").read_bytes()


def _coco(folder: Path, table: DetectionTable) -> bytes:
    write_coco(folder / "table", table)
    return (folder / "table").read_bytes()


def _yolo(folder: Path, table: DetectionTable) -> bytes:
    # Names come with a request: in the archive they are names of files, on this machine numbers are.
    members = {file_of(name): f"{number}.txt" for number, name in enumerate(table.image_names)}
    write_yolo(folder, replace(table, image_names=tuple(f"{number}.png" for number in range(len(members)))))
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for member, file in {**members, CLASSES: CLASSES}.items():
            archive.write(folder / file, member)
    return stream.getvalue()


FILES: dict[Format, tuple[str, str, Callable[[Path, DetectionTable], bytes]]] = {
    "csv": ("detections.csv", "text/csv", _csv),
    "coco": ("detections.json", "application/json", _coco),
    "yolo": ("detections-yolo.zip", "application/zip", _yolo),
}
