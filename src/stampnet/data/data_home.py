"""MNIST from this machine or the network: where data lie, and how they get there."""

import gzip
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pooch
from jaxtyping import Int64, UInt8

from stampnet.archive import arrays_of
from stampnet.errors import InputError

CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""MD5 of the published files."""
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
"""The PyTorch project's and the Common Visual Data Foundation's, tried in this order."""
FOLDERS = ("mnist", "MNIST/raw")
"""Below the data home: ours, and torchvision's layout."""
PREFIX = {"train": "train", "test": "t10k"}


def data_home(data_dir: Path | None = None) -> Path:
    """Where data lie: `data_dir` if given, else STAMPNET_DATA_HOME, else the user's cache."""
    if data_dir is not None:
        return data_dir
    return Path(os.environ.get("STAMPNET_DATA_HOME") or pooch.os_cache("stampnet"))


def mnist(
    split: Literal["train", "test"], data_dir: Path | None = None
) -> tuple[UInt8[np.ndarray, "P 28 28"], Int64[np.ndarray, " P"]]:
    """Digits, ink bright on 0, and their labels: 60000 to train, 10000 to test.

    Looked for in the data home as IDX files (`mnist/`, `MNIST/raw/`, packed or not) and as Keras' `mnist.npz`, then
    downloaded. Raises InputError that says what was tried where none of it works.
    """
    return _mnist(split, data_home(data_dir).resolve())


@lru_cache(maxsize=4)
def _mnist(split: Literal["train", "test"], home: Path) -> tuple[np.ndarray, np.ndarray]:
    keras = home / "mnist.npz"
    if keras.exists() and not _find(home, f"{PREFIX[split]}-images-idx3-ubyte.gz"):
        with arrays_of(keras, "remove it, or put a whole one there") as arrays:
            return arrays[f"x_{split}"], arrays[f"y_{split}"].astype(np.int64)
    images = _read_idx(_find_or_download(home, f"{PREFIX[split]}-images-idx3-ubyte.gz"))
    labels = _read_idx(_find_or_download(home, f"{PREFIX[split]}-labels-idx1-ubyte.gz"))
    return images, labels.astype(np.int64)


def _find(home: Path, name: str) -> Path | None:
    candidates = (home / folder / file for folder in FOLDERS for file in (name, name.removesuffix(".gz")))
    return next((path for path in candidates if path.exists()), None)


def _find_or_download(home: Path, name: str) -> Path:
    found = _find(home, name)
    if found is not None:
        if (
            found.suffix == ".gz"
            and hashlib.md5(found.read_bytes(), usedforsecurity=False).hexdigest() != CHECKSUMS[name]
        ):
            raise InputError(f"{found} is damaged: its MD5 is not {CHECKSUMS[name]}; replace or remove the file")
        return found
    failures = []
    for mirror in MIRRORS:
        try:
            return Path(
                pooch.retrieve(
                    mirror + name,
                    f"md5:{CHECKSUMS[name]}",
                    fname=name,
                    path=home / "mnist",
                    progressbar=False,
                )
            )
        except (
            OSError,
            ValueError,
        ) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
            failures.append(f"{mirror} ({type(error).__name__})")
    checksums = ", ".join(f"{file} (MD5 {checksum})" for file, checksum in CHECKSUMS.items())
    raise InputError(
        f"MNIST is neither in {home} nor to be had from {' or '.join(failures)}; put these files into "
        f"{home / 'mnist'}: {checksums}; or work without it: simple-shapes needs no download"
    )


def _read_idx(path: Path) -> UInt8[np.ndarray, "*shape"]:
    """An IDX file: two zero bytes, the type (8), the number of axes, each axis in 4 bytes, then the bytes."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if content[:3] != b"\0\0\x08":
            raise ValueError("not an IDX file of bytes")
        shape = np.frombuffer(content, ">u4", count=content[3], offset=4).astype(int)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)
    except (ValueError, IndexError, EOFError, OSError) as error:
        raise InputError(f"{path} is damaged ({error}); replace or remove the file") from error
