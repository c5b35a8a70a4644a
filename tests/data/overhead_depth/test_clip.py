"""Facts about clips: people keep their identity, walk at human speeds, and come and go beyond the border."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stampnet.data.overhead_depth import clip as clips
from stampnet.data.overhead_depth import processes
from stampnet.data.overhead_depth.clip import ClipRecipe, make_clip
from stampnet.data.overhead_depth.crowd import HARD_CORE
from stampnet.data.overhead_depth.motion import Street, stride_hz
from stampnet.data.overhead_depth.pictures import Pictures
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.site import Site, frame_site
from stampnet.data.overhead_depth.still import footprint
from stampnet.errors import InputError


@pytest.fixture(scope="module")
def open_site() -> Site:
    return replace(frame_site(np.random.default_rng(0), preset("gotpd-half")), walls=(), posts=())


@pytest.fixture(scope="module")
def clip() -> Pictures:
    return make_clip(ClipRecipe(num_images=20, camera="gotpd-half", density=0.5, fps=15, seed=3))[0]


def test_a_track_moves_as_a_person_does_and_is_one_person(clip: Pictures) -> None:
    labels, time = clip.labels, clip.times["time_s"]
    people = np.isin(labels["kind"], ("adult", "child"))
    speeds = []
    for track in np.unique(labels["track"][people]):
        rows = people & (labels["track"] == track)
        assert len(set(labels["image"][rows])) == rows.sum()
        assert np.ptp(labels["stature"][rows]) == 0
        step = np.diff(labels["head_ground"][rows], axis=0)
        speeds += (np.linalg.norm(step[:, :2], axis=1) / np.diff(time[labels["image"][rows]])).tolist()
    assert len(speeds) > 20
    assert max(speeds) < 3.0
    assert 0.8 < np.median(speeds) < 1.6


def test_people_appear_and_vanish_at_the_border_only(clip: Pictures) -> None:
    labels = clip.labels
    people = np.isin(labels["kind"], ("adult", "child"))
    ends = 0
    for track in np.unique(labels["track"][people]):
        images = labels["image"][people & (labels["track"] == track)]
        assert (np.diff(images) == 1).all()
        for image in {images[0], images[-1]} - {0, 19}:
            row = np.flatnonzero(people & (labels["track"] == track) & (labels["image"] == image))
            assert labels["truncated"][row].all()
            ends += 1
    assert ends >= 1


def test_times_have_the_frame_rate_and_a_clock_that_is_not_quite_true(clip: Pictures) -> None:
    frame, time = clip.times["frame"], clip.times["time_s"]
    assert clip.times["fps"] == 15
    assert len(frame) == len(time) == len(clip.depth_mm) == 20
    assert (np.diff(frame) >= 1).all()
    late = time - frame / 15
    assert np.abs(late).max() <= 0.003
    assert np.std(late) > 0.001


def test_the_same_seed_gives_the_same_clip() -> None:
    recipe = ClipRecipe(num_images=4, camera="gotpd-half", seed=7)
    one, again = make_clip(recipe), make_clip(recipe)
    assert np.array_equal(one[0].depth_mm, again[0].depth_mm)
    assert np.array_equal(one[0].labels["head_ground"], again[0].labels["head_ground"], equal_nan=True)
    assert one[1] == again[1]


@pytest.mark.parametrize("fps", [15, 25, 30])
def test_the_motion_does_not_depend_on_the_frame_rate(open_site: Site, fps: int) -> None:
    street = Street(open_site, *footprint(open_site), 0.2, False, np.random.default_rng(0))
    paces: list[float] = []
    for _ in range(2 * fps):
        before = street.walkers.of(np.ones(len(street.walkers), bool))
        street.pass_time(1 / fps)
        there = {track: place for place, track in enumerate(street.walkers.track.tolist())}
        for place, track in enumerate(before.track.tolist()):
            if track in there and np.isinf(before.stop[place, 0]):
                way = street.walkers.xy[there[track]] - before.xy[place]
                paces.append(float(np.linalg.norm(way) * fps / np.linalg.norm(before.liked[place])))
    assert len(paces) > 100
    assert np.median(paces) == pytest.approx(0.94, abs=0.06)


def test_heads_keep_the_hard_core_while_they_walk(open_site: Site) -> None:
    street = Street(open_site, *footprint(open_site), 1.0, False, np.random.default_rng(1))
    nearest = []
    for _ in range(30):
        street.pass_time(1 / 15)
        between = np.linalg.norm(street.walkers.xy[:, None] - street.walkers.xy, axis=-1)
        nearest.append(between[~np.eye(len(between), dtype=bool)].min())
    assert min(nearest) > HARD_CORE - 0.02
    assert len(street.walkers) > 8


def test_the_density_stays_what_it_was(open_site: Site) -> None:
    low, high = footprint(open_site)
    counts = []
    for seed in range(4):
        street = Street(open_site, low, high, 0.5, False, np.random.default_rng(seed))
        street.pass_time(4.0)
        counts.append(((street.walkers.xy > low - 1) & (street.walkers.xy < high + 1)).all(1).sum())
    assert np.mean(counts) / np.prod(high - low + 2) == pytest.approx(0.5, abs=0.2)


def test_stride_frequency_is_that_of_measured_walks() -> None:
    assert stride_hz(np.array([1.39, 1.03, 0.66])) == pytest.approx([0.95, 0.85, 0.75], abs=0.011)


@pytest.mark.parametrize(
    ("wrong", "complaint"), [({"fps": 24}, "fps must be one of 15, 25, 30, got 24"), ({"density": 7.0}, "density must")]
)
def test_what_cannot_be_is_refused_in_a_sentence(wrong: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        ClipRecipe(**{"num_images": 1, **wrong})


class PicklingPool(ThreadPoolExecutor):
    """Threads that are sent what processes would be sent."""

    def map(self, function: Callable[[Any], Any], *iterables: Iterable[Any], **_: Any) -> Iterator[Any]:
        sent, *work = pickle.loads(pickle.dumps((function, *(list(items) for items in iterables))))
        return super().map(sent, *work)


def test_processes_change_nothing_in_a_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "ProcessPoolExecutor", PicklingPool)
    monkeypatch.setattr(clips, "FRAMES_AT_ONCE", 2)
    recipe = ClipRecipe(num_images=5, camera="gotpd-half", density=0.3, seed=4)
    one, two = (make_clip(replace(recipe, num_workers=workers))[0] for workers in (1, 2))
    assert np.array_equal(one.depth_mm, two.depth_mm)
    assert np.array_equal(one.masks, two.masks)
    assert all(np.array_equal(one.labels[name], two.labels[name], equal_nan=name != "kind") for name in one.labels)
