"""Facts about what training makes small."""

import pytest
import torch

from stampnet.matching.alignment import AlignmentConfig
from stampnet.model.deformation import Deformation, polynomials
from stampnet.training.loss import cost_of_bending, squared_error


def test_the_error_is_summed_over_pixels_and_averaged_over_images() -> None:
    images = torch.zeros(2, 1, 2, 2)
    reconstruction = torch.tensor([[[[1.0, 1], [0, 0]]], [[[2.0, 0], [0, 0]]]])
    assert float(squared_error(reconstruction, images)) == 3


@pytest.mark.parametrize(
    ("field", "place", "price"),
    [
        (0, (0, 0, 1, 0), AlignmentConfig().affine),
        (0, (1, 1, 0, 2), AlignmentConfig().affine),
        (0, (1, 0, 0, 3), AlignmentConfig().smooth),
        (1, (0, 1, 0), AlignmentConfig().tone),
        (1, (1, 1, 1), AlignmentConfig().tone),
    ],
)
def test_bending_costs_matchings_prices_in_squared_norms_of_what_a_slot_explains(
    field: int, place: tuple[int, ...], price: float
) -> None:
    images = torch.full((2, 1, 4, 5), 0.5)  # squared norms of 5, 2.5 for each of two slots
    deformation = Deformation(torch.zeros(2, 2, 2, 15), torch.zeros(2, 2, 2))
    deformation[field][place] = 3.0
    cost = cost_of_bending(deformation, images, polynomials((6, 6), "smooth"))
    assert float(cost) == pytest.approx(price * 9 * 2.5 / 2)
