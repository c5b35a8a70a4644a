"""A fitted network to a folder and back: settings as YAML, weights as safetensors, no pickle."""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import yaml
from pydantic import Discriminator, TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from stampnet.atomic import whole_file
from stampnet.data.layout import Layout
from stampnet.data.plan import Choice
from stampnet.data.preparation import Field
from stampnet.data.recipe import SceneRecipe
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig, StampMatcher
from stampnet.model.network import NetworkConfig, StampNetwork
from stampnet.naming import Names
from stampnet.training.config import Hardware, MatchingTrainingConfig, TrainingConfig
from stampnet.training.fitted import Model

CONFIG, WEIGHTS, MODEL, ENVIRONMENT = "config.yaml", "model.safetensors", "model.json", "environment.json"
NAMES, STATIC = "names.yaml", "background.npy"
FORMAT_VERSION = 1

EngineConfig = Annotated[NetworkConfig | MatchingConfig, Discriminator("engine")]
EngineTraining = Annotated[TrainingConfig | MatchingTrainingConfig, Discriminator("engine")]
"""Which of the two is meant is told by their field `engine`."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that a run was made with, resolved: what `config.yaml` holds."""

    images: tuple[str, ...] = ()
    """The folders, files and patterns of images that were fitted; none where `recipe` made them or the array came from
    Python."""
    recipe: SceneRecipe | None = None
    """How the images were generated."""
    teacher: str | None = None
    """The run of matching whose placements a network learns."""
    model: EngineConfig
    training: EngineTraining | None = None
    """None where the weights were imported."""
    hardware: Hardware = field(default_factory=Hardware)
    layout: Layout | None = None
    """How images are prepared and cut into tiles; None where the model sees them as they are."""
    choices: tuple[Choice, ...] = ()
    """What was chosen by what the images show, and why."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """What `model.json` says beside the weights."""

    format_version: int = FORMAT_VERSION
    model: EngineConfig
    full_scale: float
    """The pixel value that counts as 1: 255 for 8 bit images, the largest value of the fitted set for 16 bit."""


def _plain(settings: Any) -> Any:
    """Dataclasses as dictionaries, tuples as lists: what YAML and JSON know."""
    return TypeAdapter(Any).dump_python(asdict(settings), mode="json")


def _parse(kind: Any, settings: object, path: Path) -> Any:
    """`settings` as an object of that type, which may be one such as dict[int, str]."""
    try:
        return TypeAdapter(kind).validate_python(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}: {where}: {first['msg']}, got {first['input']!r}; correct it or fit again") from error


def save_config(config: RunConfig, folder: Path) -> None:
    """Writes `config.yaml` and `environment.json`."""
    with whole_file(folder / CONFIG) as temporary:
        temporary.write_text(yaml.safe_dump(_plain(config), sort_keys=False), encoding="utf-8")
    seed = config.training.seed if config.training else None
    with whole_file(folder / ENVIRONMENT) as temporary:
        temporary.write_text(json.dumps({**environment(), "seed": seed}, indent=2), encoding="utf-8")


def load_config(folder: Path) -> RunConfig:
    """Reads `config.yaml`.

    Raises InputError where the folder is no run or the file says something unknown.
    """
    path = folder / CONFIG
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{folder} is not a run folder: it has no {CONFIG}; make one with stampnet fit") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable YAML ({error}); correct it or fit again") from error
    return _parse(RunConfig, settings, path)


def save_model(model: Model, full_scale: float, folder: Path) -> None:
    """Writes `model.safetensors` and `model.json`."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    with whole_file(folder / WEIGHTS) as temporary:
        save_file(tensors, temporary)
    saved = SavedModel(model=model.config, full_scale=full_scale)
    with whole_file(folder / MODEL) as temporary:
        temporary.write_text(json.dumps(_plain(saved), indent=2), encoding="utf-8")


def load_model(folder: Path) -> tuple[Model, float]:
    """The model of a run, ready to detect, and the pixel value that counts as 1.

    Raises InputError where the folder holds no model or a damaged one.
    """
    path = folder / MODEL
    try:
        saved = _parse(SavedModel, json.loads(path.read_text(encoding="utf-8")), path)
        model = StampMatcher(saved.model) if isinstance(saved.model, MatchingConfig) else StampNetwork(saved.model)
        model.load_state_dict(load_file(folder / WEIGHTS))
    except FileNotFoundError as error:
        missing = Path(error.filename).name if error.filename else WEIGHTS
        raise InputError(f"{folder} holds no fitted model: {missing} is missing; make one with stampnet fit") from error
    except (json.JSONDecodeError, UnicodeDecodeError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the model in {folder} is damaged ({reason}); fit it again") from error
    if saved.format_version != FORMAT_VERSION:
        raise InputError(
            f"{path} has format {saved.format_version}, this stampnet reads {FORMAT_VERSION}; install another version"
        )
    return model.eval(), saved.full_scale


def save_static(static: Field, folder: Path) -> None:
    """Writes `background.npy`: the background that all images of the run share."""
    with whole_file(folder / STATIC) as temporary, temporary.open("wb") as stream:
        np.save(stream, static)


def load_static(folder: Path, layout: Layout | None) -> Field | None:
    """Reads `background.npy` where the images of the run share a background.

    Raises InputError where it is missing or damaged.
    """
    if layout is None or layout.preparation.background != "static":
        return None
    path = folder / STATIC
    try:
        static = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is missing or damaged ({error}); fit the run again") from error
    if static.ndim != 3 or static.dtype != np.float32:
        raise InputError(f"{path} holds {static.dtype} of shape {static.shape}, no background; fit the run again")
    return static


def save_names(names: Names, folder: Path) -> None:
    """Writes `names.yaml`: what a person calls the classes of the run."""
    with whole_file(folder / NAMES) as temporary:
        temporary.write_text(yaml.safe_dump(dict(sorted(names.items())), allow_unicode=True), encoding="utf-8")


def load_names(folder: Path) -> dict[int, str]:
    """Reads `names.yaml`; no names where there is none.

    Raises InputError where the file says anything else than which number has which name.
    """
    path = folder / NAMES
    if not path.exists():
        return {}
    try:
        names = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not readable YAML ({error}); correct or remove it") from error
    return _parse(dict[int, str], names or {}, path)


def environment() -> dict[str, object]:
    """Versions, machine and commit: what a later reader needs to know about a number."""
    names = ("stampnet", "torch", "pytorch-lightning", "numpy", "scipy", "scikit-learn")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "commit": _commit(),
        "versions": {name: _version(name) for name in names},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    """The commit of this source tree; None where stampnet was installed without one."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    try:
        git = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
        return subprocess.run(git, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
