"""Facts about the head that bends."""

import torch

from stampnet.model.deformation_head import DeformationHead


def test_it_gives_each_slot_two_coefficients_for_every_function_and_two_tones() -> None:
    head = DeformationHead(num_features=16, head_features=8, max_shapes=3, num_functions=5)
    bends, tones = head(torch.rand(4, 16))
    assert bends.shape == (4, 3, 2, 5)
    assert tones.shape == (4, 3, 2)
    assert bends.abs().sum() > 0


def test_a_head_that_keeps_the_form_answers_zero_and_still_gets_a_gradient() -> None:
    head = DeformationHead(num_features=16, head_features=8, max_shapes=2, num_functions=3)
    head.keep_form()
    bends, tones = head(torch.rand(4, 16))
    assert not bends.any()
    assert not tones.any()
    (bends.sum() + tones.sum()).backward()
    assert head.last.weight.grad is not None
    assert head.last.weight.grad.abs().sum() > 0
