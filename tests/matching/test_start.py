"""Facts about the first stamps."""

import pytest
import torch

from stampnet.data.simple_shapes import simple_shapes
from stampnet.matching.explanation import Explanation, explanation
from stampnet.matching.placements import Placements, nothing
from stampnet.matching.poses import PoseConfig, Poses, posed
from stampnet.matching.start import conspicuous_windows, first_stamps, unexplained, unlike, windows_in_a_crowd

LIMITS = (torch.zeros(1, 1, 1), torch.ones(1, 1, 1))


def images(number: int, size: tuple[int, int] = (48, 48)) -> torch.Tensor:
    return torch.from_numpy(simple_shapes(number, 1, size, seed=0).images).float()[:, None] / 255


def test_windows_hold_the_whole_object() -> None:
    scenes = images(50)
    windows = conspicuous_windows(scenes, (28, 28), 50, torch.Generator().manual_seed(0))
    assert sorted(windows.sum((1, 2, 3)).tolist()) == sorted(scenes.sum((1, 2, 3)).tolist())


def test_first_stamps_differ_where_the_images_do() -> None:
    stamps = first_stamps(images(200), 5, (28, 28), torch.Generator().manual_seed(0))
    assert len({tuple(stamp.flatten().tolist()) for stamp in stamps}) == 5


def test_more_stamps_than_images_are_given_all_the_same() -> None:
    assert first_stamps(images(3), 8, (28, 28), torch.Generator().manual_seed(0)).shape == (8, 1, 28, 28)


def test_a_shape_that_is_turned_is_not_another_one() -> None:
    shapes = simple_shapes(200, 1, (28, 28), seed=0)
    firsts = torch.stack([images(200, (28, 28))[list(shapes.classes[:, 0]).index(k)] for k in (1, 2, 3)])
    angles = torch.arange(0.0, 360.0, 30.0)
    number = len(angles)
    turned = posed(firsts.repeat_interleave(number, dim=0), Poses(angles.repeat(3), torch.ones(3 * number)), (28, 28))
    any_angle = PoseConfig(max_angle_deg=180.0)
    told_apart = {
        pose: sum(
            len(set((unlike(turned, 3, torch.Generator().manual_seed(seed), pose) // number).tolist())) == 3
            for seed in range(30)
        )
        for pose in (any_angle, PoseConfig())
    }
    assert told_apart[any_angle] >= 28
    assert told_apart[PoseConfig()] < 25


def beside_a_bright_one() -> torch.Tensor:
    """Six images with one bright square and eight faint ones, 5 pixels long and 10 apart."""
    scene = torch.zeros(6, 1, 36, 36)
    for row in (5, 15, 25):
        for column in (5, 15, 25):
            scene[:, :, row : row + 5, column : column + 5] = 1.0 if row == column == 15 else 0.3
    return scene


def test_of_a_crowd_not_only_the_brightest_is_begun_with() -> None:
    chance = torch.Generator().manual_seed(0)
    brightest = conspicuous_windows(beside_a_bright_one(), (7, 7), 60, chance).amax((1, 2, 3))
    of_all = windows_in_a_crowd(beside_a_bright_one(), (7, 7), 60, chance)
    assert brightest.tolist() == [1.0] * 6
    assert len(of_all) == 60
    assert (of_all.amax((1, 2, 3)) < 0.5).float().mean() > 0.5


def test_where_a_crowd_is_sparse_none_begins_with_nothing() -> None:
    scenes = torch.zeros(4, 1, 80, 120)
    scenes[:, :, 30:36, 40:46], scenes[:, :, 60:63, 90:98] = 0.9, 0.5
    windows = windows_in_a_crowd(scenes, (9, 9), 80, torch.Generator().manual_seed(0))
    highest = windows.amax((1, 2, 3))
    assert highest.min() >= 0.5
    assert (highest < 0.6).any()


def placed_at(scene: torch.Tensor, stamp: torch.Tensor, row: int, column: int) -> Explanation:
    """What one stamp explains of each image at that place."""
    number, slots = torch.zeros(len(scene), 1, dtype=torch.int64), torch.ones(len(scene), 1)
    return explanation(scene, stamp, Placements(number, number + row, number + column, slots), LIMITS)


def test_what_no_stamp_is_like_is_left() -> None:
    scene = beside_a_bright_one()
    scene[:, :, 5:10, 25:30] = 0.6
    bright = torch.zeros(1, 1, 7, 7)
    bright[:, :, 1:6, 1:6] = 1.0
    before = unexplained(explanation(scene, bright, nothing(6, 1, scene.device), LIMITS), LIMITS, (7, 7))
    after = unexplained(placed_at(scene, bright, 14, 14), LIMITS, (7, 7))
    assert before.windows.amax((1, 2, 3)).tolist() == [1.0] * 6
    assert torch.allclose(after.windows.amax((1, 2, 3)), torch.tensor(0.6))
    assert torch.allclose(after.left, torch.tensor(25 * 0.36))
    least = unexplained(placed_at(scene, bright, 14, 14), LIMITS, (7, 7), least=10.0)
    assert len(least.windows) == len(least.left) == 0


def test_an_object_that_its_stamp_explains_badly_is_a_seed_as_it_is() -> None:
    scene = torch.zeros(2, 1, 40, 40)
    scene[:, :, 15:24, 15:24] = 1.0
    scene[:, :, 18:21, 18:21] = 0.0
    full = torch.zeros(1, 1, 11, 11)
    full[:, :, 1:10, 1:10] = 0.8
    seeds = unexplained(placed_at(scene, full, 14, 14), LIMITS, (11, 11))
    assert torch.equal(seeds.windows, scene[:, :, 14:25, 14:25])
    assert torch.allclose(seeds.left, torch.tensor(72 * 0.04 + 9 * 0.64))


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_a_seed_holds_nothing_of_a_neighbour_that_is_explained(gap: int) -> None:
    scene = torch.zeros(1, 1, 40, 60)
    stamp = torch.zeros(1, 1, 11, 11)
    stamp[:, :, 1:10, 1:10] = 1.0
    scene[:, :, 15:26, 10:21] += stamp[0]
    scene[:, :, 16:25, 20 + gap : 29 + gap] = 0.4
    (seed,) = unexplained(placed_at(scene, stamp, 15, 10), LIMITS, (11, 11)).windows
    assert int((seed > 0.3).sum()) == 81
    assert float(seed.max()) < 0.5


def test_on_a_grid_seeds_are_squares() -> None:
    scene = torch.zeros(3, 1, 24, 30)
    scene[:, :, 6:12, 18:24] = torch.rand(6, 6)
    scene[0, :, 12:18, 0:6] = 5.0
    limits = (torch.zeros(1, 1, 1), torch.full((1, 1, 1), 9.0))
    state = explanation(scene, torch.zeros(1, 1, 6, 6), nothing(3, 1, scene.device), limits)
    seeds = unexplained(state, limits, (6, 6), on_grid=True)
    assert torch.equal(seeds.windows[0], scene[0, :, 12:18, 0:6])
    assert torch.equal(seeds.windows[1:], scene[1:, :, 6:12, 18:24])
    squares = first_stamps(scene, 2, (6, 6), torch.Generator().manual_seed(0), on_grid=True)
    assert {round(float(square.sum()), 3) for square in squares} == {180.0, round(float(scene[1].sum()), 3)}
