"""Facts about albums: whole images smaller, boxes with them, the best objects of each stamp."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.detection import Detections
from stampnet.errors import InputError
from stampnet.report.album import (
    ALBUM,
    CROPS,
    LONGEST_SIDE,
    PICTURES,
    Album,
    draw_counts,
    draw_crops,
    draw_pictures,
    load_album,
    make_album,
    save_album,
)
from stampnet.report.figures import Gallery, png_bytes


def found(number: int, stamp: int = 0) -> Detections:
    boxes = np.array([(10 * k, 5, 10 * k + 8, 15) for k in range(number)], np.float32).reshape(-1, 4)
    stamps = np.full(number, stamp, np.int64)
    return Detections(boxes, stamps, stamps, np.linspace(0.2, 0.9, number).astype(np.float32))


@pytest.fixture
def album() -> Album:
    rng = np.random.default_rng(0)
    images = [
        (rng.integers(0, 255, (60, 2 * LONGEST_SIDE), np.uint8), found(CROPS + 3)),
        (rng.integers(0, 60_000, (40, 50)).astype(np.uint16), found(2, stamp=1)),
        (rng.random((40, 50, 3), np.float32), found(0)),
    ]
    return make_album(images * 3, 3)


def test_pictures_are_small_and_boxes_with_them(album: Album) -> None:
    assert len(album.pictures) == PICTURES
    first, second = album.pictures[:2]
    assert first.shape == (30, LONGEST_SIDE)
    assert album.found[0].boxes_xyxy[1].tolist() == [5, 2.5, 9, 7.5]
    assert second.shape == (40, 50)
    assert all(picture.dtype == np.uint8 for picture in album.pictures)
    assert (second.min(), second.max()) == (0, 255)
    assert album.lengths.tolist() == [10] * (CROPS + 5) * 3
    assert album.counts.tolist() == [CROPS + 3, 2, 0] * 3


def test_each_stamp_shows_its_best_objects_and_no_others(album: Album) -> None:
    is_there = (album.crops < 255).any(axis=(2, 3, 4))
    assert is_there.sum(axis=1).tolist() == [CROPS, 6, 0]


def test_an_album_comes_back_as_it_was_kept(album: Album, tmp_path: Path) -> None:
    assert load_album(tmp_path) is None
    save_album(album, tmp_path)
    kept = load_album(tmp_path)
    assert kept is not None
    assert np.array_equal(kept.crops, album.crops)
    assert np.array_equal(kept.counts, album.counts)
    assert np.array_equal(kept.lengths, album.lengths)
    for one, other in zip(kept.pictures, album.pictures, strict=True):
        assert np.array_equal(one, other)
    for one, other in zip(kept.found, album.found, strict=True):
        assert np.array_equal(one.boxes_xyxy, other.boxes_xyxy)
        assert np.array_equal(one.stamp, other.stamp)
    (tmp_path / ALBUM).write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"album\.npz is damaged"):
        load_album(tmp_path)


def test_an_album_of_which_no_image_could_be_read_is_none(tmp_path: Path) -> None:
    save_album(make_album([], 3), tmp_path)
    assert load_album(tmp_path) is None


def test_an_album_whose_bytes_are_damaged_is_named(album: Album, tmp_path: Path) -> None:
    save_album(album, tmp_path)
    content = bytearray((tmp_path / ALBUM).read_bytes())
    for spoilt in (bytes(content[:-99]), bytes(content[:200] + b"?" * 40 + content[240:])):
        (tmp_path / ALBUM).write_bytes(spoilt)
        with pytest.raises(InputError, match=r"album\.npz is damaged \(.*\); remove it"):
            load_album(tmp_path)


def test_an_album_is_drawn_with_and_without_objects(album: Album) -> None:
    gallery = Gallery(np.zeros((3, 9, 7)), np.array([0, -1, 1]), ["cat", "dog"], np.array([5, 0, 2]))
    for figure in (
        draw_pictures(album, album.found, ["cat", "dog"]),
        draw_crops(album, gallery),
        draw_counts(album),
        draw_counts(make_album([(np.zeros((9, 9), np.uint8), found(0))], 1)),
    ):
        assert png_bytes(figure).startswith(b"\x89PNG")
