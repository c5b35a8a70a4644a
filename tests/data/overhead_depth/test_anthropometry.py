"""Facts about bodies: means, spreads and correlations are those of the tables, and clothes and hats add to them."""

import numpy as np

from stampnet.data.overhead_depth.anthropometry import CORRELATION, MEAN_MM, SD_MM, draw_bodies, survey

NUMBER = 20_000


def test_the_survey_comes_out_as_its_tables_say() -> None:
    for sex in (0, 1):
        measures = survey(np.random.default_rng(sex), np.full(100_000, bool(sex)))
        assert np.abs(measures.mean(0) - MEAN_MM[sex]).max() < 1.0
        assert np.abs(measures.std(0) / SD_MM[sex] - 1).max() < 0.03  # what lies farther out is cut off
        assert np.abs(np.corrcoef(measures.T) - CORRELATION[sex]).max() < 0.03
        assert np.abs((measures - MEAN_MM[sex]) / SD_MM[sex]).max() <= 3


def test_half_of_the_people_are_women_and_a_twelfth_are_children() -> None:
    bodies = draw_bodies(np.random.default_rng(0), NUMBER)
    assert 0.075 < bodies.is_child.mean() < 0.1
    child, adult = bodies.stature[bodies.is_child], bodies.stature[~bodies.is_child]
    assert child.min() >= 1.0
    assert child.max() < 1.61  # 1.5 m, shoes, hair and a hat
    # Means of both sexes, half of the national offset, shoes, half of the hair, and hats of 40 mm on 15 %.
    assert abs(adult.mean() - (1756 + 1629 + 70) / 2000 - 0.025 - 0.010 - 0.006) < 0.003


def test_clothes_add_to_breadth_and_depth() -> None:
    bodies = draw_bodies(np.random.default_rng(1), NUMBER)
    adult = ~bodies.is_child
    assert abs(bodies.shoulder_breadth[adult].mean() - 0.480 - 0.030) < 0.002
    assert abs(bodies.depth[adult].mean() - 0.2505 - 0.050) < 0.002


def test_hats_make_heads_larger_and_people_taller_by_as_much() -> None:
    bodies = draw_bodies(np.random.default_rng(2), NUMBER)
    worn = bodies.stature - bodies.bare_stature
    assert np.allclose(bodies.head_axes[~bodies.is_child, 2] - 0.115, worn[~bodies.is_child])
    assert abs((worn > 0.0201).mean() - 0.15) < 0.01
    assert worn.min() >= 0
    assert worn.max() <= 0.08


def test_children_are_smaller_in_all_their_parts() -> None:
    bodies = draw_bodies(np.random.default_rng(3), NUMBER)
    for part in (bodies.shoulder_breadth, bodies.depth, bodies.acromion_drop, bodies.limb):
        ratio = part[bodies.is_child].mean() / part[~bodies.is_child].mean()
        assert 0.6 < ratio < 0.85


def test_the_same_generator_gives_the_same_bodies() -> None:
    one, other = (draw_bodies(np.random.default_rng(4), 50) for _ in range(2))
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
