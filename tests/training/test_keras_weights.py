"""The authors' weights: what the imported networks do to a blank image, number for number."""

import shutil
from pathlib import Path

import pytest
import torch

from stampnet.data.simple_shapes import shape_masks
from stampnet.errors import InputError
from stampnet.model.network import StampNetwork
from stampnet.model.selection_localization import most_likely
from stampnet.training.keras_weights import import_weights

BLANK = {  # stamps, rows, columns, largest stamp logits, sum of the output, sum of the stamps
    "simple_shapes_2": ([2, 2], [55, 1], [27, 20], [5.8307, 14.4148], 383.70, 3518.42),
    "t_mnist_2": ([30, 30], [8, 12], [43, 13], [47.9399, 48.6890], 135.41, 4121.23),
    "ct_mnist_1": ([26], [2], [62], [8.7414], 88.20, 6558.16),
    "ct_mnist_2": ([9, 9], [5, 29], [70, 0], [47.2893, 52.0791], 183.77, 6387.18),
    "pedestrian": ([24, 24, 18], [0, 40, 0], [40, 40, 0], [14.6731, 19.3318, 15.5198], 719.08, 12632.15),
}


def load(folder: Path, run: str) -> StampNetwork:
    return import_weights(folder / f"{run}.hdf5", folder / f"{run}.json")


@pytest.mark.parametrize("run", BLANK)
def test_a_blank_image_gives_the_reference_values(authors_weights: Path, run: str) -> None:
    network = load(authors_weights, run)
    with torch.inference_mode():
        logits = network.logits(torch.zeros(1, 1, *network.config.image_size))
        choices = most_likely(logits)
        output = network.stamp(choices)
    stamps, rows, columns, largest, output_sum, stamp_sum = BLANK[run]
    assert [choice.argmax(-1)[0].tolist() for choice in choices] == [stamps, rows, columns]
    assert logits.stamp.amax(-1)[0].tolist() == pytest.approx(largest, abs=2e-3)
    assert float(output.sum()) == pytest.approx(output_sum, abs=0.01)
    assert float(network.stamp.stamps.detach().sum()) == pytest.approx(stamp_sum, abs=0.01)


def test_stamps_are_flipped_the_right_way(authors_weights: Path) -> None:
    stamps = load(authors_weights, "simple_shapes_2").stamp.stamps.detach()[:, 0]
    triangle = torch.from_numpy(shape_masks()[2] / 255).float().roll(-1, dims=1)  # learned one column to the left
    errors = [float((stamps[number] - triangle).square().sum()) for number in (0, 5, 7)]
    assert errors == pytest.approx([1.38, 3.26, 1.46], abs=0.01)


def test_files_of_two_runs_are_refused(authors_weights: Path) -> None:
    with pytest.raises(
        InputError, match=r"ct_mnist_1\.hdf5 does not hold the weights that .*t_mnist_2\.json describes"
    ):
        import_weights(authors_weights / "ct_mnist_1.hdf5", authors_weights / "t_mnist_2.json")


def test_missing_and_wrong_files_are_named(authors_weights: Path, tmp_path: Path) -> None:
    config = authors_weights / "ct_mnist_1.json"
    with pytest.raises(InputError, match=r"there is no file .*none\.hdf5"):
        import_weights(tmp_path / "none.hdf5", config)
    with pytest.raises(InputError, match=r"there is no file .*none\.json"):
        import_weights(authors_weights / "ct_mnist_1.hdf5", tmp_path / "none.json")
    (tmp_path / "text.hdf5").write_text("not HDF5")
    with pytest.raises(InputError, match=r"text\.hdf5 does not hold the weights"):
        import_weights(tmp_path / "text.hdf5", config)
    shutil.copy(authors_weights / "LICENSE", tmp_path / "config.json")
    with pytest.raises(InputError, match=r"config\.json is not a configuration of the authors' code"):
        import_weights(authors_weights / "ct_mnist_1.hdf5", tmp_path / "config.json")
