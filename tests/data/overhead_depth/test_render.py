"""Facts about rendering: depth is that of geometry, the nearest sample wins at edges, near things hide far ones."""

import numpy as np
import pytest

from stampnet.data.overhead_depth import surfaces
from stampnet.data.overhead_depth.camera import Camera, rays, to_image
from stampnet.data.overhead_depth.meeting import Meeting
from stampnet.data.overhead_depth.render import FLOOR, WALL, empty_view, nearest_of_four, render, with_walls
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
    tops_of,
)
from stampnet.data.overhead_depth.surfaces import surfaces_before

CAMERA = Camera(size_px=(81, 61), focal_px=100, centre_px=(40, 30), height_m=5)
TILTED = Camera(size_px=(64, 48), focal_px=70, centre_px=(20, 31), height_m=4, tilt_deg=(3, -2), position_m=(0.2, 0.1))
UPRIGHT = np.eye(3)


def ball(x: float, y: float, z: float, radius: float) -> Shapes:
    return solid(ELLIPSOID, np.array([x, y, z], float), (radius, radius, radius), UPRIGHT)


def test_the_floor_lies_at_the_height_of_a_level_camera() -> None:
    assert np.allclose(empty_view(CAMERA).depth_m, 5, atol=1e-6)


def test_the_floor_of_a_tilted_camera_is_a_plane_at_height_zero() -> None:
    depth = empty_view(TILTED).depth_m
    rows, columns = np.mgrid[:48, :64].astype(float)
    beside = [  # of a pixel's four samples, the nearest
        (4 + depth[..., None] * rays(TILTED, columns + dx, rows + dy))[..., 2]
        for dx in (-0.25, 0.25)
        for dy in (-0.25, 0.25)
    ]
    assert np.abs(beside).min(0).max() < 1e-5
    assert np.min(beside) > -1e-5


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
    assert nearest_of_four(depth).tolist() == [[5, 2]]


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
    everywhere = np.array([-2 * height, -2 * width, 4 * height, 4 * width])
    monkeypatch.setattr(surfaces, "_windows", lambda _, shapes, *__: np.tile(everywhere, (len(shapes), 1)))
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
        seen = surfaces_before(TILTED, thing)
        top, left, bottom, right = seen.window[0]
        with np.errstate(all="ignore"):
            patch = Meeting(TILTED, seen, seen.window).depth(0)
        across, down = (np.arange(first, last) / 2 - 0.25 for first, last in ((left, right), (top, bottom)))
        rays_of_samples = rays(TILTED, *np.meshgrid(across, down))
        hit = np.isfinite(patch)
        points = np.array([0.2, 0.1, 4.0]) + patch[hit][:, None] * rays_of_samples[hit]
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
    assert np.allclose(tops_of(shape)[0], highest, atol=0.01)
    assert tops_of(shape)[0, 2] >= highest[2] - 1e-9


def test_a_wall_falls_off_as_a_plane_in_perspective() -> None:
    wall = solid(BOX, np.array([1.7, 0.0, 2.0]), (1.0, 10.0, 4.0), UPRIGHT)  # its face is at x = 0.7
    view = with_walls(CAMERA, empty_view(CAMERA), [wall])
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
    column, row, depth = (float(value[0]) for value in to_image(CAMERA, tops_of(shape)))
    assert seen.view.shows[round(row), round(column)] == 0
    assert seen.view.depth_m[round(row), round(column)] == pytest.approx(depth, abs=0.01)
