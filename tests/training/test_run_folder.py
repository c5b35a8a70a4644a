"""Facts about run folders: what is written comes back, what is damaged is named."""

import json
from pathlib import Path

import pytest
import torch

from stampnet.errors import InputError
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.training.presets import PRESETS, preset
from stampnet.training.run_folder import RunConfig, load_config, load_model, save_config, save_model

NETWORK = NetworkConfig(image_size=(16, 20), stamp_size=(6, 8), num_stamps=3, max_shapes=2, block_channels=(4,))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_yaml(tmp_path: Path, name: str) -> None:
    chosen = preset(name)
    config = RunConfig(images=("pictures",), recipe=chosen.recipe, model=chosen.model, training=chosen.training)
    save_config(config, tmp_path)
    assert load_config(tmp_path) == config
    assert json.loads((tmp_path / "environment.json").read_text())["seed"] == 0


def test_a_model_comes_back_exactly(tmp_path: Path) -> None:
    network = StampNetwork(NETWORK).eval()
    save_model(network, 4000.0, tmp_path)
    back, full_scale = load_model(tmp_path)
    assert full_scale == 4000
    assert back.config == NETWORK
    images = torch.rand(2, 1, 16, 20)
    for ours, theirs in zip(network.logits(images), back.logits(images), strict=True):
        assert torch.equal(ours, theirs)


def test_no_file_of_a_run_is_pickled(tmp_path: Path) -> None:
    save_model(StampNetwork(NETWORK), 255.0, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.json", "model.safetensors"]
    assert b"pickle" not in (tmp_path / "model.safetensors").read_bytes()


def test_what_is_not_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a run folder: it has no config\.yaml"):
        load_config(tmp_path)
    with pytest.raises(InputError, match=r"holds no fitted model: model\.json is missing"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("model: [", "not readable YAML"),
        ("model: {engine: network, num_stamps: many}", r"model\.network\.\w+"),
        ("model: {engine: magic}", "model: Input tag 'magic'"),
        ("{}", "model"),
    ],
)
def test_a_damaged_config_is_named_with_the_place(tmp_path: Path, settings: str, message: str) -> None:
    (tmp_path / "config.yaml").write_text(settings)
    with pytest.raises(InputError, match=message):
        load_config(tmp_path)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    save_model(StampNetwork(NETWORK), 255.0, tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(InputError, match="is damaged"):
        load_model(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match="holds no fitted model"):
        load_model(tmp_path)


def test_a_model_of_another_format_is_refused(tmp_path: Path) -> None:
    save_model(StampNetwork(NETWORK), 255.0, tmp_path)
    path = tmp_path / "model.json"
    path.write_text(path.read_text().replace('"format_version": 1', '"format_version": 99'))
    with pytest.raises(InputError, match="format 99"):
        load_model(tmp_path)
