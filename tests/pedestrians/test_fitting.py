"""Facts about what stamps of people are learned from."""

from dataclasses import replace

import numpy as np
import pytest

from depth_scenes import CAMERA, person, seen_by, walk
from stampnet.errors import InputError
from stampnet.matching.search import FEW
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.fitting import (
    BATCH,
    check_frames,
    maps_to_learn_from,
    model_for,
    people_at_most,
    training_on,
)
from stampnet.pedestrians.points import ground_under
from stampnet.pedestrians.site_folder import Site

SITE = Site((CAMERA,), ground_under((CAMERA,)), floor_mm(CAMERA)[None], 0.0)


def test_frames_without_anybody_are_left_out() -> None:
    frames = np.stack([seen_by(CAMERA, person(0, 0) if moment % 3 == 0 else []) for moment in range(40)])
    maps = maps_to_learn_from(frames[:, None], SITE)
    assert len(maps) == 14
    assert maps.any(axis=(1, 2)).all()


def test_no_more_maps_than_are_needed_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stampnet.pedestrians.fitting.MAPS_AT_MOST", 4)
    frames = np.stack([seen_by(CAMERA, person(x, 0)) for x in np.linspace(-0.5, 0.5, 9)])[:, None]
    kept = maps_to_learn_from(frames, SITE)
    columns = [one.max(axis=0).argmax() for one in kept]
    assert len(kept) == 4
    assert columns == sorted(columns)
    assert columns[-1] - columns[0] == pytest.approx(1 / SITE.ground.cell_m, abs=2)  # from the first to the last


def test_where_nobody_is_seen_that_is_told() -> None:
    with pytest.raises(InputError, match=r"nothing stands 0.75 m .* in 5 frames; give frames in which people walk"):
        maps_to_learn_from(np.stack([floor_mm(CAMERA)] * 5)[:, None], SITE)


def test_frames_and_cameras_must_belong_together() -> None:
    frames = np.zeros((2, 1, 120, 160), np.uint16)
    check_frames(frames, (CAMERA,))
    check_frames(np.zeros((2, 2, 120, 160), np.uint16), (CAMERA, replace(CAMERA, name="other")))
    with pytest.raises(InputError, match=r"there are 1 source\(s\) of frames for 2 camera\(s\); give one for each"):
        check_frames(frames, (CAMERA, replace(CAMERA, name="other")))
    for wrong, cameras in (
        (frames.transpose(0, 1, 3, 2), (CAMERA,)),
        (np.zeros((2, 2, 120, 160), np.uint16), (CAMERA, replace(CAMERA, name="other", size_px=(80, 60)))),
    ):
        with pytest.raises(InputError, match="give the camera file of these frames"):
            check_frames(wrong, cameras)


def test_there_is_room_for_more_people_on_more_ground_and_all_are_sought_at_once() -> None:
    low = ground_under((replace(CAMERA, height_m=2.0),))
    assert people_at_most(low) == FEW + 1
    assert people_at_most(ground_under((replace(CAMERA, height_m=6.0),))) > people_at_most(SITE.ground) > FEW + 1


def test_a_stamp_holds_one_head_and_steps_few_maps() -> None:
    maps = maps_to_learn_from(np.stack([seen_by(CAMERA, bodies) for bodies in walk(40)])[:, None], SITE)
    model = model_for(maps, SITE.ground)
    assert model.stamp_size == (9, 9)
    assert model.image_size == SITE.ground.shape
    assert training_on(maps, 4, seed=3).batch_size <= BATCH
    assert training_on(maps, 4, seed=3).seed == 3
