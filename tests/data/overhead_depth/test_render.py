"""Facts about rendering: depth is that of geometry, the nearest sample wins at edges, near things hide far ones."""

import numpy as np
import pytest

from stampnet.data.overhead_depth import render as rendering
from stampnet.data.overhead_depth.camera import Camera, to_image
from stampnet.data.overhead_depth.render import FLOOR, WALL, View, empty_view, pixels_of, render, with_walls
from stampnet.data.overhead_depth.shapes import (
    BOX,
    CAP,
    CYLINDER,
    ELLIPSOID,
    ROUNDED,
    Shapes,
    about_x,
    about_y,
    about_z,
    capsules,
    joined,
    solid,
    top_of,
)

CAMERA = Camera(size_px=(81, 61), focal_px=100, centre_px=(40, 30), height_m=5)
TILTED = Camera(size_px=(64, 48), focal_px=70, centre_px=(20, 31), height_m=4, tilt_deg=(3, -2), position_m=(0.2, 0.1))
UPRIGHT = np.eye(3)


def ball(x: float, y: float, z: float, radius: float) -> Shapes:
    return solid(ELLIPSOID, np.array([x, y, z], float), (radius, radius, radius), UPRIGHT)


def test_the_floor_lies_at_the_height_of_a_level_camera() -> None:
    assert np.allclose(pixels_of(empty_view(CAMERA)).depth_m, 5, atol=1e-6)


def test_the_floor_of_a_tilted_camera_is_a_plane_at_height_zero() -> None:
    view = empty_view(TILTED)
    across, down = rendering._sample_rays(TILTED, rendering._Window(0, 0, *view.depth_m.shape))
    rays = np.stack(np.broadcast_arrays(across[None], down[:, None], np.float32(1)), -1) @ rendering._turn(TILTED).T
    assert np.allclose(4 + view.depth_m * rays[..., 2], 0, atol=1e-5)


def test_a_ball_below_the_camera_is_seen_where_and_as_far_as_it_is() -> None:
    seen = render(CAMERA, [ball(0, 0, 1.5, 0.5)], empty_view(CAMERA), cut_m=1.0)
    assert seen.view.depth_m[30, 40] == pytest.approx(5 - 2.0, abs=5e-4)
    columns = np.flatnonzero(seen.view.shows[30] == 0)
    edge = 100 * 0.5 / np.sqrt(3.5**2 - 0.5**2)
    assert columns[0] == pytest.approx(40 - edge, abs=0.76)
    assert columns[-1] == pytest.approx(40 + edge, abs=0.76)
    assert (seen.view.shows[:5] == FLOOR).all()


@pytest.mark.parametrize("depth", [2.0, 3.5])
def test_off_the_axis_a_ball_shows_its_side(depth: float) -> None:
    seen = render(CAMERA, [ball(0.8, 0, 5 - depth, 0.2)], empty_view(CAMERA), cut_m=0.1)
    rows, columns = np.nonzero(seen.view.shows == 0)
    # A ray to (x, y, 1) meets the ball at the nearer root of |Z ray - centre| = radius.
    rays = np.stack([(columns - 40) / 100, (rows - 30) / 100, np.ones(len(rows))], -1)
    centre = np.array([0.8, 0, depth])
    along, square = rays @ centre, (rays**2).sum(1)
    root = along**2 - square * (centre @ centre - 0.04)
    inside = root > 1e-3
    expected = (along[inside] - np.sqrt(root[inside])) / square[inside]
    assert inside.sum() > 20
    assert np.abs(seen.view.depth_m[rows, columns][inside] - expected).max() < 0.06
    assert np.median(np.abs(seen.view.depth_m[rows, columns][inside] - expected)) < 0.02


