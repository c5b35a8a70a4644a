"""Facts about whole runs, tiny ones: exact resume, Ctrl-C, two processes, refused settings."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from command_line import typed
from stampnet.data.scene_folder import write_scenes
from stampnet.data.simple_shapes import simple_shapes
from stampnet.errors import InputError
from stampnet.matching.matcher import MatchingConfig
from stampnet.model.network import NetworkConfig
from stampnet.training.annealing import Annealing
from stampnet.training.config import Hardware, MatchingTrainingConfig, TrainingConfig
from stampnet.training.fit import fit
from stampnet.training.fitted import Fitted, Model
from stampnet.training.history import read_history

SIZES = {"image_size": (16, 20), "stamp_size": (6, 8), "num_stamps": 3, "max_shapes": 2}
NETWORK = NetworkConfig(**SIZES, block_channels=(4, 8))
TRAINING = TrainingConfig(epochs=4, num_validation=16, batch_size=16, annealing=Annealing.over(12))
MATCHING = MatchingConfig(**SIZES)
BENDING = replace(MATCHING, num_stamps=5, deform="smooth", num_classes=2)
# 44 steps: stamps are centred and restarted on both sides of the middle.
MATCHING_TRAINING = MatchingTrainingConfig(epochs=4, num_validation=20, batch_size=4)
Settings = tuple[NetworkConfig, TrainingConfig] | tuple[MatchingConfig, MatchingTrainingConfig]


@pytest.fixture(params=["network", "matching", "bending"])
def settings(request: pytest.FixtureRequest) -> Settings:
    choices: dict[str, Settings] = {
        "network": (NETWORK, TRAINING),
        "matching": (MATCHING, MATCHING_TRAINING),
        "bending": (BENDING, MATCHING_TRAINING),
    }
    return choices[request.param]


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (64, 1, 16, 20), dtype=torch.uint8, generator=generator)


@pytest.fixture(scope="module")
def whole(pixels: torch.Tensor) -> Callable[..., Fitted]:
    """A run that nothing interrupts, made once for all tests that compare with it."""
    return cache(partial(fit, pixels))


def same(first: Model, second: Model) -> bool:
    values = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in values)


def numbers(fitted: Fitted) -> list[dict[str, float | int | None]]:
    timings = ("seconds", "images_per_second")
    return [{key: value for key, value in row.items() if key not in timings} for row in fitted.history]


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch, number: int = signal.SIGINT) -> None:
    """Ctrl-C, or another signal, after that step."""
    steps = []

    def interrupt(*_: object) -> None:
        steps.append(1)
        if len(steps) == step:
            os.kill(os.getpid(), number)

    monkeypatch.setattr("pytorch_lightning.LightningModule.on_train_batch_end", interrupt)


def test_a_run_with_more_epochs_continues_from_its_last(
    pixels: torch.Tensor, whole: Callable[..., Fitted], tmp_path: Path
) -> None:
    fit(pixels, NETWORK, replace(TRAINING, epochs=2), folder=tmp_path / "halves")
    resumed = fit(pixels, NETWORK, TRAINING, folder=tmp_path / "halves", resume=True)
    assert same(whole(NETWORK, TRAINING).model, resumed.model)
    assert numbers(whole(NETWORK, TRAINING)) == numbers(resumed)
    assert len(read_history(tmp_path / "halves" / "metrics.csv")) == 4


def test_the_same_seed_gives_the_same_model_and_leaves_the_callers_chance_alone(
    pixels: torch.Tensor, settings: Settings, whole: Callable[..., Fitted]
) -> None:
    model, training = settings
    first = whole(model, training)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    again = fit(pixels, model, training)
    assert torch.equal(torch.rand(3), expected)
    assert same(first.model, again.model)
    assert not same(first.model, fit(pixels, model, replace(training, seed=1)).model)


def test_stamps_stay_within_zero_and_one(whole: Callable[..., Fitted], settings: Settings) -> None:
    model = whole(*settings).model
    stamps = model.stamp.stamps.detach() + getattr(model, "background", 0.0)
    assert -1e-6 <= float(stamps.min()) <= float(stamps.max()) <= 1 + 1e-6
    assert float(stamps.max()) > 0


def test_ctrl_c_returns_what_was_learned_and_a_resumed_run_ends_exactly_as_an_uninterrupted_one(
    pixels: torch.Tensor,
    whole: Callable[..., Fitted],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, training = settings
    # A process that was started in the background ignores Ctrl-C: this one must not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stop_at(len(pixels) // training.batch_size + 1, monkeypatch)
    interrupted = fit(pixels, model, training, folder=tmp_path)
    assert interrupted.interrupted
    assert len(interrupted.history) == 1
    monkeypatch.undo()
    resumed = fit(pixels, model, training, folder=tmp_path, resume=True)
    assert same(whole(model, training).model, resumed.model)
    assert numbers(whole(model, training)) == numbers(resumed)
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_a_run_that_is_told_to_end_does_so_and_can_be_resumed(
    pixels: torch.Tensor,
    whole: Callable[..., Fitted],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, training = settings
    before = signal.getsignal(signal.SIGTERM)
    stop_at(len(pixels) // training.batch_size + 1, monkeypatch, signal.SIGTERM)
    with pytest.raises(SystemExit) as end:
        fit(pixels, model, training, folder=tmp_path)
    assert end.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before
    monkeypatch.undo()
    resumed = fit(pixels, model, training, folder=tmp_path, resume=True)
    assert same(resumed.model, whole(model, training).model)


def test_a_run_is_resumed_within_the_passes_that_bend_stamps(
    pixels: torch.Tensor, whole: Callable[..., Fitted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stop_at(44 + 11 + 5, monkeypatch)  # in the second pass
    interrupted = fit(pixels, BENDING, MATCHING_TRAINING, folder=tmp_path)
    monkeypatch.undo()
    signal.signal(signal.SIGINT, before)
    assert len(interrupted.history) == 5
    resumed = fit(pixels, BENDING, MATCHING_TRAINING, folder=tmp_path, resume=True)
    assert same(whole(BENDING, MATCHING_TRAINING).model, resumed.model)
    assert numbers(whole(BENDING, MATCHING_TRAINING)) == numbers(resumed)


STARTS = replace(MATCHING_TRAINING, num_starts=3)


def test_of_several_starts_the_one_with_the_least_error_is_kept(whole: Callable[..., Fitted]) -> None:
    best = whole(MATCHING, STARTS)
    assert [one.seed for one in best.starts] == [0, 1, 2]
    alone = [whole(MATCHING, replace(MATCHING_TRAINING, seed=seed)) for seed in range(3)]
    assert [one.error for one in best.starts] == [fitted.history[-1]["val_sse"] for fitted in alone]
    winner = min(best.starts, key=lambda one: one.error).seed
    assert same(best.model, alone[winner].model)
    assert numbers(best) == numbers(alone[winner])


def test_several_starts_are_resumed_where_they_stopped(
    pixels: torch.Tensor, whole: Callable[..., Fitted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stop_at(44 + 12, monkeypatch)  # in the second epoch of the second start
    interrupted = fit(pixels, MATCHING, STARTS, folder=tmp_path)
    monkeypatch.undo()
    signal.signal(signal.SIGINT, before)
    assert interrupted.interrupted
    assert [one.seed for one in interrupted.starts] == [0]
    resumed = fit(pixels, MATCHING, STARTS, folder=tmp_path, resume=True)
    assert resumed.starts == whole(MATCHING, STARTS).starts
    assert same(resumed.model, whole(MATCHING, STARTS).model)


def test_pruning_leaves_the_stamps_that_the_images_need(pixels: torch.Tensor) -> None:
    pruned = fit(pixels, MATCHING, replace(MATCHING_TRAINING, prune=True)).model
    assert pruned.config.num_stamps == len(pruned.stamp.stamps) <= 3


def test_the_best_epoch_counts_at_low_temperature_only(pixels: torch.Tensor, tmp_path: Path) -> None:
    hot = replace(TRAINING, annealing=Annealing(rate=0.0))
    fit(pixels, NETWORK, hot, folder=tmp_path)
    files = [file.name for file in (tmp_path / "checkpoints").iterdir()]
    assert files == ["last.safetensors"]


def test_half_precision_learns_too(pixels: torch.Tensor) -> None:
    history = fit(pixels, NETWORK, TRAINING, Hardware(precision="bf16-mixed", accelerator="cpu")).history
    assert history[-1]["train_sse"] < history[0]["train_sse"]


def test_a_compiled_network_learns_the_same() -> None:
    """In a process without the shape checks, which a compiler cannot follow; without building C++, which is slow."""
    script = """
