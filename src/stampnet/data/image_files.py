"""Folders, patterns and files to images that are read one at a time; what cannot be used is named and left out."""

import glob
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from stampnet.errors import InputError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
ARRAYS = (".npy", ".npz")
SUFFIXES = PICTURES + ARRAYS
GENERATED = "scenes.npz"
"""In a folder that `stampnet generate` made, its images; those in its folder images/ are the same."""
SMALLER = "save it as .npy, which is read in parts, or cut it"
LEAST_SIDE = 4
"""Pixels; in less there is no shape."""
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    zipfile.BadZipFile,
    Image.DecompressionBombError,
    UnidentifiedImageError,
)
"""What decoders raise for files that are not what they say, or damaged."""


@dataclass(frozen=True, kw_only=True)
class ReadingLimits:
    """What a file may ask for, whoever has sent it."""

    max_pixels: int = 2**27
    """Of one image that must be decoded as a whole: 134 million, 400 MB in colour."""
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
    for path, name in _paths(sources):
        try:
            pages = list(_pages(path, limits))
        except UNREADABLE as error:
            skipped.append(Skipped(name, _reason(error)))
            continue
        numbered = len(pages) > 1 or path.suffix.lower() in ARRAYS
        for page, (height, width) in enumerate(pages):
            own = f"{name}#{page}" if numbered else name
            if min(height, width) < LEAST_SIDE:
                skipped.append(Skipped(own, f"it is {height} x {width} pixels, too small to hold a shape"))
            else:
                found.append(ImageFile(own, path, page, height, width))
    if not found:
        where = ", ".join(map(str, sources))
        if skipped:
            first = skipped[0]
            raise InputError(f"no image in {where} can be used; {first.name}: {first.reason}")
        raise InputError(f"there are no images in {where}; it should hold {', '.join(SUFFIXES)} files")
    return Listing(tuple(found), tuple(skipped))


def _paths(sources: Sequence[str | Path]) -> Iterator[tuple[Path, str]]:
    """Files and the names that they go by, each file once, in the order of the sources and then of their paths."""
    seen: set[Path] = set()
    for source in sources:
        path = Path(source)
        if (path / GENERATED).is_file():
            named = [(path / GENERATED, GENERATED)]
        elif path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
            named = [(file, file.relative_to(path).as_posix()) for file in files if file.is_file()]
        elif path.exists():
            named = [(path, path.name)]
        elif glob.has_magic(str(source)):
            root = Path(path.anchor)
            files = sorted(root.glob(path.relative_to(root).as_posix()))
            named = [(file, file.as_posix()) for file in files if file.suffix.lower() in SUFFIXES and file.is_file()]
        else:
            raise InputError(f"there is no file or folder {source}; check the path")
        for file, name in named:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, name


def _pages(path: Path, limits: ReadingLimits) -> Iterator[tuple[int, int]]:
    """Height and width of each image in a file, from its headers."""
    if path.suffix.lower() in ARRAYS:
        shape, dtype = _array_header(path)
        number, height, width = _as_stack(shape, dtype)
        if number > limits.max_pages:
            raise ValueError(f"it holds {number} images, more than {limits.max_pages}; split it")
        if path.suffix.lower() == ".npz":  # a member of an archive is decoded as a whole
            _check_pixels(number * height * width, limits)
        yield from [(height, width)] * number
        return
    with _opened(path) as picture:
        number = getattr(picture, "n_frames", 1)
        if number > limits.max_pages:
            raise ValueError(f"it holds {number} pages, more than {limits.max_pages}; split it")
        for page in range(number):
            picture.seek(page)
            _check_pixels(picture.width * picture.height, limits)
            yield picture.height, picture.width


def _check_pixels(pixels: int, limits: ReadingLimits) -> None:
    if pixels > limits.max_pixels:
        raise ValueError(f"it has {pixels} pixels, more than {limits.max_pixels}; {SMALLER}")


def read_image(file: ImageFile) -> np.ndarray:
    """The pixels: uint8, uint16 or float32, (H, W) or (H, W, 3); what is transparent lies on white.

    Raises InputError naming the file where it is damaged or holds values that are no numbers.
    """
    return read_window(file, 0, 0, file.height, file.width)


