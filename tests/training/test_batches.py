"""Facts about the order of images."""

import torch

from stampnet.training.batches import EpochBatches, batches
from stampnet.training.pixels import to_images


def numbers(epoch: int, **settings: int) -> list[list[int]]:
    sampler = EpochBatches(10, 4, shuffle=True, seed=1, **settings)
    sampler.set_epoch(epoch)
    return list(sampler)


def test_an_epoch_has_whole_batches_of_different_images() -> None:
    first = numbers(0)
    assert [len(batch) for batch in first] == [4, 4]
    assert len(set(sum(first, []))) == 8  # noqa: RUF017


def test_order_depends_on_seed_and_epoch_alone() -> None:
    assert numbers(3) == numbers(3)
    assert numbers(3) != numbers(4)


def test_two_processes_share_the_batches_that_one_would_see() -> None:
    one = numbers(2)
    two = [numbers(2, process=rank, num_processes=2) for rank in range(2)]
    for whole, left, right in zip(one, *two, strict=True):
        assert sorted(left + right) == sorted(whole)


def test_without_shuffling_the_order_is_that_of_the_images() -> None:
    assert list(EpochBatches(5, 2, shuffle=False, seed=0)) == [[0, 1], [2, 3]]


def test_a_batch_knows_which_images_it_holds() -> None:
    pixels = torch.arange(10, dtype=torch.uint8).reshape(10, 1, 1, 1)
    for batch in batches(pixels, EpochBatches(10, 4, shuffle=True, seed=0)):
        assert batch.pixels.flatten().tolist() == batch.numbers.tolist()


def test_bytes_are_scaled_and_floats_are_kept() -> None:
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(3, 1, 1, 1)
    (batch,) = batches(pixels, EpochBatches(3, 3, shuffle=False, seed=0))
    assert torch.equal(to_images(batch.pixels), to_images(pixels))
    assert to_images(pixels).flatten().tolist() == torch.tensor([0, 0.2, 1]).tolist()
    assert torch.equal(to_images(pixels.float()), pixels.float())
