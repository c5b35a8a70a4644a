"""Facts about presets: those of the paper's Table 1, and that every one builds and takes a step."""

import pytest
import torch

from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.model.network import StampNetwork
from stampnet.run import configure
from stampnet.training.defaults import matching_for, training_for
from stampnet.training.loss import squared_error
from stampnet.training.presets import PRESETS, preset

AS_RUN = {  # H, h, N, M, epochs, rate of annealing
    "simple-shapes-1": (84, 28, 10, 1, 800, 0.01),
    "simple-shapes-2": (84, 28, 10, 2, 800, 0.01),
    "t-mnist-1": (84, 28, 40, 1, 1000, 0.005),
    "t-mnist-2": (84, 28, 40, 2, 800, 0.005),
    "ct-mnist-1": (100, 28, 40, 1, 1000, 0.01),
    "ct-mnist-2": (100, 28, 40, 2, 1000, 0.005),
    "pedestrians-3": (80, 40, 40, 3, 1000, 0.01),
}


@pytest.mark.parametrize("row", AS_RUN)
def test_rows_are_as_the_authors_ran_them(row: str) -> None:
    chosen = preset(f"{row}-as-run")
    network, training = chosen.model, chosen.training
    sizes = (network.image_size[0], network.stamp_size[0], network.num_stamps, network.max_shapes)
    assert (*sizes, training.epochs, training.annealing.rate) == AS_RUN[row]
    assert (training.num_train, training.num_validation, training.shuffle) == (8192, 6400, False)
    assert (training.annealing.steps_per_epoch, training.annealing.update) == (128, "step")
    assert chosen.recipe is None or chosen.recipe.num_images == 14_592


@pytest.mark.parametrize("row", AS_RUN)
def test_rows_are_as_the_paper_states_them(row: str) -> None:
    chosen = preset(f"{row}-as-published")
    assert (chosen.training.annealing.rate, chosen.training.annealing.update) == (0.01, "epoch")
    assert chosen.training.num_train is None
    if chosen.recipe is not None:
        assert chosen.recipe.num_images == (50_000 if row.startswith("simple") else 60_000)
        assert chosen.recipe.kind != "ct-mnist-binary"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_builds_and_takes_a_step(name: str) -> None:
    torch.manual_seed(0)
    chosen = preset(name)
    if isinstance(chosen.model, MatchingConfig):
        matcher = StampMatcher(chosen.model)
        height, width = chosen.model.stamp_size
        images = torch.zeros(2, 1, *chosen.model.image_size)
        images[:, :, 5 : 5 + height, 9 : 9 + width] = matcher.stamp.stamps.detach()[:2]
        placed = matcher.explain(images).placements
        assert placed.present.any(dim=1).all()
        assert (placed.stamp[:, 0].tolist(), placed.row[0, 0], placed.column[0, 0]) == ([0, 1], 5, 9)
        return
    network = StampNetwork(chosen.model)
    images = torch.rand(2, 1, *network.config.image_size)
    optimizer = torch.optim.NAdam(network.parameters())
    before = network.stamp.stamps.detach().clone()
    squared_error(network(images, 7.0).reconstruction, images).backward()
    optimizer.step()
    assert not torch.equal(before, network.stamp.stamps.detach())


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no preset 'mnist'; the presets are simple-shapes-1"):
        preset("mnist")


def test_a_preset_in_a_grid_of_poses_turns_and_scales_a_little_from_there() -> None:
    assert configure((), "t-mnist-1", own={"max_angle": 180.0}).config.model.deform == "affine"
    assert configure((), "t-mnist-1").config.model.deform == "none"


def test_matching_sees_enough_windows_of_each_stamp() -> None:
    training = matching_for(20_000, num_stamps=40, num_objects=2)
    assert (training.num_validation, training.batch_size, training.epochs) == (1000, 256, 3)
    few = matching_for(100, num_stamps=10, num_objects=1)
    assert few.epochs * (95 // few.batch_size) >= 100


def test_own_images_get_steps_enough_and_a_held_out_tenth() -> None:
    training = training_for(500)
    assert training.num_validation == 50
    assert 3500 < training.epochs * (450 // 64) < 4500
    assert training.annealing(training.epochs * 7) == pytest.approx(0.2)
    assert training_for(20).batch_size == 18
    few = training_for(12)
    assert few.epochs == 800
    assert few.annealing(few.epochs) == pytest.approx(0.2)
    with pytest.raises(InputError, match="at least 2 images are needed to learn from, got 1"):
        training_for(1)
