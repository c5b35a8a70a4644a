"""Real people lie in composites where they were put, before a wall that is an upright plane."""

import numpy as np
import pytest

from stampnet.data.overhead_depth.composites import BODY_WITHIN_PX, Cutout, cut_outs, make_composites
from stampnet.data.overhead_depth.gotpd import GotpdSample, read_gotpd
from stampnet.errors import InputError


@pytest.fixture(scope="module")
def person() -> Cutout:
    """A block of 36 x 24 source pixels whose head is at its right end."""
    depth = np.full((60, 80), np.inf)
    depth[20:44, 30:66] = 1900
    return Cutout(depth, np.array([60.0, 31.5]), np.array([47.5, 31.5]))


def test_people_lie_where_they_are_put_at_the_scale_of_the_paper(person: Cutout) -> None:
    made = make_composites([person] * 40, np.random.default_rng(0), walls=False)
    low, high = BODY_WITHIN_PX
    assert ((made.body_px >= low) & (made.body_px <= high)).all()
    scale = 1900 / 182.5 / 13.6  # crop pixels in one of the source
    inside = (np.abs(made.body_px - 40) < 18).all(1)
    for image, body in zip(made.images[inside], made.body_px[inside], strict=True):
        rows, columns = np.nonzero(image)
        assert (columns.mean(), rows.mean()) == pytest.approx(body, abs=0.6)
        assert np.ptp(columns) + 1 == pytest.approx(36 * scale, abs=1.5)
        assert np.ptp(rows) + 1 == pytest.approx(24 * scale, abs=1.5)
        assert set(np.unique(image)) == {0, round(25.5 * (1.9 + 5.3 - 3.338))}
    mirrored = made.head_px[:, 0] < made.body_px[:, 0]
    assert 0.25 < mirrored.mean() < 0.75
    assert np.abs(made.head_px - made.body_px)[:, 0] == pytest.approx(12.5 * scale)


def test_walls_are_upright_planes_at_the_right(person: Cutout) -> None:
    made = make_composites([person] * 40, np.random.default_rng(0))
    for image, wall in zip(made.images, made.wall, strict=True):
        columns = np.flatnonzero(wall.all(0))
        assert columns[-1] == 79
        assert 56 <= columns[0] <= 76
        assert np.diff(image[40, columns].astype(int)).max() <= 0
        assert image[40, columns[0]] / 255 == pytest.approx(0.43, abs=0.01)


def test_frames_that_are_not_there_are_told_of(tmp_path: object) -> None:
    with pytest.raises(InputError, match="overhead_depth"):
        read_gotpd(tmp_path)  # type: ignore[arg-type]


def test_the_sample_has_255_people_near_its_middle(gotpd: GotpdSample) -> None:
    assert gotpd.depth_mm.shape == (320, 212, 256)
    assert ((gotpd.background_mm >= 3200) & (gotpd.background_mm <= 3450)).all()
    people = cut_outs(gotpd)
    assert len(people) == 255
    assert {bool(np.isfinite(person.depth_mm).sum() > 500) for person in people} == {True}
