"""Folders, patterns and files to images that are read one at a time; what cannot be used is named and left out."""

import glob
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from stampnet.data.array_files import array_image, as_stack, header_of
from stampnet.data.picture_files import page_pixels, page_sizes
from stampnet.errors import InputError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
ARRAYS = (".npy", ".npz")
SUFFIXES = PICTURES + ARRAYS
GENERATED, IMAGES = "scenes.npz", "images"
"""In a folder that `stampnet generate` made, all its images, and the folder of the same one by one, whose names its
annotations know."""
SMALLER = "save it as .npy, which is read in parts, or cut it"
LEAST_SIDE = 4
"""Pixels; in less there is no shape."""


@dataclass(frozen=True, kw_only=True)
class ReadingLimits:
    """What a file may ask for, whoever has sent it."""

    max_pixels: int = 2**27
    """Of one picture, which must be decoded as a whole: 134 million, 400 MB in colour."""
    max_bytes: int = 2**29
    """Of all images in an .npz file, which are decoded together."""
    max_pages: int = 1_000_000
    """Of one file."""


@dataclass(frozen=True)
class ImageFile:
    """An image that has not been read yet."""

    name: str
    """Path below the folder that was named; pages of a stack carry their number: scan.tif#0."""
    path: Path
    page: int
    height: int
    width: int


@dataclass(frozen=True)
class Skipped:
    """A file, or a page of it, that cannot be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What was found; pixels are read later, one image at a time (see `read_image`)."""

    files: tuple[ImageFile, ...]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.files)


def list_images(sources: Sequence[str | Path], limits: ReadingLimits = ReadingLimits()) -> Listing:
    """The images of files, of folders and all below them, and of patterns such as `photos/*.png`.

    Only headers are read. Files that are no images of a size that can be used are skipped; other files than images in
    a folder are passed over.

    Raises InputError where a source does not exist, or nothing at all can be used.
    """
    found: list[ImageFile] = []
    skipped: list[Skipped] = []
    for name, path in _named_apart(_paths(sources)):
        sizes: list[tuple[int, int]] = []
        reason = None
        try:
            for size in _sizes(path, limits):
                sizes.append(size)  # noqa: PERF402 (those before the damage are kept)
        except Exception as error:  # what decoders raise for files that are not what they say has no end
            reason = _reason(error)
        numbered = len(sizes) + (reason is not None) > 1 or path.suffix.lower() in ARRAYS
        for page, (height, width) in enumerate(sizes):
            own = f"{name}#{page}" if numbered else name
            if why := _unusable_size(height, width, path, limits):
                skipped.append(Skipped(own, why))
            else:
                found.append(ImageFile(own, path, page, height, width))
        if reason is not None:
            skipped.append(Skipped(f"{name}#{len(sizes)}" if sizes else name, reason))
    if not found:
        where = ", ".join(map(str, sources))
        if skipped:
            first = skipped[0]
            raise InputError(f"no image in {where} can be used; {first.name}: {first.reason}")
        raise InputError(f"there are no images in {where}; it should hold {', '.join(SUFFIXES)} files")
    return Listing(tuple(found), tuple(skipped))


