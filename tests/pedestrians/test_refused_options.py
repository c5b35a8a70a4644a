"""Facts about options that would do nothing for people in depth frames: none is passed over in silence."""

from pathlib import Path

import pytest

from command_line import typed
from stampnet.pedestrians.site_folder import SITE


@pytest.mark.parametrize(
    "option",
    [
        ("--accelerator", "cpu"),
        ("--devices", "2"),
        ("--strategy", "ddp"),
        ("--precision", "bf16-mixed"),
        ("--compile",),
        ("--data-dir", "."),
        ("--strict",),
        ("--resume",),
    ],
)
def test_fit_refuses_what_is_for_images(option: tuple[str, ...], tmp_path: Path) -> None:
    told = typed("fit", "depth.npy", "--camera", "camera.yaml", "--out", tmp_path / "run", *option, code=2)[1]
    assert f"{option[0]} is not for people in depth frames" in " ".join(told.split())


@pytest.mark.parametrize("option", [("--device", "cuda"), ("--strict",), ("--format", "coco")])
def test_detect_refuses_what_is_for_images(option: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / SITE).write_text("")
    told = typed("detect", tmp_path, "depth.npy", "--out", tmp_path / "people.csv", *option, code=2)[1]
    assert f"{option[0]} is not for people in depth frames" in " ".join(told.split())
