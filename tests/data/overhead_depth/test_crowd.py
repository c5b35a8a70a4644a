"""Facts about where people stand: heads keep apart, groups walk side by side, walls are in nobody's way."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.crowd import Standing, crowd, group, headings
from stampnet.data.overhead_depth.labels import is_person
from stampnet.data.overhead_depth.presets import preset
from stampnet.data.overhead_depth.site import CLEARANCE, CROP, crop_site, frame_site
from stampnet.data.overhead_depth.still import NUM_SITES, SITES


@pytest.mark.parametrize("density", [0.5, 3.0])
def test_a_crowd_is_as_dense_as_asked_for_and_keeps_a_hard_core(density: float) -> None:
    site = replace(frame_site(np.random.default_rng(0), preset("glow")), walls=(), posts=())
    nobody = Standing(np.zeros((0, 2)), np.zeros(0))
    low, high = np.zeros(2), np.full(2, 6.0)
    counts = []
    for seed in range(5):
        standing = crowd(np.random.default_rng(seed), nobody, site, density, low, high)
        between = np.linalg.norm(standing.xy[:, None] - standing.xy, axis=-1)
        assert between[~np.eye(len(between), dtype=bool)].min() >= 0.36
        counts.append(len(standing.xy))
    assert np.mean(counts) == pytest.approx(36 * density, rel=0.15)


def test_heads_of_a_crowd_in_an_image_are_a_hard_core_apart() -> None:
    pictures = make_crops(CropRecipe(num_images=6, placement="uniform", mode="crowd", density=3.0, seed=4))
    labels = pictures.labels
    for image in range(6):
        heads = labels["head_ground"][(labels["image"] == image) & np.isin(labels["kind"], ("adult", "child"))]
        between = np.linalg.norm((heads[:, None] - heads)[..., :2], axis=-1)
        assert between[~np.eye(len(heads), dtype=bool)].min(initial=9) >= 0.35
    assert is_person(labels).sum() > 15


def test_a_group_walks_side_by_side_with_one_heading() -> None:
    site = replace(frame_site(np.random.default_rng(0), preset("glow")), walls=(), posts=())
    first = Standing(np.array([[0.2, 0.1]]), np.array([0.7]))
    ahead, gaps = np.array([np.cos(0.7), np.sin(0.7)]), []
    for seed in range(300):
        standing = group(np.random.default_rng(seed), first, site)
        assert 2 <= len(standing.xy) <= 4
        assert (standing.heading == 0.7).all()
        assert np.array_equal(standing.xy[0], first.xy[0])
        assert np.abs((standing.xy - first.xy) @ ahead).max() <= 0.1
        gaps += np.diff(np.sort(standing.xy @ [ahead[1], -ahead[0]])).tolist()
    assert np.mean(gaps) == pytest.approx(0.6, abs=0.02)
    assert np.std(gaps) == pytest.approx(0.1, abs=0.02)


def test_most_people_walk_along_the_corridor() -> None:
    heading = headings(np.random.default_rng(0), 20_000, np.pi / 2)
    off = np.abs((heading - np.pi / 2 + np.pi / 2) % np.pi - np.pi / 2)
    # 80 % within a normal of 15 degrees, and 20 % anywhere: 30 of 90 degrees.
    assert (off < np.radians(30)).mean() == pytest.approx(0.8 * 0.954 + 0.2 / 3, abs=0.01)
    assert (np.sin(heading) > 0).mean() == pytest.approx(0.5, abs=0.02)


def test_nobody_stands_in_a_wall_or_a_post() -> None:
    pictures = make_crops(CropRecipe(num_images=15, placement="uniform", mode="crowd", seed=2))
    build = partial(crop_site, preset=preset("glow"), is_glow=False)
    sites = [build(np.random.default_rng([2, 0, SITES, number])) for number in range(NUM_SITES)]
    labels = pictures.labels
    there = np.isin(labels["kind"], ("adult", "child"))
    for image, place in enumerate(pictures.columns["site"]):
        heads = labels["head_ground"][there & (labels["image"] == image), :2]
        for wall in sites[place].walls:
            assert ((heads - wall.point) @ wall.inwards > CLEARANCE - 0.05).all()
    assert sum(len(site.walls) for site in sites) > 20


def test_walls_come_in_the_numbers_that_were_asked_for() -> None:
    free = [crop_site(np.random.default_rng(seed), preset("glow"), False) for seed in range(70)]
    glow = [crop_site(np.random.default_rng(seed), preset("glow"), True) for seed in range(12)]
    assert all(len(site.walls) == 1 for site in glow)
    assert all(site.walls[0].inwards[0] < -0.9 for site in glow)
    assert 0.06 < np.mean([len(site.walls) == 0 for site in free]) < 0.25
    assert any(len(site.walls) == 2 for site in free)
    assert all(site.background.depth_m.shape == (CROP, CROP) for site in free)