class _Named(NamedTuple):
    """A file below the folder that it was found in."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        return self.folder / self.name


def _paths(sources: Sequence[str | Path]) -> Iterator[_Named]:
    """Each file once, in the order of the sources and then of their paths."""
    seen: set[Path] = set()
    for source in sources:
        path = Path(source)
        if (path / GENERATED).is_file():
            folder = path / IMAGES
            files = sorted(folder.rglob("*"))
            if not files:
                folder, files = path, [path / GENERATED]
        elif path.is_dir():
            folder, files = path, sorted(path.rglob("*"))
        elif path.exists():
            folder, files = path.parent, [path]
        elif glob.has_magic(str(source)):
            folder = next(parent for parent in path.parents if parent.is_dir())
            files = sorted(folder.glob(path.relative_to(folder).as_posix()))
        else:
            raise InputError(f"there is no file or folder {source}; check the path")
        for file in files:
            is_image = file == path or (file.suffix.lower() in SUFFIXES and file.is_file())
            if is_image and file.resolve() not in seen:
                seen.add(file.resolve())
                yield _Named(folder, file.relative_to(folder).as_posix())


def _named_apart(files: Iterator[_Named]) -> Iterator[tuple[str, Path]]:
    """Names below the folders that were given, and paths; files of one name take as much of the paths of their folders
    into it as tells them apart."""
    found = list(files)
    names = [file.name for file in found]
    above = [file.folder.resolve() for file in found]
    while True:
        number = Counter(names)
        clashing = [k for k, name in enumerate(names) if number[name] > 1 and above[k].name]
        if not clashing:
            return zip(names, (file.path for file in found), strict=True)
        for k in clashing:
            names[k] = f"{above[k].name}/{names[k]}"
            above[k] = above[k].parent


def _sizes(path: Path, limits: ReadingLimits) -> Iterator[tuple[int, int]]:
    """Height and width of each image in a file, from its headers."""
    if path.suffix.lower() in ARRAYS:
        header = header_of(path)
        number, height, width, _ = as_stack(header.shape)
        if number > limits.max_pages:
            raise ValueError(f"it holds {number} images, more than {limits.max_pages}; split it")
        if path.suffix.lower() == ".npz" and header.num_bytes > limits.max_bytes:
            raise ValueError(f"it holds {header.num_bytes} bytes, more than {limits.max_bytes}; {SMALLER}")
        yield from [(height, width)] * number
        return
    for page, size in enumerate(page_sizes(path)):
        if page == limits.max_pages:
            raise ValueError(f"it holds more than {limits.max_pages} pages; split it")
        yield size


def _unusable_size(height: int, width: int, path: Path, limits: ReadingLimits) -> str | None:
    if min(height, width) < LEAST_SIDE:
        return f"it is {height} x {width} pixels, too small to hold a shape"
    if path.suffix.lower() not in ARRAYS and height * width > limits.max_pixels:
        return f"it has {height * width} pixels, more than {limits.max_pixels}; {SMALLER}"
    return None


def read_image(file: ImageFile) -> np.ndarray:
    """The pixels: uint8, uint16 or float32, (H, W) or (H, W, 3); what is transparent lies on white.

    Raises InputError naming the file where it is damaged or holds values that are no numbers.
    """
    read = array_image if file.path.suffix.lower() in ARRAYS else page_pixels
    try:
        return usable(np.asarray(read(file.path, file.page, file.path.stat().st_mtime_ns)))
    except Exception as error:  # as in `list_images`
        raise InputError(f"{file.name} cannot be read ({_reason(error)}); repair or remove it") from error


def usable(values: np.ndarray) -> np.ndarray:
    """Floats and bools as float32.

    Raises ValueError where values are no numbers.
    """
    if values.dtype.kind in "bf":
        values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise ValueError("it holds values that are not numbers (NaN or infinite)")
    return values


def _reason(error: BaseException) -> str:
    """What a decoder complains about, in one line."""
    if isinstance(error, UnidentifiedImageError):
        return "it is not an image that can be read"
    if isinstance(error, Image.DecompressionBombError):
        return f"it has far more pixels than can be decoded at once; {SMALLER}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


class Reader:
    """The images of a listing one after the other. Those that cannot be read are passed over, and named in `skipped`
    together with those that the listing has left out."""

    def __init__(
        self, listing: Listing, *, strict: bool = False, refusal: Callable[[np.ndarray], str | None] | None = None
    ) -> None:
        """`refusal` says why an image that can be read cannot be used all the same; None where it can.

        Raises InputError naming the first that cannot be used, at once or later, if `strict`.
        """
        self.listing, self.strict, self._refusal = listing, strict, refusal
        self._skipped = {one.name: one for one in listing.skipped}
        if strict and listing.skipped:
            raise _unusable(listing.skipped[0])

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be used so far."""
        return tuple(self._skipped.values())

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width of each image."""
        return [(file.height, file.width) for file in self.listing.files]

    def read(self, number: int) -> np.ndarray | None:
        """The image of that number; None where it cannot be used."""
        file = self.listing.files[number]
        try:
            image = read_image(file)
        except InputError as error:
            if self.strict:
                raise
            self.skip(file, str(error).removeprefix(f"{file.name} "))
            return None
        reason = None if self._refusal is None else self._refusal(image)
        if reason is None:
            return image
        self.skip(file, reason)
        return None

    def skip(self, file: ImageFile, reason: str) -> None:
        """Counts an image among those that cannot be used.

        Raises InputError if the reader is strict.
        """
        self._skipped[file.name] = Skipped(file.name, reason)
        if self.strict:
            raise _unusable(self._skipped[file.name])

    def complaint(self) -> InputError:
        """What to say where none of the images can be used: which is the first, and why."""
        first = self.skipped[0]
        return InputError(f"none of the images can be used; {first.name}: {first.reason}")

    def __iter__(self) -> Iterator[tuple[ImageFile, np.ndarray]]:
        for number, file in enumerate(self.listing.files):
            image = self.read(number)
            if image is not None:
                yield file, image


def _unusable(one: Skipped) -> InputError:
    return InputError(f"{one.name} cannot be read ({one.reason}); repair or remove it")


@dataclass(frozen=True)
class ImageSet:
    """Images in memory: uint8, uint16 or float32, each (H, W) or (H, W, 3), sizes may differ."""

    names: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.names)


def read_images(*sources: str | Path) -> ImageSet:
    """All images of files, folders and patterns.

    Raises InputError naming the file where one cannot be used, or nothing is there.
    """
    return read_all(Reader(list_images(sources), strict=True))


def read_all(reader: Reader) -> ImageSet:
    """All images of a reader that can be used.

    Raises InputError naming the first file and why it cannot be used, where none can.
    """
    found = list(reader)
    if not found:
        raise reader.complaint()
    files, arrays = zip(*found, strict=True)
    return ImageSet(tuple(file.name for file in files), arrays)


def stack_images(images: ImageSet) -> np.ndarray:
    """All images as one array (B, H, W) or (B, H, W, 3).

    Raises InputError naming two images where sizes, channels or types differ.
    """
    first = images.arrays[0]
    for name, array in zip(images.names, images.arrays, strict=True):
        if array.shape != first.shape or array.dtype != first.dtype:
            raise InputError(
                f"{images.names[0]} is {_describe(first)} but {name} is {_describe(array)}; "
                "bring all images to one size and type"
            )
    return np.stack(images.arrays)


def _describe(array: np.ndarray) -> str:
    colours = "colour" if array.ndim == 3 else "grey"
    return f"{array.shape[0]} x {array.shape[1]} {colours} {array.dtype}"
