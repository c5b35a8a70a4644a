"""Facts about the whole network: any sizes, the authors' parameter counts, a gradient everywhere."""

import pytest
import torch

from stampnet.errors import InputError
from stampnet.model.network import NetworkConfig, StampNetwork

AUTHORS = [  # H, h, N, M, numbers in the released file including running statistics
    (84, 28, 10, 2, 683_448),
    (84, 28, 40, 2, 714_948),
    (100, 28, 40, 1, 928_098),
    (100, 28, 40, 2, 952_836),
    (80, 40, 40, 3, 755_302),
]


SMALL = {"image_size": (20, 24), "stamp_size": (8, 6), "num_stamps": 3, "max_shapes": 2}


@pytest.mark.parametrize(("side", "stamp", "num_stamps", "max_shapes", "expected"), AUTHORS)
def test_it_has_as_many_numbers_as_the_authors_files(
    side: int, stamp: int, num_stamps: int, max_shapes: int, expected: int
) -> None:
    network = StampNetwork(
        NetworkConfig(image_size=(side, side), stamp_size=(stamp, stamp), num_stamps=num_stamps, max_shapes=max_shapes)
    )
    state = network.state_dict()
    assert sum(value.numel() for name, value in state.items() if "num_batches" not in name) == expected


@pytest.mark.parametrize(
    ("image_size", "stamp_size", "channels"),
    [((84, 84), (28, 28), 1), ((37, 61), (9, 14), 3), ((5, 5), (5, 5), 1), ((130, 40), (1, 1), 2)],
)
def test_any_image_and_stamp_size_gives_an_image_of_the_same_size(
    image_size: tuple[int, int], stamp_size: tuple[int, int], channels: int
) -> None:
    config = NetworkConfig(
        image_size=image_size, stamp_size=stamp_size, num_stamps=4, max_shapes=2, num_channels=channels
    )
    images = torch.rand(2, channels, *image_size)
    output = StampNetwork(config)(images, temperature=1.0)
    assert output.reconstruction.shape == images.shape
    assert output.choices.row.shape[-1] == image_size[0] - stamp_size[0] + 1
    assert output.choices.column.shape[-1] == image_size[1] - stamp_size[1] + 1


@pytest.mark.parametrize("deform", ["none", "affine", "smooth"])
def test_every_parameter_gets_a_gradient(deform: str) -> None:
    torch.manual_seed(0)
    network = StampNetwork(NetworkConfig(**SMALL, deform=deform))  # type: ignore[arg-type]
    if network.deform is not None:
        torch.nn.init.normal_(network.deform.last.weight, std=0.1)  # at 0 what is before it does not matter
    images = torch.rand(4, 1, 20, 24)
    (network(images, 1.0).reconstruction - images).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_network_that_may_bend_begins_as_one_that_keeps_its_form() -> None:
    images, outputs, states = torch.rand(4, 1, 20, 24), [], []
    for deform in ("none", "smooth"):
        torch.manual_seed(0)
        network = StampNetwork(NetworkConfig(**SMALL, dropout=0.0, deform=deform))  # type: ignore[arg-type]
        with torch.no_grad():
            network.stamp.constrain()
            outputs.append(network(images, 1.0, torch.Generator().manual_seed(1)))
        states.append(set(network.state_dict()))
    torch.testing.assert_close(outputs[0].reconstruction, outputs[1].reconstruction)
    assert outputs[0].deformation is None
    assert outputs[1].deformation is not None
    assert outputs[1].deformation.bends.shape == (4, 2, 2, 15)
    assert not outputs[1].deformation.bends.any()
    assert {name.split(".")[0] for name in states[1] - states[0]} == {"deform"}
    assert states[0] < states[1]


def test_classes_are_among_the_weights_only_where_stamps_are_grouped() -> None:
    plain, grouped = (StampNetwork(NetworkConfig(**SMALL, num_classes=number)) for number in (None, 2))
    assert plain.class_of_stamp.tolist() == [0, 1, 2]
    assert grouped.state_dict().keys() - plain.state_dict().keys() == {"class_of_stamp"}


def test_a_network_is_told_its_number_of_classes() -> None:
    with pytest.raises(InputError, match="a network has the classes of its teacher, got num_classes='auto'"):
        NetworkConfig(**SMALL, num_classes="auto")


def test_the_most_likely_choices_hold_no_chance() -> None:
    network = StampNetwork(NetworkConfig(image_size=(20, 20), stamp_size=(8, 8), num_stamps=3, max_shapes=2)).eval()
    images = torch.rand(3, 1, 20, 20)
    for first, second in zip(network.logits(images), network.logits(images), strict=True):
        assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_stamps": 0}, "num_stamps must be at least 1, got 0"),
        ({"max_shapes": -1}, "max_shapes must be at least 1, got -1"),
        ({"stamp_size": (30, 8)}, r"stamp_size \(30, 8\) is larger than image_size \(20, 20\)"),
        ({"stamp_size": (0, 8)}, "the smaller side of stamp_size must be at least 1, got 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1.0"),
        ({"max_value": 0.0}, "max_value must be above 0, got 0.0"),
    ],
)
def test_nonsense_sizes_are_refused_with_the_value(change: dict[str, object], message: str) -> None:
    good = {"image_size": (20, 20), "stamp_size": (8, 8), "num_stamps": 3, "max_shapes": 2}
    with pytest.raises(InputError, match=message):
        NetworkConfig(**{**good, **change})
