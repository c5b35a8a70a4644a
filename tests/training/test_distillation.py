"""Facts about a network that matching teaches: what it is asked to learn, and that it does."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from stampnet import StampNet
from stampnet.data.recipe import SceneRecipe, make_scenes
from stampnet.errors import InputError
from stampnet.evaluation import evaluate
from stampnet.matching.alignment import AlignmentConfig
from stampnet.matching.explanation import Explanation
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.matching.placements import Placements
from stampnet.matching.poses import PoseConfig
from stampnet.model.deformation import Deformation, bent, polynomials
from stampnet.model.network import Decisions, NetworkConfig, StampNetwork
from stampnet.model.selection_localization import Choices, Logits, most_likely
from stampnet.model.stamp import placed
from stampnet.model.tone import smooth
from stampnet.training.config import MatchingTrainingConfig, TrainingConfig
from stampnet.training.distillation import Distillation, surprise, taught_network
from stampnet.training.fit import fit
from stampnet.training.loss import squared_error

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
    nothing = Deformation(torch.zeros(4, 3, 2, 0), torch.zeros(4, 3, 2))
    assert float(surprise(Decisions(logits, None), Placements(*numbers, present), nothing)) == pytest.approx(expected)


def test_bending_wrongly_by_a_pixel_costs_two_and_tells_slots_apart() -> None:
    same = torch.zeros(1, 2, 1)
    decisions = Decisions(Logits(same, same, same), Deformation(torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 2)))
    where = torch.zeros(1, 2, dtype=torch.int64)
    taught = Deformation(torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 2))
    decisions.deformation.bends[0, 0, 1, 2] = 1.0
    taught.bends[0, 1, 1, 2] = 2.0
    taught.tones[0, 0, 0] = 0.5
    both, first, second, none = (
        float(surprise(decisions, Placements(where, where, where, torch.tensor([present])), taught))
        for present in ([1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0])
    )
    # The second object goes to the first slot, which is a pixel away; the first is thicker by half a pixel.
    assert [both, first, second, none] == pytest.approx([2 + 0.5, 0.5, 2, 0])


@pytest.mark.parametrize(
    ("settings", "background", "message"),
    [
        ({"num_stamps": 4}, 0.0, "teacher's num_stamps, 3, got 4"),
        ({"stamp_size": (6, 6)}, 0.0, r"teacher's stamp_size"),
        ({"deform": "affine"}, 0.0, "teacher's deform, none, got affine"),
        ({"num_classes": 2}, 0.0, "teacher's num_classes, None, got 2"),
        ({}, 0.3, "no background but black"),
    ],
)
def test_a_teacher_that_does_not_fit_is_refused(settings: dict[str, object], background: float, message: str) -> None:
    teacher = StampMatcher(MatchingConfig(**SIZES))
    teacher.background.fill_(background)
    network = StampNetwork(NetworkConfig(**{**SIZES, **settings}, block_channels=(4, 8)))
    with pytest.raises(InputError, match=message):
        Distillation(network, TrainingConfig(epochs=1), teacher, num_steps=1, num_images=1)


def test_matching_cannot_be_taught_nor_a_network_teach() -> None:
    images = make_scenes(SceneRecipe(kind="simple-shapes", num_images=64, canvas_size=(40, 40))).images
    teacher = StampNet(num_stamps=5, epochs=1).fit(images)
    with pytest.raises(InputError, match="matching teaches the network"):
        StampNet(num_stamps=5, epochs=1).fit(images, teacher=teacher)
    with pytest.raises(InputError, match="takes a number of stamps"):
        StampNet(num_stamps="auto", engine="network").fit(images)


def test_a_teacher_whose_stamps_turn_far_is_refused() -> None:
    teacher = StampMatcher(MatchingConfig(**SIZES, deform="affine", pose=PoseConfig(max_angle_deg=90.0)))
    with pytest.raises(InputError, match=r"no further than they bend, but this teacher's by 90.0 degrees"):
        Distillation(
            StampNetwork(taught_network(teacher.config)), TrainingConfig(epochs=1), teacher, num_steps=1, num_images=1
        )


def test_a_network_has_no_classes_but_those_of_a_teacher() -> None:
    config = NetworkConfig(**SIZES, num_classes=2, block_channels=(4, 8))
    with pytest.raises(InputError, match="groups no stamps by itself, got num_classes=2"):
        fit(torch.rand(8, 1, 16, 20), config, TrainingConfig(epochs=1, batch_size=4))


def test_a_taught_network_names_its_teachers_classes(tmp_path: Path) -> None:
    teacher = StampMatcher(MatchingConfig(**SIZES, deform="affine", num_classes=2))
    teacher.class_of_stamp.copy_(torch.tensor([1, 0, 1]))
    network = StampNetwork(taught_network(teacher.config))
    Distillation(network, TrainingConfig(epochs=1), teacher, num_steps=1, num_images=1)
    StampNet.from_model(network).save(tmp_path)
    again = StampNet.load(tmp_path)
    assert again.class_of_stamp_.tolist() == [1, 0, 1]
    for found in again.detect(np.random.default_rng(0).random((5, 16, 20))):
        assert found.class_id.tolist() == again.class_of_stamp_[found.stamp].tolist()


def bent_shapes(number: int) -> torch.Tensor:
    """Images (B, 1, 24, 24) of a cross or a ring that is bent."""
    torch.manual_seed(0)
    row, column = torch.arange(20.0)[:, None] - 10, torch.arange(20.0) - 10
    cross = ((row.abs() < 2) & (column.abs() < 7)) | ((column.abs() < 2) & (row.abs() < 7))
    ring = ((row.square() + column.square()).sqrt() - 5).abs() < 1.5
    stamps = smooth(torch.stack([cross, ring])[:, None].float())
    which = torch.arange(number) % 2
    windows = bent(stamps[which], 0.3 * torch.randn(number, 2, 15), polynomials((20, 20), "smooth"))
    row, column = torch.randint(5, (2, number))
    choices = Choices(*(F.one_hot(one, size).float()[:, None] for one, size in ((which, 2), (row, 5), (column, 5))))
    return placed(windows[:, None], choices).clamp(0, 1)


def test_a_network_taught_to_bend_reconstructs_bent_objects_better() -> None:
    images = bent_shapes(500)
    train, test = images[:400], images[400:]
    error = {}
    for deform in ("none", "smooth"):
        sizes = {"image_size": (24, 24), "stamp_size": (20, 20), "num_stamps": 2, "max_shapes": 1, "deform": deform}
        config = MatchingConfig(**sizes, alignment=AlignmentConfig(steps=4))
        teacher = fit(train, config, MatchingTrainingConfig(epochs=10, batch_size=50)).model
        student = replace(taught_network(config), block_channels=(16, 32), num_features=64)
        training = TrainingConfig(epochs=14, batch_size=20, keep="last", learning_rate=0.004)
        network = fit(train, student, training, teacher=teacher).model
        with torch.no_grad():
            logits, deformation = network.decisions(test)
            error[deform] = float(squared_error(network.stamp(most_likely(logits), deformation), test))
            if deform == "smooth":
                error["kept form"] = float(squared_error(network.stamp(most_likely(logits)), test))
    assert error["smooth"] < 0.8 * error["none"]
    assert error["smooth"] < 0.7 * error["kept form"]


def test_a_taught_network_learns_to_place_and_keeps_its_teachers_stamps() -> None:
    recipe = SceneRecipe(kind="simple-shapes", num_images=1500, canvas_size=(40, 40))
    images = make_scenes(recipe).images
    teacher = StampNet(num_stamps=5, epochs=6).fit(images)
    network = StampNet(num_stamps=5, engine="network", epochs=5, batch_size=32).fit(images, teacher=teacher)
    assert torch.equal(network.model_.stamp.stamps, teacher.model_.stamp.stamps)
    (result,) = evaluate(network, make_scenes(replace(recipe, num_images=300, split="test")))
    assert result.scores.paper.corloc > 0.9


def test_the_teacher_is_asked_once_for_each_image(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    teacher = StampMatcher(MatchingConfig(**SIZES))
    asked: list[int] = []
    explain = StampMatcher.explain

    def counted(self: StampMatcher, images: torch.Tensor) -> Explanation:
        asked.append(len(images))
        return explain(self, images)

    monkeypatch.setattr(StampMatcher, "explain", counted)
    network = replace(taught_network(teacher.config), block_channels=(4, 8))
    pixels = torch.randint(0, 256, (40, 1, 16, 20), dtype=torch.uint8)
    fit(pixels, network, TrainingConfig(epochs=3, batch_size=10), teacher=teacher)
    assert sum(asked) == 40


def test_teaching_in_python_is_that_of_the_command() -> None:
    images = make_scenes(SceneRecipe(kind="simple-shapes", num_images=60, num_shapes=1, canvas_size=(40, 40))).images
    teacher = StampNet(5, 1, 28, epochs=1).fit(images)
    taught = StampNet(5, 1, 28, engine="network", epochs=1).fit(images, teacher=teacher)
    assert isinstance(teacher.model_, StampMatcher)
    assert taught.model_.config == taught_network(teacher.model_.config)