def read_window(file: ImageFile, top: int, left: int, height: int, width: int) -> np.ndarray:
    """Some rows and columns of an image, as `read_image` gives them; of an .npy file no others are read."""
    try:
        window = _decoded(file.path, file.page, file.path.stat().st_mtime_ns)[top : top + height, left : left + width]
        return usable(np.asarray(window))
    except UNREADABLE as error:
        raise InputError(f"{file.name} cannot be read ({_reason(error)}); repair or remove it") from error


@lru_cache(maxsize=1)
def _decoded(path: Path, page: int, modified: int) -> np.ndarray:
    """One image; the last one is kept, for it may be asked for window by window, until its file is `modified`."""
    if path.suffix.lower() in ARRAYS:
        return _array(path, modified)[page]
    with _opened(path) as picture:
        picture.seek(page)
        return pixels_of(picture)


def _opened(path: Path) -> Image.Image:
    """A picture of which only the header is decoded; its pixels are counted by `_check_pixels`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(path)


@lru_cache(maxsize=1)
def _array(path: Path, modified: int) -> np.ndarray:  # noqa: ARG001 (see `_decoded`)
    """A stack of images (B, H, W) or (B, H, W, 3); that of an .npy file stays on disk."""
    stored = np.load(path, allow_pickle=False, mmap_mode="r")
    if not isinstance(stored, np.ndarray):
        with stored:
            stored = stored[_member(stored.files)]
    if stored.ndim == 2:
        stored = stored[None]
    return stored[..., 0] if stored.ndim == 4 and stored.shape[-1] == 1 else stored


def _array_header(path: Path) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of the images in an .npy or .npz file, without its values."""
    if path.suffix.lower() == ".npy":
        with path.open("rb") as stream:
            return _header_of(stream)
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        with archive.open(_member(names) + ".npy") as stream:
            return _header_of(stream)


def _header_of(stream: object) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)  # type: ignore[arg-type]
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = read.get(version, np.lib.format.read_array_header_2_0)(stream)  # type: ignore[arg-type]
    return shape, dtype


def _member(names: list[str]) -> str:
    """The array of an archive that holds the images."""
    if "images" in names:
        return "images"
    if len(names) == 1:
        return names[0]
    raise ValueError(f"it holds the arrays {', '.join(names)}: name one of them images")


def _as_stack(shape: tuple[int, ...], dtype: np.dtype) -> tuple[int, int, int]:
    """Number, height and width of images in an array of this shape."""
    if dtype.kind not in "bf" and dtype not in (np.uint8, np.uint16):
        raise ValueError(f"its type {dtype} is none of uint8, uint16, bool, float")
    if len(shape) == 2:
        return 1, shape[0], shape[1]
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[-1] not in (1, 3)) or 0 in shape:
        raise ValueError(f"its shape {shape} is none of (H, W), (B, H, W), (B, H, W, 1 or 3)")
    return shape[0], shape[1], shape[2]


def pixels_of(picture: Image.Image) -> np.ndarray:
    """8 bit grey or colour, 16 bit grey, or floats; what is transparent lies on white."""
    if picture.mode in ("I;16", "I;16B", "I;16L", "I"):
        values = np.asarray(picture)
        if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
            raise ValueError("its values are not in 0 to 65535")
        return values.astype(np.uint16)
    if picture.mode == "F":
        return np.asarray(picture, np.float32)
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")
        values = np.asarray(picture)
        is_grey = (values[..., :1] == values).all()
        return values[..., 0].copy() if is_grey else values
    return np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))


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

    def __init__(self, listing: Listing, *, strict: bool = False) -> None:
        """Raises InputError naming the first that cannot be used, at once or later, if `strict`."""
        self.listing, self.strict = listing, strict
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
        """The image of that number; None where it cannot be read."""
        file = self.listing.files[number]
        try:
            return read_image(file)
        except InputError as error:
            if self.strict:
                raise
            self.skip(file, str(error).removeprefix(f"{file.name} "))
            return None

    def skip(self, file: ImageFile, reason: str) -> None:
        """Counts an image among those that cannot be used.

        Raises InputError if the reader is strict.
        """
        self._skipped[file.name] = Skipped(file.name, reason)
        if self.strict:
            raise _unusable(self._skipped[file.name])

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
    files, arrays = zip(*Reader(list_images(sources), strict=True), strict=True)
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
