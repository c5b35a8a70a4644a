"""Facts about a network that matching teaches: what it is asked to learn, and that it does."""

from dataclasses import replace
from itertools import permutations

import pytest
import torch

from stampnet import StampNet
from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.errors import InputError
from stampnet.evaluation import evaluate
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.placements import Placements
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Logits
from stampnet.training.config import TrainingConfig
from stampnet.training.distillation import Distillation, surprise

SIZES = {"image_size": (16, 20), "stamp_size": (6, 8), "num_stamps": 3, "max_shapes": 2}


def test_surprise_is_that_of_the_best_order_of_the_slots() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = Logits(*(torch.randn(4, 3, size, generator=generator) for size in (5, 7, 9)))
    numbers = [torch.randint(size, (4, 3), generator=generator) for size in (5, 7, 9)]
    present = torch.tensor([[1.0, 1, 1], [1, 0, 1], [0, 0, 0], [0.5, 2, 1]])
    expected = 0.0
    for b in range(4):
        costs = []
        for order in permutations(range(3)):
            cost = 0.0
            for slot, object_ in enumerate(order):
                if present[b, object_] > 0:
                    cost -= sum(
                        float(x[b, slot].log_softmax(-1)[n[b, object_]]) for x, n in zip(logits, numbers, strict=True)
                    )
            costs.append(cost)
        expected += min(costs) / 4
    assert float(surprise(logits, Placements(*numbers, present))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "background", "message"),
    [
        ({"num_stamps": 4}, 0.0, "teacher's num_stamps, 3, got 4"),
        ({"stamp_size": (6, 6)}, 0.0, r"teacher's stamp_size"),
        ({}, 0.3, "no background but black"),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused(settings: dict[str, object], background: float, message: str) -> None:
    teacher = StampMatcher(MatchingConfig(**SIZES))
    teacher.background.fill_(background)
    network = StampNetwork(NetworkConfig(**{**SIZES, **settings}, block_channels=(4, 8)))
    with pytest.raises(InputError, match=message):
        Distillation(network, TrainingConfig(epochs=1), teacher, num_steps=1)


def test_matching_cannot_be_taught_nor_a_network_teach() -> None:
    images = make_scenes(SceneRecipe(kind="simple-shapes", num_images=64, canvas_size=(40, 40))).images
    teacher = StampNet(num_stamps=5, epochs=1).fit(images)
    with pytest.raises(InputError, match="matching teaches the network"):
        StampNet(num_stamps=5, epochs=1).fit(images, teacher=teacher)
    with pytest.raises(InputError, match="one start"):
        StampNet(num_stamps="auto", engine="network").fit(images)


def test_a_taught_network_learns_to_place_and_keeps_its_teachers_stamps() -> None:
    recipe = SceneRecipe(kind="simple-shapes", num_images=1500, canvas_size=(40, 40))
    images = make_scenes(recipe).images
    teacher = StampNet(num_stamps=5, epochs=6).fit(images)
    network = StampNet(num_stamps=5, engine="network", epochs=5, batch_size=32).fit(images, teacher=teacher)
    assert torch.equal(network.model_.stamp.stamps, teacher.model_.stamp.stamps)
    (result,) = evaluate(network, make_scenes(replace(recipe, num_images=300, split="test")))
    assert result.scores.paper.corloc > 0.9
