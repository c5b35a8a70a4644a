"""Files of images to arrays, and arrays to values in [0, 1]."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageSequence, UnidentifiedImageError

from stampnet.errors import InputError

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
ARRAYS = (".npy", ".npz")


@dataclass(frozen=True)
class ImageSet:
    """Images as they were read: uint8, uint16 or float32, each (H, W) or (H, W, 3), sizes may differ."""

    names: tuple[str, ...]
    """Path below the folder that was read; pages and arrays carry their number: scan.tif#0."""
    arrays: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.names)


def read_images(path: Path) -> ImageSet:
    """Reads PNG, JPEG, BMP, TIFF (8 and 16 bit, several pages), npy and npz: one file, or all in a folder and below.

    A folder that `stampnet generate` made gives its images. Transparency is dropped, palettes become colours.

    Raises InputError naming the file where there is nothing to read or a file is damaged.
    """
    if not path.exists():
        raise InputError(f"there is no file or folder {path}; check the path")
    if (path / "scenes.npz").exists():
        files = [path / "scenes.npz"]
    elif path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in PICTURES + ARRAYS and file.is_file())
    else:
        files = [path]
    names, arrays = [], []
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        images = list(_read(file))
        numbered = len(images) > 1 or file.suffix.lower() in ARRAYS
        names += [f"{name}#{page}" for page in range(len(images))] if numbered else [name]
        arrays += images
    if not names:
        raise InputError(f"there are no images in {path}; it should hold {', '.join(PICTURES + ARRAYS)} files")
    return ImageSet(tuple(names), tuple(arrays))


def _read(path: Path) -> Iterator[np.ndarray]:
    try:
        if path.suffix.lower() in ARRAYS:
            yield from _read_array(path)
        else:
            with Image.open(path) as picture:
                for page in ImageSequence.Iterator(picture):
                    yield _pixels(page)
    except UnidentifiedImageError as error:
        raise InputError(f"{path} is not an image that can be read; convert it to PNG or TIFF, or remove it") from error
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} cannot be read ({error}); repair or remove it") from error


def _pixels(picture: Image.Image) -> np.ndarray:
    """8 bit grey or colour, or 16 bit grey."""
    if picture.mode in ("I;16", "I;16B", "I;16L", "I"):
        values = np.asarray(picture)
        if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
            raise ValueError("its values are not in 0 to 65535")
        return values.astype(np.uint16)
    if picture.mode == "F":
        return np.asarray(picture, np.float32)
    return np.asarray(picture.convert("L" if picture.mode in ("1", "L", "LA") else "RGB"))


def _read_array(path: Path) -> Iterator[np.ndarray]:
    stored = np.load(path, allow_pickle=False)
    if isinstance(stored, np.ndarray):
        images = stored
    else:
        with stored:
            key = "images" if "images" in stored.files else stored.files[0] if len(stored.files) == 1 else None
            if key is None:
                raise ValueError(f"it holds the arrays {', '.join(stored.files)}: name one of them images")
            images = stored[key]
    if images.ndim == 2:
        images = images[None]
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] not in (1, 3)) or images.size == 0:
        raise ValueError(f"its shape {images.shape} is none of (H, W), (B, H, W), (B, H, W, 1 or 3)")
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.dtype.kind == "b" or images.dtype.kind == "f":
        images = images.astype(np.float32)
    elif images.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"its type {images.dtype} is none of uint8, uint16, bool, float")
    yield from images


def full_scale_of(arrays: Sequence[np.ndarray]) -> float:
    """The value that becomes 1: 255 for bytes, the largest value for 16 bit, 1 for floats and bools.

    Raises InputError for other types, and for floats outside [0, 1].
    """
    kinds = {array.dtype for array in arrays}
    if len(kinds) > 1:
        raise InputError(f"the images mix the types {', '.join(sorted(map(str, kinds)))}; convert them to one")
    (kind,) = kinds
    if kind == np.uint8:
        return 255.0
    if kind == np.uint16:
        return float(max(1, *(int(array.max()) for array in arrays)))
    if kind.kind == "b":
        return 1.0
    if kind.kind != "f":
        raise InputError(f"images of type {kind} cannot be used; convert them to uint8, uint16 or float")
    for array in arrays:
        _check_floats(array)
    return 1.0


def _check_floats(array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        raise InputError(
            "an image holds values that are not numbers (NaN or infinite); replace them, by 0 for instance"
        )
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise InputError(f"images of floats must lie in [0, 1], got {low:g} to {high:g}; shift and divide them first")


def to_unit_range(array: np.ndarray, full_scale: float) -> Float32[np.ndarray, "*shape"]:
    """Divides bytes by 255, 16 bit values by `full_scale`, above which they become 1; floats and bools stay.

    Raises InputError for other types, for floats outside [0, 1], and for 16 bit values that a full scale of bytes or
    floats says nothing about.

    >>> to_unit_range(np.array([0, 500, 4000], np.uint16), 1000.0).tolist()
    [0.0, 0.5, 1.0]
    """
    if array.dtype != np.uint16:
        return array.astype(np.float32) / np.float32(full_scale_of([array]))
    largest = int(array.max(initial=0))
    if full_scale in (1.0, 255.0) and largest > full_scale:
        raise InputError(
            f"the images are of 16 bit, up to {largest}, but what counts as 1 is known for bytes and floats only; "
            "divide them by the value that is to count as 1"
        )
    return (array.astype(np.float32) / np.float32(full_scale)).clip(0, 1)


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
