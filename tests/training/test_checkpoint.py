"""Facts about checkpoints: nested state comes back exactly, and nothing is pickled."""

from pathlib import Path

import pytest
import torch

from stampnet.errors import InputError
from stampnet.training.checkpoint import load_checkpoint, save_checkpoint

STATE = {
    "optimizer": {0: {"step": torch.tensor(3.0), "mean": torch.arange(6.0).reshape(2, 3)}, 1: {}},
    "betas": (0.9, 0.999),
    "epochs": [1, 2.5, None, True, "text", float("inf")],
}


def test_nested_state_comes_back_with_its_keys_and_types(tmp_path: Path) -> None:
    save_checkpoint(STATE, tmp_path / "last.safetensors")
    back = load_checkpoint(tmp_path / "last.safetensors")
    assert torch.equal(back["optimizer"][0]["mean"], STATE["optimizer"][0]["mean"])
    assert back["optimizer"][1] == {}
    assert back["betas"] == (0.9, 0.999)
    assert back["epochs"] == STATE["epochs"]


def test_what_json_cannot_hold_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    save_checkpoint({"epoch": 1}, path)
    with pytest.raises(TypeError, match="cannot hold a set"):
        save_checkpoint({"epoch": {1, 2}}, path)
    assert load_checkpoint(path) == {"epoch": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]


def test_a_damaged_or_missing_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "cut.safetensors").write_bytes(b"cut")
    with pytest.raises(InputError, match=r"cut\.safetensors is not a stampnet checkpoint"):
        load_checkpoint(tmp_path / "cut.safetensors")
    with pytest.raises(InputError, match="there is no checkpoint"):
        load_checkpoint(tmp_path / "none.safetensors")
