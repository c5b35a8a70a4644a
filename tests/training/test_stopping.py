"""Facts about the end of a fit: it comes early where nothing is left to learn, and there only."""

import pytest
import torch

from stampnet.matching.matcher import MatchingConfig
from stampnet.training.config import MatchingTrainingConfig
from stampnet.training.fit import fit
from stampnet.training.stopping import EXACT

TRAINING = MatchingTrainingConfig(epochs=12, num_validation=4, batch_size=8)


def scenes(noise: float) -> torch.Tensor:
    """Images with one bright shape of two kinds, which their stamps match but for rounding where there is no noise."""
    chance = torch.Generator().manual_seed(0)
    images = torch.zeros(36, 1, 20, 24)
    for number, image in enumerate(images):
        row, column = torch.randint(0, 12, (2,), generator=chance).tolist()
        image[0, row + 1 : row + 7, column + 1 : column + 7] = 1.0
        image[0, row + 3 : row + 5, column + 3 : column + 5] = number % 2
    images += noise * torch.rand(images.shape, generator=chance)
    return (255 * images.clamp(0, 1)).to(torch.uint8)


@pytest.mark.parametrize(("noise", "num_epochs"), [(0.0, 6), (0.01, 12)])
def test_a_fit_that_explains_all_exactly_ends_after_half_of_its_passes(noise: float, num_epochs: int) -> None:
    model = MatchingConfig(image_size=(20, 24), stamp_size=(8, 8), num_stamps=2, max_shapes=1)
    fitted = fit(scenes(noise), model, TRAINING)
    assert len(fitted.history) == num_epochs
    assert (fitted.history[-1]["train_sse"] < 20 * 24 * EXACT**2) == (noise == 0)
    assert not fitted.interrupted


def test_where_stamps_bend_the_passes_in_which_they_do_are_not_left_out() -> None:
    model = MatchingConfig(image_size=(20, 24), stamp_size=(8, 8), num_stamps=2, max_shapes=1, deform="affine")
    assert len(fit(scenes(0.0), model, TRAINING).history) > 12
