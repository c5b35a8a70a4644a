"""A run on depth frames of plain bodies, fitted once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from command_line import typed
from depth_scenes import CAMERA, seen_by, walk
from stampnet.data.overhead_depth.camera import write_cameras
from stampnet.pedestrians.localizer import Localizer, load_localizer


@contextmanager
def shortened() -> Iterator[None]:
    """Fits in few steps, heads from few simulated people: plain bodies are all alike."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("stampnet.pedestrians.fitting.STEPS", 15)
        patched.setattr("stampnet.pedestrians.calibration.FRAMES", 8)
        for module in ("figures", "run_report"):
            patched.setattr(f"stampnet.report.{module}.png_bytes", lambda _: b"")  # takes longer than fitting
        yield


@pytest.fixture
def in_short() -> Iterator[None]:
    """For a test that fits by itself."""
    with shortened():
        yield


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with depth.npy and camera.yaml."""
    folder = tmp_path_factory.mktemp("recording")
    np.save(folder / "depth.npy", np.stack([seen_by(CAMERA, bodies) for bodies in walk(60)]))
    write_cameras((CAMERA,), folder / "camera.yaml")
    return folder


@pytest.fixture(scope="session")
def run(recording: Path) -> Path:
    folder = recording / "run"
    with shortened():
        typed("fit", recording / "depth.npy", "--camera", recording / "camera.yaml", "--out", folder, "--quiet")
    return folder


@pytest.fixture(scope="session")
def finder(run: Path) -> Localizer:
    return load_localizer(run)
