"""Facts about the encoder."""

import pytest
import torch

from stampnet.model.encoder import Encoder


@pytest.mark.parametrize(("side", "left"), [(80, 3), (84, 3), (100, 4), (28, 1), (33, 2)])
def test_the_last_kernel_is_what_the_blocks_leave(side: int, left: int) -> None:
    encoder = Encoder(1, (side, side), (16, 32, 64, 128, 128), 256, 0.2)
    assert tuple(encoder.summary[0].kernel_size) == (left, left)
    assert encoder.eval()(torch.rand(2, 1, side, side)).shape == (2, 256)


def test_an_odd_side_is_padded_at_the_bottom_and_right() -> None:
    encoder = Encoder(1, (3, 3), (1,), 1, 0.0)
    pool = encoder.blocks[0][-1]
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    assert pool(image)[0, 0].tolist() == [[4, 5], [7, 8]]


def test_normalisation_comes_after_the_activation() -> None:
    names = [type(layer).__name__ for layer in Encoder(1, (8, 8), (4,), 8, 0.2).blocks[0]]
    assert names == ["Conv2d", "LeakyReLU", "BatchNorm2d", "Dropout", "MaxPool2d"]
