"""Facts about where heads are: the highest patch of the points of each stamp."""

import numpy as np
import pytest

from depth_scenes import CAMERA, box, person, seen_by
from stampnet.pedestrians.background import floor_mm
from stampnet.pedestrians.heads import ENOUGH, Placed, Tops, heads, learned_outwards, lie_flat, owners, tops
from stampnet.pedestrians.points import Points, cells, ground_under, pictured, points, views

GROUND = ground_under((CAMERA,))
SEEN = views((CAMERA,), floor_mm(CAMERA)[None], GROUND)


def placed(*places: tuple[int, float, float]) -> Placed:
    moment, x, y = zip(*places, strict=True) if places else ((), (), ())
    return Placed(np.array(moment, np.int64), np.array(x, float), np.array(y, float))


def at(x_m: list[float], y_m: list[float], z_m: list[float], moment: int = 0) -> Points:
    x, y, z = (np.array(one, np.float32) for one in (x_m, y_m, z_m))
    cell, _ = cells(np.full(len(x), moment), x, y, GROUND)
    return Points(cell, np.zeros(len(x), np.uint8), x, y, z)


def test_a_point_belongs_to_the_nearest_stamp_of_its_moment() -> None:
    of = at([-0.31, -0.1, 0.05, 0.2, 0.9], [0.0] * 5, [1.0] * 5)
    assert owners(of, placed((0, -0.2, 0.0), (0, 0.2, 0.0), (1, 0.9, 0.0)), 2, GROUND).tolist() == [0, 0, 1, 1, -1]


def test_stamps_at_the_edge_of_the_ground_reach_as_far_as_it_does() -> None:
    x, y = GROUND.x_m[1] - 0.02, GROUND.y_m[0] + 0.02
    assert owners(at([x], [y], [1.0]), placed((0, x, y)), 1, GROUND).tolist() == [0]


def test_the_top_of_a_head_is_found_from_a_stamp_that_lies_beside_it() -> None:
    of = points(seen_by(CAMERA, person(0.1, -0.2, 1.72))[None, None], SEEN, GROUND)
    found = tops(of, placed((0, 0.18, -0.28)), 1, GROUND)
    assert found.z_m[0] == pytest.approx(1.72, abs=0.02)
    assert found.patch[0] == pytest.approx((0.1, -0.2), abs=0.02)


def test_two_people_beside_each_other_keep_their_own_heads() -> None:
    of = points(seen_by(CAMERA, person(0, -0.25, 1.8) + person(0, 0.25, 1.4))[None, None], SEEN, GROUND)
    found = tops(of, placed((0, 0.0, -0.25), (0, 0.0, 0.25)), 1, GROUND)
    assert found.z_m == pytest.approx([1.8, 1.4], abs=0.02)
    assert found.patch[:, 1] == pytest.approx([-0.25, 0.25], abs=0.03)


def test_fewer_points_than_enough_are_no_top() -> None:
    few = ENOUGH - 1
    of = at([0.0] * (20 + few), [0.0] * (20 + few), [1.5] * 20 + [1.9] * few)
    assert tops(of, placed((0, 0.0, 0.0)), 1, GROUND).z_m[0] == pytest.approx(1.5, abs=0.011)
    one_more = at([0.0] * (21 + few), [0.0] * (21 + few), [1.5] * 20 + [1.9] * (few + 1))
    assert tops(one_more, placed((0, 0.0, 0.0)), 1, GROUND).z_m[0] == pytest.approx(1.9, abs=0.011)


def test_a_stamp_without_points_has_no_head() -> None:
    found = tops(at([0.0], [0.0], [1.5]), placed((0, 0.0, 0.0), (0, 1.0, 0.5)), 1, GROUND)
    assert found.number.tolist() == [1, 0]
    assert np.isnan(found.z_m).tolist() == [False, True]
    assert len(tops(at([], [], []), placed(), 1, GROUND).z_m) == 0


def test_each_sensor_has_a_vote_for_each_point() -> None:
    of = at([0.0] * 5, [0.0] * 5, [1.5] * 5)._replace(sensor=np.array([0, 1, 1, 1, 0], np.uint8))
    assert tops(of, placed((0, 0.0, 0.0)), 1, GROUND, num_sensors=3).votes.tolist() == [[2, 3, 0]]


def test_how_far_out_heads_are_is_learned_from_heads_that_are_known() -> None:
    below, patch = np.array([[0.5, 0.0], [0.0, 0.0]]), np.array([[1.5, 1.0], [0.0, -2.0]])
    found = Tops(np.ones(2, np.int64), np.ones(2), patch, np.ones((2, 1), np.int64))
    truth = heads(found, below, 0.03)
    assert truth == pytest.approx(np.array([[1.53, 1.03], [0.0, -2.06]]))
    assert learned_outwards(found, below, truth) == pytest.approx(0.03)


def test_what_is_flat_over_more_than_two_heads_is_no_head() -> None:
    """A board of half a metre, and a person beside another."""
    depth = seen_by(
        CAMERA, [*person(-0.8, 0.0, 1.7), *person(-0.45, 0.0, 1.7), *box((0.55, 1.05), (-0.25, 0.25), (1.5, 1.6))]
    )
    of, maps = pictured(depth[None, None], SEEN, GROUND)
    here = placed((0, -0.8, 0.0), (0, -0.45, 0.0), (0, 0.8, 0.0))
    assert lie_flat(maps, here.moment, tops(of, here, 1, GROUND), GROUND).tolist() == [False, False, True]


def test_tops_at_the_rim_of_the_ground_and_those_without_points_are_not_flat() -> None:
    x, y = GROUND.x_m[1] - 0.01, GROUND.y_m[0] + 0.01
    here = placed((0, x, y), (0, 0.0, 0.0))
    found = tops(at([x] * 8, [y] * 8, [1.7] * 8), here, 1, GROUND)
    maps = np.zeros((1, *GROUND.shape), np.uint8)
    assert lie_flat(maps, here.moment, found, GROUND).tolist() == [False, False]
