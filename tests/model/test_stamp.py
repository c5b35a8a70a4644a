"""Facts about the stamp layer: small enough to do by hand, and equal to the paper's convolution."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stampnet.benchmarks.decoder import press_by_convolution
from stampnet.model.deformation import Deformation, polynomials
from stampnet.model.selection_localization import Choices
from stampnet.model.stamp import StampLayer, chosen_bent, placed, press


def random_choices(batch: int, slots: int, stamps: int, rows: int, columns: int) -> Choices:
    generator = torch.Generator().manual_seed(batch + 10 * slots + 100 * stamps + 1000 * rows + columns)
    shapes = [(batch, slots, stamps), (batch, slots, rows), (batch, slots, columns)]
    return Choices(*(torch.rand(s, generator=generator, dtype=torch.float64).softmax(-1) for s in shapes))


def press_in_loops(stamps: torch.Tensor, choices: Choices) -> torch.Tensor:
    """Equations 1 and 2, written as sums over single numbers."""
    num_stamps, channels, height, width = stamps.shape
    batch, slots, rows = choices.row.shape
    columns = choices.column.shape[2]
    canvas = torch.zeros(batch, channels, rows + height - 1, columns + width - 1, dtype=stamps.dtype)
    for b in range(batch):
        for m in range(slots):
            for n in range(num_stamps):
                for y in range(rows):
                    for x in range(columns):
                        weight = choices.stamp[b, m, n] * choices.row[b, m, y] * choices.column[b, m, x]
                        canvas[b, :, y : y + height, x : x + width] += weight * stamps[n]
    return canvas


def test_a_certain_choice_copies_the_stamp() -> None:
    stamps = torch.tensor([[[[0.0, 0.0]]], [[[0.25, 0.75]]]])
    choices = Choices(
        stamp=torch.tensor([[[0.0, 1.0]]]),
        row=torch.tensor([[[0.0, 1.0]]]),
        column=torch.tensor([[[0.0, 1.0]]]),
    )
    assert press(stamps, choices).tolist() == [[[[0, 0, 0], [0, 0.25, 0.75]]]]


def test_overlapping_stamps_add_up_and_are_clipped_once() -> None:
    layer = StampLayer(num_stamps=1, num_channels=1, stamp_size=(1, 2))
    layer.stamps.data = torch.tensor([[[[0.6, 0.7]]]])
    choices = Choices(stamp=torch.ones(1, 2, 1), row=torch.ones(1, 2, 1), column=torch.eye(2)[None])
    assert press(layer.stamps, choices)[0, 0, 0].tolist() == pytest.approx([0.6, 1.3, 0.7])
    assert layer(choices)[0, 0, 0].tolist() == pytest.approx([0.6, 1.0, 0.7])


def test_the_clip_stops_the_gradient_where_it_clips() -> None:
    layer = StampLayer(num_stamps=1, num_channels=1, stamp_size=(1, 2))
    layer.stamps.data = torch.tensor([[[[2.0, 0.5]]]])
    layer(Choices(torch.ones(1, 1, 1), torch.ones(1, 1, 1), torch.ones(1, 1, 1))).sum().backward()
    assert layer.stamps.grad is not None
    assert layer.stamps.grad.flatten().tolist() == [0.0, 1.0]


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.integers(1, 3)] * 3), st.tuples(*[st.integers(1, 4)] * 4))
def test_pressing_equals_the_sums_of_the_paper(counts: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    (slots, num_stamps, channels), (height, width, rows, columns) = counts, sizes
    stamps = torch.rand(num_stamps, channels, height, width, dtype=torch.float64)
    choices = random_choices(2, slots, num_stamps, rows, columns)
    torch.testing.assert_close(press(stamps, choices), press_in_loops(stamps, choices), rtol=0, atol=1e-14)


@pytest.mark.parametrize(("channels", "sizes"), [(1, (28, 28, 57, 57)), (3, (5, 8, 12, 9))])
def test_values_and_gradients_agree_with_the_convolution_to_round_off(
    channels: int, sizes: tuple[int, int, int, int]
) -> None:
    height, width, rows, columns = sizes
    gradients, values = [], []
    target = torch.rand(2, channels, rows + height - 1, columns + width - 1, dtype=torch.float64)
    for decode in (press, press_by_convolution):
        torch.manual_seed(0)
        stamps = torch.rand(10, channels, height, width, dtype=torch.float64, requires_grad=True)
        choices = Choices(*(c.requires_grad_() for c in random_choices(2, 2, 10, rows, columns)))
        image = decode(stamps, choices)
        (image - target).square().sum().backward()
        values.append(image.detach())
        gradients.append([t.grad for t in (stamps, *choices)])
    torch.testing.assert_close(values[0], values[1], rtol=1e-12, atol=1e-12)
    for ours, reference in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, reference, rtol=1e-11, atol=1e-11)


def random_deformation(batch: int, slots: int, functions: int) -> Deformation:
    generator = torch.Generator().manual_seed(0)
    bends = 0.3 * torch.randn(batch, slots, 2, functions, generator=generator, dtype=torch.float64)
    return Deformation(bends, 0.2 * torch.randn(batch, slots, 2, generator=generator, dtype=torch.float64))


def test_without_coefficients_a_bent_stamp_is_the_stamp() -> None:
    stamps = torch.rand(3, 2, 6, 7)
    choices = Choices(*(choice.float() for choice in random_choices(2, 2, 3, 5, 4)))
    straight = Deformation(torch.zeros(2, 2, 2, 3), torch.zeros(2, 2, 2))
    basis = polynomials((6, 7), "affine")
    torch.testing.assert_close(placed(chosen_bent(stamps, choices, straight, basis), choices), press(stamps, choices))


def test_a_shift_by_one_pixel_and_half_the_strength_are_seen_in_the_image() -> None:
    layer = StampLayer(num_stamps=1, num_channels=1, stamp_size=(3, 5), deform="affine")
    layer.stamps.data.zero_()[0, 0, 1, 2] = 0.8
    bends = torch.zeros(1, 1, 2, 3)
    bends[0, 0, 1, 0] = -1.0  # pixel p of the stamp is printed at p + field(p)
    deformation = Deformation(bends, torch.tensor([[[0.0, -0.5]]]))
    choices = Choices(torch.ones(1, 1, 1), torch.tensor([[[0.0, 1.0]]]), torch.ones(1, 1, 1))
    expected = torch.zeros(1, 1, 4, 5)
    expected[0, 0, 2, 1] = 0.4
    torch.testing.assert_close(layer(choices, deformation), expected, rtol=0, atol=1e-5)


def test_a_thin_stamp_is_clipped_at_black() -> None:
    layer = StampLayer(num_stamps=1, num_channels=1, stamp_size=(7, 7), deform="affine")
    layer.stamps.data.zero_()[..., 2:5, 2:5] = 0.5
    thin = Deformation(torch.zeros(1, 1, 2, 3), torch.tensor([[[-2.0, 0.0]]]))
    choices = Choices(torch.ones(1, 1, 1), torch.ones(1, 1, 1), torch.ones(1, 1, 1))
    assert placed(chosen_bent(layer.stamps, choices, thin, layer.basis), choices).min() < -0.1
    assert layer(choices, thin).min() == 0


@pytest.mark.parametrize("deform", ["affine", "smooth"])
def test_gradients_of_stamps_choices_bends_and_tones_are_those_of_finite_differences(deform: str) -> None:
    torch.manual_seed(1)
    basis = polynomials((6, 7), deform).double()  # type: ignore[arg-type]
    stamps = (0.2 + 0.6 * torch.rand(2, 2, 6, 7, dtype=torch.float64)).requires_grad_()
    choices = [choice.requires_grad_() for choice in random_choices(1, 2, 2, 3, 2)]
    deformation = [field.requires_grad_() for field in random_deformation(1, 2, len(basis))]

    def image(stamps: torch.Tensor, *fields: torch.Tensor) -> torch.Tensor:
        choices, deformation = Choices(*fields[:3]), Deformation(*fields[3:])
        return placed(chosen_bent(stamps, choices, deformation, basis), choices)

    assert torch.autograd.gradcheck(image, (stamps, *choices, *deformation), eps=1e-7, atol=1e-5)


def test_an_empty_slot_prints_nothing_however_it_is_bent() -> None:
    layer = StampLayer(num_stamps=2, num_channels=1, stamp_size=(6, 6), deform="affine")
    nothing = Choices(torch.zeros(3, 1, 2), torch.ones(3, 1, 1), torch.ones(3, 1, 1))
    bent = Deformation(torch.randn(3, 1, 2, 3), torch.randn(3, 1, 2))
    assert not layer(nothing, bent).any()


def test_stamps_start_within_glorots_bound_of_the_reference() -> None:
    stamps = StampLayer(num_stamps=10, num_channels=1, stamp_size=(28, 28)).stamps
    assert 0.026 < float(stamps.detach().abs().max()) < 0.0265


def test_constrain_moves_stamps_into_zero_to_max() -> None:
    layer = StampLayer(num_stamps=1, num_channels=1, stamp_size=(1, 3), max_value=0.5)
    layer.stamps.data = torch.tensor([[[[-1.0, 0.2, 0.9]]]])
    layer.constrain()
    assert layer.stamps.flatten().tolist() == pytest.approx([0, 0.2, 0.5])


def test_stamping_stays_in_float32_under_autocast() -> None:
    layer = StampLayer(num_stamps=2, num_channels=1, stamp_size=(3, 3))
    choices = Choices(torch.rand(1, 1, 2), torch.rand(1, 1, 4), torch.rand(1, 1, 4))
    with torch.autocast("cpu", torch.bfloat16):
        half = layer(choices)
    assert half.dtype == torch.float32
    assert torch.equal(half, layer(choices))
