"""Facts about the rules that people are found by beside stamps, and about what counts in scenes."""

import numpy as np
import pytest

from depth_scenes import person, seen_by
from stampnet.benchmarks.head_finders import RULES, Found, as_found, told_as_marked
from stampnet.benchmarks.pedestrian_scenes import Scene
from stampnet.benchmarks.pedestrians import _counted, _together
from stampnet.data.overhead_depth.camera import Camera, to_image
from stampnet.pedestrians.background import floor_mm
from stampnet.tracking.truth_file import Heads
from tracking_walkers import as_people

CAMERA = Camera(size_px=(320, 240), focal_px=280, centre_px=(159.5, 119.5), height_m=4)
STILL = floor_mm(CAMERA)


@pytest.mark.parametrize("name", RULES)
def test_rules_find_people_who_are_apart(name: str) -> None:
    depth = np.stack([STILL, seen_by(CAMERA, person(-0.6, 0.2, 1.6) + person(0.5, -0.2, 1.8))])
    found = RULES[name](STILL, CAMERA, depth)
    assert found.frame.tolist() == [1, 1]
    order = np.argsort(found.xy_m[:, 0])
    assert found.xy_m[order] == pytest.approx(np.array([[-0.6, 0.2], [0.5, -0.2]]), abs=0.06)
    assert found.top_m[order] == pytest.approx([1.6, 1.8], abs=0.03)


def test_doubtful_finds_are_no_heads() -> None:
    people = as_people(np.zeros(2), np.array([0.0, 1.0]), np.zeros(2))
    people.sure[0] = False
    assert as_found(people).xy_m.tolist() == [[1.0, 0.0]]


def test_two_who_touch_are_one_region_and_two_maxima() -> None:
    depth = seen_by(CAMERA, person(0.0, -0.2, 1.7) + person(0.0, 0.2, 1.7))[None]
    assert [len(rule(STILL, CAMERA, depth).frame) for rule in RULES.values()] == [1, 2]


def test_a_head_is_marked_below_its_top() -> None:
    depth = seen_by(CAMERA, person(0.7, 0.3, 1.7))[None]
    find = told_as_marked(lambda frames: RULES["height"](STILL, CAMERA, frames), CAMERA)
    found = find(depth)
    below = np.append(found.xy_m[0], found.top_m[0] - 0.11)
    assert np.abs(found.pixel[0] - np.column_stack(to_image(CAMERA, below[None])[:2])[0]).max() < 1


def heads(frame: list[int], x_m: list[float], who: list[int] | None = None) -> Heads:
    return Heads(np.array(frame), np.column_stack([x_m, np.zeros(len(x_m))]), None if who is None else np.array(who))


def test_what_is_found_of_who_does_not_count_is_not_false_and_others_are() -> None:
    scene = Scene(np.zeros((1, 2, 2), np.uint16), CAMERA, heads([0], [0.0], [1]), heads([0], [1.0], [2]))
    xy = np.column_stack([[0.1, 1.5, 3.0], np.zeros(3)])
    found = Found(np.zeros(3, np.int64), xy, np.zeros((3, 2)), np.zeros(3))
    assert _counted(scene, found).xy_m[:, 0].tolist() == [0.1, 3.0]


def test_people_of_two_scenes_are_others() -> None:
    both = _together([heads([0, 1], [0.0, 0.1], [1, 1]), heads([0], [0.0], [1])])
    assert len(set(both.frame.tolist())) == 3
    assert both.id is not None
    assert len(set(both.id.tolist())) == 2
