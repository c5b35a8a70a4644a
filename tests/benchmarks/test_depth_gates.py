"""Small versions of the gates: what they measure is what it is said to be, and the simulator passes."""

from pathlib import Path

import numpy as np
import pytest

from stampnet.benchmarks import depth_gates
from stampnet.benchmarks.head_rules import RULES, OnePerson, find_heads, head_errors
from stampnet.benchmarks.realism import locate, moments, pedestrian_network
from stampnet.data.overhead_depth.composites import cut_outs, make_composites
from stampnet.data.overhead_depth.crops import CropRecipe, make_crops
from stampnet.data.overhead_depth.gotpd import CAMERA, GotpdSample
from stampnet.errors import InputError
from stampnet.predictor import StampNet


def test_weights_that_are_not_there_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"pedestrian\.hdf5"):
        pedestrian_network(tmp_path / "missing")


def test_the_authors_weights_find_real_people_as_published(authors_weights: Path, gotpd: GotpdSample) -> None:
    network = pedestrian_network(authors_weights)
    crops = make_composites(cut_outs(gotpd), np.random.default_rng(0))
    found, error = locate(network, crops.images, crops.body_px)
    assert found.corloc == pytest.approx(0.891, abs=0.042)
    assert found.iou == pytest.approx(0.763, abs=0.033)
    assert found.released_iou == pytest.approx(0.693, abs=0.039)
    assert found.purity == pytest.approx(0.92, abs=0.02)
    assert error == pytest.approx(120, abs=10)
    of_heads, _ = locate(network, crops.images, crops.head_px)
    assert of_heads.iou == pytest.approx(0.547, abs=0.02)


def test_what_has_learned_is_scored_as_the_authors_weights_are(
    authors_weights: Path, gotpd: GotpdSample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it had learned just what they did; from crops as many as were asked for."""
    network = pedestrian_network(authors_weights)
    taught = []
    monkeypatch.setattr(
        depth_gates, "fitted", lambda crops, seed: (taught.append(crops.shape), StampNet.from_model(network), seed)[1:]
    )
    people = cut_outs(gotpd)
    checks = list(depth_gates.learned(network, people, 200, 1))
    assert taught == [(200, 80, 80)] * 2
    crops = make_composites(people[len(people) // 2 :], np.random.default_rng([0, 0]))
    found, _ = locate(network, crops.images, crops.body_px)
    values = [f"{value:.3f}" for value in (found.corloc, found.corloc, found.iou, found.iou)]
    assert [check.value for check in checks] == values
    assert [check.holds for check in checks] == [True, None, True, None]


def test_moments_tell_foreign_images_from_crops(authors_weights: Path) -> None:
    network = pedestrian_network(authors_weights)
    crops = make_crops(CropRecipe(num_images=48, mode="single", seed=3))
    ours, foreign = moments(network, crops.images), moments(network, 255 - crops.images)
    assert max(ours.mean_z2[:5]) < 0.1 < foreign.mean_z2[0]
    assert max(ours.log_var2[:5]) < 0.5 < max(foreign.log_var2[:5])
    assert not network.training
    assert not any(layer.training for layer in network.modules())


def test_rules_find_the_heads_of_the_real_frames_as_well_as_published(gotpd: GotpdSample) -> None:
    people = OnePerson(
        gotpd.depth_mm[::8], np.broadcast_to(gotpd.background_mm, gotpd.depth_mm.shape)[::8], gotpd.head_px[::8]
    )
    made = {rule: head_errors(people, CAMERA, rule) for rule in RULES}
    assert {rule: errors.found for rule, errors in made.items()} == dict.fromkeys(RULES, 1.0)
    known = {
        "highest pixel": (5.2, 6.3),
        "patch within 80 mm": (3.0, 3.7),
        "patch within 150 mm": (3.0, 3.9),
        "whole region": (11.1, 12.3),
    }
    for rule, (median, rmse) in known.items():
        assert made[rule].median_cm == pytest.approx(median, abs=0.5)
        assert made[rule].rmse_cm == pytest.approx(rmse, abs=0.5)


def test_two_people_have_two_heads_and_small_things_none() -> None:
    floor = np.full((90, 120), 3338.0)
    depth = floor.copy()
    for left in (10, 70):
        depth[30:55, left : left + 35] = 1900
        depth[38:46, left + 14 : left + 22] = 1650
    depth[0:9, 0:9] = 1700
    heads = find_heads(depth, floor)
    assert heads.pixel.tolist() == [[27.5, 41.5], [87.5, 41.5]]
    assert heads.depth_mm.tolist() == [1650, 1650]
    assert heads.on_ground(CAMERA)[:, 2] == pytest.approx(1.688)


def test_an_empty_room_has_no_heads() -> None:
    floor = np.full((50, 50), 3338.0)
    assert find_heads(floor, floor).pixel.shape == (0, 2)


def test_the_rules_meet_simulated_people_as_they_meet_the_real_one() -> None:
    people = depth_gates.simulated_people(24)
    assert len(people.depth_mm) >= 4
    errors = {rule: head_errors(people, CAMERA, rule) for rule in RULES}
    assert errors["patch within 80 mm"].found >= 0.85  # one of ten or so may be missed
    medians = [errors[rule].median_cm for rule in ("patch within 80 mm", "highest pixel", "whole region")]
    assert medians == sorted(medians)
    assert errors["whole region"].radial_bias_cm < -4


def test_brightness_of_crops() -> None:
    crops = make_crops(CropRecipe(num_images=64, mode="single", seed=0))
    checks = {check.measure: check for check in depth_gates.intensities(crops)}
    assert checks["mean value"].holds
    assert -0.02 < depth_gates.wall_slope(crops) < -0.005
