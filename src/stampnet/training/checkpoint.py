"""The trainer's state to a file and back, without pickle: tensors as safetensors, all else as JSON in its header."""

import json
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.plugins.io import CheckpointIO
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from stampnet.atomic import whole_file
from stampnet.errors import InputError
from stampnet.training.lightning_module import StampNetTraining
from stampnet.training.matching_module import MatchingTraining

LAST, BEST = "last.safetensors", "best.safetensors"


def flatten(state: object, tensors: dict[str, torch.Tensor]) -> Any:
    """Nested state as JSON: tensors move to `tensors`, dictionaries become lists of pairs, for keys may be numbers."""
    match state:
        case torch.Tensor():
            name = str(len(tensors))
            tensors[name] = state.detach().cpu().contiguous().clone()
            return {"tensor": name}
        case dict():
            return {"dict": [[key, flatten(value, tensors)] for key, value in state.items()]}
        case tuple():
            return {"tuple": [flatten(value, tensors) for value in state]}
        case list():
            return [flatten(value, tensors) for value in state]
        case None | bool() | int() | float() | str():
            return state
    raise TypeError(f"a checkpoint cannot hold a {type(state).__name__}")


def unflatten(state: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """The inverse of `flatten`."""
    match state:
        case {"tensor": name}:
            return tensors[name]
        case {"dict": pairs}:
            return {key: unflatten(value, tensors) for key, value in pairs}
        case {"tuple": values}:
            return tuple(unflatten(value, tensors) for value in values)
        case list():
            return [unflatten(value, tensors) for value in state]
    return state


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Writes nested tensors, numbers and strings to one file, whole or not at all."""
    tensors: dict[str, torch.Tensor] = {}
    header = {"state": json.dumps(flatten(state, tensors))}
    with whole_file(path) as temporary:
        save_file(tensors, temporary, metadata=header)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Reads what `save_checkpoint` wrote.

    Raises InputError where the file is missing or is not such a checkpoint.
    """
    if not path.is_file():
        raise InputError(f"there is no checkpoint {path}; start the run without --resume")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return unflatten(json.loads((file.metadata() or {})["state"]), tensors)
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not a stampnet checkpoint or is damaged ({error}); fit the run again") from error


class SafetensorsIO(CheckpointIO):
    """How the trainer saves and loads."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:  # noqa: ARG002
        save_checkpoint(checkpoint, Path(path))

    def load_checkpoint(
        self,
        path: Any,
        map_location: Any = None,  # noqa: ARG002
        weights_only: bool | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        return load_checkpoint(Path(path))

    def remove_checkpoint(self, path: Any) -> None:
        Path(path).unlink(missing_ok=True)


class KeepLastAndBest(Checkpoint):
    """Saves every epoch to `last`, and to `best` the epoch of least validation error among comparable ones.

    Labels take no part.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.best_sse = float("inf")

    def state_dict(self) -> dict[str, Any]:
        return {"best_sse": self.best_sse}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best_sse = state_dict["best_sse"]

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, StampNetTraining | MatchingTraining)
        error = float(trainer.callback_metrics.get("val_sse", float("inf")))
        if error < self.best_sse and pl_module.is_comparable:
            self.best_sse = error
            trainer.save_checkpoint(self.folder / BEST)
        trainer.save_checkpoint(self.folder / LAST)
