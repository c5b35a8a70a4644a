import pytest
import torch

from stampnet.model.deformation import bent, displacements, inverse, polynomials, warped

SIZE = (20, 24)


@pytest.mark.parametrize("deform", ["affine", "smooth"])
def test_polynomials_are_orthonormal_and_begin_with_the_linear_maps(deform):
    basis = polynomials(SIZE, deform)
    assert torch.allclose(basis @ basis.T / basis.shape[1], torch.eye(len(basis)), atol=1e-4)
    row = torch.arange(20.0)[:, None].expand(SIZE)
    column = torch.arange(24.0).expand(SIZE)
    for plane in (torch.ones(SIZE), row, column):
        inside = (basis[:3] @ plane.flatten() / basis.shape[1]) @ basis[:3]
        assert torch.allclose(inside, plane.flatten(), atol=1e-3)


def test_the_coefficients_are_the_root_mean_square_displacement():
    torch.manual_seed(0)
    bends = torch.randn(3, 2, 15)
    fields = displacements(bends, polynomials(SIZE, "smooth"), SIZE)
    rms = fields.square().sum(1).mean((1, 2)).sqrt()
    assert torch.allclose(rms, bends.square().sum((1, 2)).sqrt(), rtol=1e-3)


def test_a_constant_field_shifts_the_window():
    window = torch.rand(1, 2, *SIZE)
    field = torch.zeros(1, 2, *SIZE)
    field[:, 0], field[:, 1] = 2.0, -3.0
    seen = warped(window, field)
    assert torch.allclose(seen[..., :-2, 3:], window[..., 2:, :-3], atol=1e-4)
    assert torch.equal(seen[..., -2:, :], torch.zeros_like(seen[..., -2:, :]))


def test_the_inverse_undoes_a_gentle_field():
    torch.manual_seed(0)
    bends = torch.randn(5, 2, 15) * 0.15
    fields = displacements(bends, polynomials(SIZE, "smooth"), SIZE)
    row, column = torch.arange(20.0)[:, None].expand(SIZE), torch.arange(24.0).expand(SIZE)
    place = torch.stack([row, column]).expand(5, -1, -1, -1)
    there = place + inverse(fields)  # y -> x
    back = there + warped(fields, there - place)  # x -> y
    inner = (..., slice(4, -4), slice(4, -4))
    assert (back - place)[inner].abs().max() < 0.05


def test_a_stamp_bent_by_a_constant_field_is_shifted_by_it():
    stamp = torch.rand(1, 1, *SIZE)
    bends = torch.zeros(1, 2, 3)
    bends[0, 0, 0], bends[0, 1, 0] = 2.0, -3.0  # the first function is 1
    printed = bent(stamp, bends, polynomials(SIZE, "affine"))
    assert torch.allclose(printed[..., 2:, :-3], stamp[..., :-2, 3:], atol=1e-4)


def test_without_functions_a_stamp_keeps_its_form():
    stamp = torch.rand(2, 1, *SIZE)
    assert bent(stamp, torch.zeros(2, 2, 0), polynomials(SIZE, "none")) is stamp


def test_a_bent_stamp_seen_through_its_field_is_the_stamp_again():
    torch.manual_seed(0)
    row, column = torch.arange(20.0)[:, None] - 10, torch.arange(24.0) - 12
    blob = torch.exp(-(row.square() + column.square()) / 18)[None, None].expand(5, -1, -1, -1)
    bends, basis = torch.randn(5, 2, 15) * 0.15, polynomials(SIZE, "smooth")
    again = warped(bent(blob, bends, basis), displacements(bends, basis, SIZE))
    assert (again - blob).abs().max() < 0.05
