"""Facts about the Gumbel-softmax and the choices."""

import pytest
import torch

from stampnet.model.selection_localization import (
    Logits,
    SelectionLocalization,
    choose,
    gumbel_noise,
    most_likely,
    sampled,
)


def logits_of(row: list[float], copies: int = 1) -> Logits:
    tensor = torch.tensor(row).repeat(copies, 1, 1)
    return Logits(tensor, tensor.clone(), tensor.clone())


def test_choices_are_distributions() -> None:
    choices = choose(logits_of([0.0, 3.0, -2.0], copies=50), temperature=0.7)
    for choice in choices:
        torch.testing.assert_close(choice.sum(-1), torch.ones(50, 1))
        assert (choice >= 0).all()


def test_most_likely_takes_the_largest_logit_without_chance() -> None:
    choices = most_likely(logits_of([0.1, 0.3, 0.2]))
    assert choices.stamp.tolist() == choices.row.tolist() == [[[0, 1, 0]]]


def test_samples_follow_the_softmax_of_the_logits() -> None:
    logits = logits_of([0.0, 1.0, 2.0], copies=40_000)
    shares = sampled(logits, torch.Generator().manual_seed(1)).stamp.mean(dim=(0, 1))
    torch.testing.assert_close(shares, torch.softmax(torch.tensor([0.0, 1.0, 2.0]), 0), rtol=0, atol=0.01)


def test_a_low_temperature_gives_the_sample_of_the_same_noise() -> None:
    logits = logits_of([0.0, 1.0, 2.0], copies=200)
    soft = choose(logits, 1e-4, torch.Generator().manual_seed(3))
    hard = sampled(logits, torch.Generator().manual_seed(3))
    torch.testing.assert_close(soft.stamp.argmax(-1), hard.stamp.argmax(-1))
    assert float(soft.stamp.amax(-1).median()) > 0.999


def test_a_high_temperature_leaves_nothing_chosen() -> None:
    choice = choose(logits_of([0.0, 1.0, 2.0]), 1e4).stamp
    torch.testing.assert_close(choice, torch.full((1, 1, 3), 1 / 3), rtol=0, atol=1e-3)


def test_noise_has_gumbels_mean_and_the_authors_bounds() -> None:
    noise = gumbel_noise(torch.zeros(200_000), torch.Generator().manual_seed(0))
    assert float(noise.mean()) == pytest.approx(0.5772, abs=0.01)
    assert float(noise.min()) > -2.8
    assert float(noise.max()) < 16


def test_the_same_generator_gives_the_same_choices() -> None:
    logits = logits_of([0.0, 1.0, 2.0], copies=5)
    first, second = (choose(logits, 1.0, torch.Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(first.row, second.row)


def test_heads_give_one_logit_for_each_slot_and_choice() -> None:
    heads = SelectionLocalization(num_features=16, head_features=8, max_shapes=3, num_stamps=4, positions=(5, 7))
    logits = heads(torch.rand(2, 16))
    assert [tuple(x.shape) for x in logits] == [(2, 3, 4), (2, 3, 5), (2, 3, 7)]