def test_an_edge_shows_one_of_two_surfaces_and_nothing_between() -> None:
    box = solid(BOX, np.array([0.0, 0.0, 0.75]), (0.4, 0.3, 0.75), about_z(0.3))  # under the camera: no side is seen
    seen = render(CAMERA, [box], empty_view(CAMERA), cut_m=1.0).view
    assert np.unique(seen.depth_m.round(4)).tolist() == [3.5, 5.0]
    assert np.array_equal(seen.depth_m < 4, seen.shows == 0)
    assert (seen.shows == 0).sum() == pytest.approx(0.8 * 0.6 * (100 / 3.5) ** 2, rel=0.08)


def test_the_nearest_of_four_samples_is_taken() -> None:
    depth = np.full((2, 4), 5, np.float32)
    depth[1, 2] = 2
    shows = np.full((2, 4), FLOOR, np.int16)
    shows[1, 2] = 7
    pixels = pixels_of(View(depth, shows))
    assert pixels.depth_m.tolist() == [[5, 2]]
    assert pixels.shows.tolist() == [[FLOOR, 7]]


def test_what_is_nearer_hides_what_is_farther_in_any_order() -> None:
    low, high = ball(0, 0, 1.0, 0.4), ball(0.1, 0, 2.0, 0.3)
    first = render(CAMERA, [low, high], empty_view(CAMERA), cut_m=0.5)
    second = render(CAMERA, [high, low], empty_view(CAMERA), cut_m=0.5)
    assert np.array_equal(first.view.depth_m, second.view.depth_m)
    assert np.array_equal(first.view.shows == 0, second.view.shows == 1)
    assert (first.view.shows == 1).sum() == first.whole_px[1]
    assert 0 < (first.view.shows == 0).sum() < first.whole_px[0]


def test_counts_of_a_thing_do_not_depend_on_the_border() -> None:
    wide = Camera(size_px=(241, 61), focal_px=100, centre_px=(120, 30), height_m=5)
    at_border = ball(1.3, 0, 1.5, 0.4)  # column 40 + 100 * 1.3 / 3.5 = 77 of 81
    cut = render(CAMERA, [at_border], empty_view(CAMERA), cut_m=1.0)
    whole = render(wide, [at_border], empty_view(wide), cut_m=1.0)
    assert cut.whole_px[0] == whole.whole_px[0] == whole.inside_px[0]
    assert cut.inside_px[0] == (cut.view.shows == 0).sum() < cut.whole_px[0]


def test_what_is_outside_or_behind_the_camera_is_not_seen() -> None:
    things = [ball(9.0, 0, 1, 0.3), ball(0.0, 0, 8, 0.3)]
    seen = render(CAMERA, things, empty_view(CAMERA), cut_m=0.5)
    assert (seen.view.shows == FLOOR).all()
    assert seen.inside_px.tolist() == [0, 0]


def one_of_each(rng: np.random.Generator) -> list[Shapes]:
    turn = about_z(rng.uniform(-3, 3)) @ about_x(rng.uniform(-1, 1)) @ about_y(rng.uniform(-1, 1))
    where = np.array([rng.uniform(-0.4, 0.8), rng.uniform(-0.4, 0.4), rng.uniform(0.6, 1.6)])
    half = rng.uniform(0.1, 0.5, 3)
    round_half = (half[0], half[0], half[2])
    return [
        solid(ELLIPSOID, where, half, turn),
        solid(ROUNDED, where, half, turn),
        solid(BOX, where, half, turn),
        solid(CYLINDER, where, round_half, turn),
        solid(CAP, where, (half[0],) * 3, turn, low=0.5),
        capsules(np.stack([where, where + half, where - half]), 0.08),
    ]


