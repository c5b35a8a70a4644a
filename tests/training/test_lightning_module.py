"""Facts about one step: the optimiser is Keras' Nadam, and stamps stay in range."""

import numpy as np
import pytest
import torch

from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.training.config import TrainingConfig
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
    start = float(weight.detach()[0, 0])
    gradients = [0.5, -0.2, 0.9, 0.0, -1.5]
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
    assert float(weight.detach()[0, 0]) == pytest.approx(keras_nadam(start, gradients), rel=1e-9)


def test_the_error_is_summed_over_pixels_and_averaged_over_images() -> None:
    images = torch.zeros(2, 1, 2, 2)
    reconstruction = torch.tensor([[[[1.0, 1], [0, 0]]], [[[2.0, 0], [0, 0]]]])
    assert float(squared_error(reconstruction, images)) == 3
