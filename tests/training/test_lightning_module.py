"""Facts about one step: the optimiser is Keras' Nadam, stamps stay in range, bending has a price."""

import numpy as np
import pytest
import torch

from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.model.selection_localization import most_likely
from stampnet.training.config import TrainingConfig
from stampnet.training.fit import fit
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.loss import squared_error


def keras_nadam(start: float, gradients: list[float]) -> float:
    """Keras 2's Nadam with default settings, written from its formulas for one number."""
    rate, beta_1, beta_2, decay, epsilon = 0.002, 0.9, 0.999, 0.004, 1.19e-7
    value, m, v, schedule = start, 0.0, 0.0, 1.0
    for t, gradient in enumerate(gradients, start=1):
        momentum, following = (beta_1 * (1 - 0.5 * 0.96 ** (k * decay)) for k in (t, t + 1))
        schedule *= momentum
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        corrected = (1 - momentum) * gradient / (1 - schedule) + following * m / (1 - schedule * following)
        value -= rate * corrected / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return value


def test_the_optimiser_takes_kerass_steps() -> None:
    network = StampNetwork(NetworkConfig(image_size=(8, 8), stamp_size=(4, 4), num_stamps=2, max_shapes=1)).double()
    module = StampNetTraining(network, TrainingConfig(epochs=1))
    optimizer = module.configure_optimizers()
    weight = network.decide.row[0].weight
    start = 1.0
    weight.detach().fill_(start)
    gradients = [0.5, -0.2, 0.9, 0.0, -1.5]
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
    assert float(weight.detach()[0, 0]) == pytest.approx(keras_nadam(start, gradients), rel=1e-9)


def test_a_network_by_itself_learns_to_bend_as_far_as_it_pays() -> None:
    torch.manual_seed(0)
    config = NetworkConfig(
        image_size=(12, 12), stamp_size=(12, 12), num_stamps=1, max_shapes=1, deform="affine", block_channels=(4, 8)
    )
    wide, narrow = torch.zeros(1, 12, 12), torch.zeros(1, 12, 12)
    wide[:, 3:9, 1:11], narrow[:, 3:9, 4:8] = 0.8, 0.8
    images = torch.stack([wide, narrow]).repeat(256, 1, 1, 1)
    training = TrainingConfig(epochs=8, batch_size=16, keep="last", learning_rate=0.01)
    network = fit(images, config, training).model
    assert isinstance(network, StampNetwork)
    with torch.no_grad():
        logits, deformation = network.decisions(images)
        assert deformation is not None
        bent, straight = (squared_error(network.stamp(most_likely(logits), how), images) for how in (deformation, None))
    assert bent < 0.5 * straight
    assert 0.5 < float(deformation.bends.square().sum((2, 3)).mean().sqrt()) < 5
