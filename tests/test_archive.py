"""Facts about archives of arrays: whatever a wrong byte does to one, it is said in one sentence."""

import io
import re
from pathlib import Path

import numpy as np
import pytest

from stampnet.archive import arrays_of
from stampnet.errors import InputError


def archive(rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, images=rng.integers(0, 9, (4, 30, 30), np.uint8), usage=np.arange(9))
    return stream.getvalue()


def test_arrays_come_from_files_and_from_bytes(tmp_path: Path) -> None:
    content = archive(np.random.default_rng(0))
    (tmp_path / "a.npz").write_bytes(content)
    for given in (None, content):
        with arrays_of(tmp_path / "a.npz", "remove it", given) as stored:
            assert set(stored) == {"images", "usage"}
            assert stored["usage"].tolist() == list(range(9))


def test_damage_of_any_kind_is_one_sentence(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    content = archive(rng)
    single = io.BytesIO()
    np.save(single, np.zeros(3))
    spoilt = [b"", b"nonsense", single.getvalue(), *(content[:end] for end in range(10, len(content), 97))]
    for place in range(0, len(content), 3):
        one = bytearray(content)
        one[place] ^= int(rng.integers(1, 256))
        spoilt.append(bytes(one))
    said = []
    for one in spoilt:
        try:
            with arrays_of(tmp_path / "a.npz", "remove it", one) as stored:
                _ = stored["images"], stored["usage"]
        except InputError as error:
            said.append(str(error))
    assert len(said) > len(spoilt) / 2
    assert [one for one in said if not re.search(r"a\.npz is damaged \(.*\); remove it$", one)] == []


def test_an_array_that_is_missing_is_damage(tmp_path: Path) -> None:
    content = archive(np.random.default_rng(0))
    with (
        pytest.raises(InputError, match=r"a\.npz is damaged \(.*counts.*\); draw it anew"),
        arrays_of(tmp_path / "a.npz", "draw it anew", content) as stored,
    ):
        stored["counts"]
