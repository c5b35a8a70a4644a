"""The size of objects is told from what stands out, whether filled, drawn, written, heaped or joined."""

import numpy as np
import pytest

from stampnet.data.object_size import components, object_size, period


def canvas(count: int, draw, seed: int = 0, size: int = 240) -> np.ndarray:
    """Things drawn at places of a grid, moved a little."""
    rng = np.random.default_rng(seed)
    image = np.zeros((size, size), np.float32)
    side = int(np.ceil(np.sqrt(count)))
    for k in range(count):
        centre = (np.array(divmod(k, side)) + 0.5) * size / side + rng.uniform(-3, 3, 2)
        draw(image, *centre)
    return image[..., None]


def disc(radius: float):
    def draw(image: np.ndarray, row: float, column: float) -> None:
        y, x = np.mgrid[: image.shape[0], : image.shape[1]]
        image[(y - row) ** 2 + (x - column) ** 2 <= radius**2] = 1.0

    return draw


def ring(radius: float):
    def draw(image: np.ndarray, row: float, column: float) -> None:
        y, x = np.mgrid[: image.shape[0], : image.shape[1]]
        image[np.abs(np.hypot(y - row, x - column) - radius) <= 1] = 1.0

    return draw


def cross(half: int):
    def draw(image: np.ndarray, row: float, column: float) -> None:
        y, x = int(row), int(column)
        image[y - half : y + half, x - 1 : x + 1] = image[y - 1 : y + 1, x - half : x + half] = 1.0

    return draw


@pytest.mark.parametrize(("draw", "side"), [(disc(9), 19), (ring(12), 27), (cross(10), 20)])
def test_discs_rings_and_strokes_are_as_large_as_they_are(draw, side: int) -> None:
    found = object_size([canvas(16, draw, seed) for seed in range(3)], "bright")
    assert found is not None
    assert found.typical == pytest.approx(side, abs=2)
    assert found.low <= found.typical <= found.high


def test_heaps_are_not_taken_for_objects_where_some_lie_alone() -> None:
    def heap(image: np.ndarray, row: float, column: float) -> None:
        for k in range(4):
            disc(7)(image, row, column + 12 * (k - 1.5))

    alone, heaps = canvas(16, disc(7)), canvas(9, heap)
    found = object_size([alone, heaps], "bright")
    assert found is not None
    assert found.typical == pytest.approx(15, abs=1)
    assert "compact" in found.told_by


def test_dust_does_not_make_objects_small() -> None:
    image = canvas(9, disc(12))
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, 235, (12, 2)):
        image[row : row + 4, column : column + 4] = 1.0
    found = object_size([image], "bright")
    assert found is not None
    assert found.typical > 20


def test_objects_that_fill_the_image_are_told_by_how_it_repeats_itself() -> None:
    tile = np.random.default_rng(0).uniform(0, 1, (14, 14)).round()
    image = np.tile(tile, (10, 10)).astype(np.float32)
    assert period(image[..., None]) == 14
    found = object_size([image[..., None]], "both")
    assert found is not None
    assert (found.typical, found.low, found.high) == (14, 14, 14)
    assert period(np.random.default_rng(0).uniform(size=(90, 90, 1)).astype(np.float32)) is None


def test_objects_darker_and_brighter_count_alike() -> None:
    image = 0.5 + 0.4 * canvas(9, disc(8)) - 0.4 * canvas(9, disc(8)).transpose(1, 0, 2)[::-1]
    found = object_size([image], "both")
    assert found is not None
    assert found.typical == pytest.approx(17, abs=3)


def test_nothing_has_no_size() -> None:
    assert object_size([np.zeros((30, 30, 1), np.float32)], "bright") is None
    assert object_size([], "bright") is None
    longer, disc_sizes = components(np.zeros((5, 5, 1), np.float32), "bright")
    assert len(longer) == len(disc_sizes) == 0


def test_the_fullest_image_tells_how_many_objects_there_are_and_a_heap_counts_as_several() -> None:
    found = object_size([canvas(count, disc(9)) for count in (1, 4, 9, 2)], "bright")
    assert found is not None
    assert found.most == pytest.approx(9, rel=0.1)
    heap = canvas(16, disc(9))
    for column in (100, 116, 132, 148):
        disc(9)(heap[..., 0], 10, column)
    found = object_size([canvas(16, disc(9)), heap], "bright")
    assert found is not None
    assert 18 < found.most < 40