import torch
from dataclasses import replace
from stampnet.model.network import NetworkConfig
from stampnet.training.config import Hardware, TrainingConfig
from stampnet.training.fit import fit
compile_module = torch.nn.Module.compile
torch.nn.Module.compile = lambda self: compile_module(self, backend="eager")
network = NetworkConfig(image_size=(16, 20), stamp_size=(6, 8), num_stamps=3, max_shapes=2, block_channels=(4, 8))
pixels = torch.randint(0, 256, (64, 1, 16, 20), dtype=torch.uint8)
plain, compiled = (
    fit(pixels, network, TrainingConfig(epochs=2), Hardware(accelerator="cpu", compile=choice)).history[-1]["train_sse"]
    for choice in (False, True)
)
assert abs(plain - compiled) < 1e-2, (plain, compiled)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stderr[-2000:]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_validation": 60}, "4 training images do not fill one batch of 16"),
        ({"num_train": 60}, "there are only 64"),
    ],
)
def test_too_few_images_are_refused_with_their_number(
    pixels: torch.Tensor, change: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fit(pixels, NETWORK, replace(TRAINING, **change))


def test_images_of_another_size_are_refused_with_both_sizes(pixels: torch.Tensor) -> None:
    with pytest.raises(InputError, match=r"\(1, 16, 20\).*expects \(3, 16, 20\)"):
        fit(pixels, replace(NETWORK, num_channels=3), TRAINING)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    write_scenes(simple_shapes(240, 2, (60, 64), seed=0), folder)
    return folder


def in_two_processes(*command: object) -> str:
    """What a fit says that begins a helper (DDP on CPU, gloo)."""
    run = subprocess.run(
        [sys.executable, "-m", "stampnet", *map(str, command), "--devices", "2"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_two_processes_make_one_run(shapes: Path, tmp_path: Path) -> None:
    """A smoke test: the command starts a helper, both learn, one writes."""
    command = ["fit", shapes, "--engine", "network", "--num-stamps", 5, "--max-shapes", 2, "--stamp-size", 28]
    command += ["--epochs", 1, "--batch-size", 54, "--accelerator", "cpu", "--strategy", "ddp"]
    said = in_two_processes(*command, "--out", tmp_path / "run")
    assert said.count("fitted 1 epochs") == 1
    (row,) = read_history(tmp_path / "run" / "metrics.csv")
    assert row["step"] == 4
    assert row["images_per_second"] == pytest.approx(216 / row["seconds"], rel=0.01)
    assert torch.isfinite(load_file(tmp_path / "run" / "model.safetensors")["stamp.stamps"]).all()


def test_two_processes_learn_the_stamps_that_one_learns(shapes: Path, tmp_path: Path) -> None:
    """Matching needs sums only: added up over processes they are the same to rounding, restarts included.

    22 steps with stamps of fixed form, and as many for each pass in which they bend: in a long run rounding will at
    last decide between two equal stamps.
    """
    command = ["fit", shapes, "--epochs", 1, "--quiet", "--accelerator", "cpu", "--num-stamps", 5, "--max-shapes", 2]
    command += ["--batch-size", 10, "--deform", "smooth"]
    typed(*command, "--devices", 1, "--out", tmp_path / "1")
    in_two_processes(*command, "--out", tmp_path / "2")
    one, two = (load_file(tmp_path / devices / "model.safetensors") for devices in ("1", "2"))
    assert float(one["stamp.stamps"].amax((1, 2, 3)).min()) > 0.5
    assert torch.allclose(one["stamp.stamps"], two["stamp.stamps"], atol=1e-4)
    steps = [read_history(tmp_path / devices / "metrics.csv")[-1]["step"] for devices in ("1", "2")]
    assert steps == [6 * 22] * 2
