"""Facts about the first stamps."""

import torch

from stampnet.data.simple_shapes import simple_shapes
from stampnet.matching.start import conspicuous_windows, first_stamps


def images(number: int) -> torch.Tensor:
    return torch.from_numpy(simple_shapes(number, 1, (48, 48), seed=0).images).float()[:, None] / 255


def test_windows_hold_the_whole_object() -> None:
    scenes = images(50)
    windows = conspicuous_windows(scenes, (28, 28), 50, torch.Generator().manual_seed(0))
    assert sorted(windows.sum((1, 2, 3)).tolist()) == sorted(scenes.sum((1, 2, 3)).tolist())


def test_first_stamps_differ_where_the_images_do() -> None:
    stamps = first_stamps(images(200), 5, (28, 28), torch.Generator().manual_seed(0))
    assert len({tuple(stamp.flatten().tolist()) for stamp in stamps}) == 5


def test_more_stamps_than_images_are_given_all_the_same() -> None:
    assert first_stamps(images(3), 8, (28, 28), torch.Generator().manual_seed(0)).shape == (8, 1, 28, 28)
