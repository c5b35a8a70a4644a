"""Facts about what is remembered of images."""

import torch
from torch import Tensor

from stampnet.training.memory import Memory


def test_what_is_known_is_not_computed_again() -> None:
    memory = Memory(6)
    asked: list[list[int]] = []

    def recall(*numbers: int) -> tuple[Tensor, ...]:
        batch = torch.tensor(numbers)

        def compute(new: Tensor) -> tuple[Tensor, ...]:
            asked.append(batch[new].tolist())
            return 10 * batch[new], torch.stack([batch[new] > 2, batch[new] < 9], dim=1)

        return memory.recall(batch, compute)

    assert recall(4, 1)[0].tolist() == [40, 10]
    tens, flags = recall(1, 5, 4, 0)
    assert tens.tolist() == [10, 50, 40, 0]
    assert flags.tolist() == [[False, True], [True, True], [True, True], [False, True]]
    recall(0, 5)
    assert asked == [[4, 1], [5, 0]]
