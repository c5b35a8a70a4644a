"""Facts about finding and fetching MNIST, without a network."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from stampnet.data import data_home as module
from stampnet.data.data_home import data_home, mnist
from stampnet.errors import InputError


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def write_idx(folder: Path) -> None:
    folder.mkdir(parents=True)
    images = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(images))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([3, 9], np.uint8)))


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw"])
def test_idx_files_are_read_from_both_layouts(tmp_path: Path, folder: str) -> None:
    write_idx(tmp_path / folder)
    images, labels = mnist("test", tmp_path)
    assert images[1, 0, :3].tolist() == [16, 17, 18]  # 784 is 16 modulo 256
    assert labels.tolist() == [3, 9]


def test_kerass_archive_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "mnist.npz", x_test=np.zeros((1, 28, 28), np.uint8), y_test=np.array([7], np.uint8))
    assert mnist("test", tmp_path)[1].tolist() == [7]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"not MNIST"))
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte\.gz is damaged: its MD5 is not 9fb629c4"):
        mnist("test", tmp_path)


def test_what_is_no_idx_file_is_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "mnist")
    (tmp_path / "mnist" / "t10k-images-idx3-ubyte").write_bytes(b"hello")
    with pytest.raises(InputError, match="not an IDX file"):
        mnist("test", tmp_path)


def test_the_second_mirror_is_asked_when_the_first_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_idx(tmp_path / "elsewhere")
    asked = []

    def retrieve(url: str, checksum: str, **_: object) -> str:
        asked.append(url)
        if url.startswith(module.MIRRORS[0]):
            raise ConnectionError("down")
        assert checksum.startswith("md5:")
        return str(tmp_path / "elsewhere" / url.rsplit("/", 1)[1].removesuffix(".gz"))

    monkeypatch.setattr(module.pooch, "retrieve", retrieve)
    assert mnist("test", tmp_path / "home")[1].tolist() == [3, 9]
    assert len(asked) == 4


def test_when_nothing_works_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def retrieve(*_: object, **__: object) -> str:
        raise ConnectionError("no network")

    monkeypatch.setattr(module.pooch, "retrieve", retrieve)
    with pytest.raises(InputError) as error:
        mnist("test", tmp_path)
    for fact in (str(tmp_path / "mnist"), *module.MIRRORS, *module.CHECKSUMS, *module.CHECKSUMS.values()):
        assert fact in str(error.value)


def test_an_argument_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAMPNET_DATA_HOME", "/from/environment")
    assert data_home() == Path("/from/environment")
    assert data_home(tmp_path) == tmp_path


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"mnist\.npz is damaged .*put a whole one there"):
        mnist("train", tmp_path)