@pytest.mark.parametrize("camera", [CAMERA, TILTED], ids=["level", "tilted"])
def test_a_window_holds_all_of_a_surface(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    things = [thing for seed in range(4) for thing in one_of_each(np.random.default_rng(seed))]
    windowed = [render(camera, [thing], empty_view(camera), cut_m=0.1).view for thing in things]
    width, height = camera.size_px
    everywhere = rendering._Window(-2 * height, -2 * width, 4 * height, 4 * width)
    monkeypatch.setattr(rendering, "_windows", lambda camera, thing, *_: [everywhere] * len(thing))  # noqa: ARG005
    for thing, view in zip(things, windowed, strict=True):
        full = render(camera, [thing], empty_view(camera), cut_m=0.1).view
        assert np.array_equal(view.shows, full.shows)
        assert np.allclose(view.depth_m, full.depth_m, atol=2e-3)
        assert (view.shows == 0).any()


@pytest.mark.parametrize("number", range(5), ids=["ellipsoid", "rounded", "box", "cylinder", "cap"])
def test_points_that_are_seen_lie_on_the_surface(number: int) -> None:
    norms = (
        lambda u: np.linalg.norm(u, axis=-1),
        lambda u: (np.abs(u) ** 3).sum(-1) ** (1 / 3),
        lambda u: np.abs(u).max(-1),
        lambda u: np.linalg.norm(u[..., :2], axis=-1),
        lambda u: np.linalg.norm(u, axis=-1),
    )
    for seed in range(3):
        thing = one_of_each(np.random.default_rng(seed))[number]
        window, patch = rendering._patch(TILTED, thing)
        across, down = rendering._sample_rays(TILTED, window)
        rays = np.stack(np.broadcast_arrays(across[None], down[:, None], np.float32(1)), -1) @ rendering._turn(TILTED).T
        hit = np.isfinite(patch)
        points = np.array([0.2, 0.1, 4.0]) + patch[hit][:, None] * rays[hit]
        unit = (points - thing.centre[0]) @ thing.to_unit[0].T
        assert hit.sum() > 20
        assert np.abs(norms[number](unit) - 1).max() < 0.02
        assert unit[:, 2].min() >= (0.5 if number == 4 else -1.01) - 1e-4


def test_the_top_of_an_ellipsoid_is_its_highest_point() -> None:
    shape = solid(ELLIPSOID, np.array([0.3, -0.2, 1.6]), (0.08, 0.1, 0.12), about_z(1.0) @ about_x(-0.3))
    sphere = np.random.default_rng(0).standard_normal((20000, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    points = shape.centre[0] + sphere @ np.linalg.inv(shape.to_unit[0]).T
    highest = points[points[:, 2].argmax()]
    assert np.allclose(top_of(shape), highest, atol=0.01)
    assert top_of(shape)[2] >= highest[2] - 1e-9


def test_a_wall_falls_off_as_a_plane_in_perspective() -> None:
    wall = solid(BOX, np.array([1.7, 0.0, 2.0]), (1.0, 10.0, 4.0), UPRIGHT)  # its face is at x = 0.7
    view = pixels_of(with_walls(CAMERA, empty_view(CAMERA), [wall]))
    columns = np.arange(60, 80)
    assert (view.shows[:, columns] == WALL).all()
    assert np.allclose(view.depth_m[30, columns], 0.7 * 100 / (columns + 0.25 - 40), rtol=1e-3)


def test_joined_shapes_are_seen_as_the_nearest_of_them() -> None:
    one, other = ball(0, 0, 1.0, 0.4), ball(0.4, 0.2, 1.3, 0.3)
    apart = [render(CAMERA, [shape], empty_view(CAMERA), cut_m=0.5).view.depth_m for shape in (one, other)]
    both = render(CAMERA, [joined([one, other])], empty_view(CAMERA), cut_m=0.5).view.depth_m
    assert np.array_equal(both, np.minimum(*apart))


def test_a_vertex_is_projected_onto_its_pixel() -> None:
    shape = ball(0.5, 0.3, 1.6, 0.1)
    seen = render(CAMERA, [shape], empty_view(CAMERA), cut_m=0.5)
    column, row, depth = (float(value[0]) for value in to_image(CAMERA, top_of(shape)[None]))
    assert seen.view.shows[round(row), round(column)] == 0
    assert seen.view.depth_m[round(row), round(column)] == pytest.approx(depth, abs=0.01)
