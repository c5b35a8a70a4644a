"""What all tests share: where data lie, and what is missing without them."""

import os
from pathlib import Path

import pytest
import torch

import shape_checks  # noqa: F401 (before stampnet is imported)
from stampnet.data.overhead_depth.gotpd import GotpdSample, read_gotpd

BESIDE = Path(__file__).parents[2] / "shared" / "data"
if BESIDE.is_dir():
    os.environ.setdefault("STAMPNET_DATA_HOME", str(BESIDE))
# No more than were asked for: processes that together have more threads than there are cores wait for each other.
torch.set_num_threads(min(2, torch.get_num_threads()))


LONG = (
    "test_docs_site",
    "test_docs",
    "test_fit",
    "test_cli",
    "test_own_images",
    "test_evaluation",
    "test_learns",
    "test_readme",
    "test_distillation",
    "test_bending_passes",
    "test_classes",
    "test_matching_module",
    "test_teaching",
    "test_browser",
)
"""The files whose tests take longest."""


def pytest_configure(config: pytest.Config) -> None:
    """Files are given to processes in the order of `pytest_collection_modifyitems`."""
    if hasattr(config.option, "loadscopereorder"):  # by pytest-xdist: those with most tests first
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: at the end no process waits for another that has just begun one."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


def _in_data_home(*parts: str) -> Path | None:
    home = os.environ.get("STAMPNET_DATA_HOME")
    path = Path(home, *parts) if home else None
    return path if path is not None and path.exists() else None


@pytest.fixture(scope="session")
def mnist_is_here() -> None:
    """Skips a test that needs MNIST where it is not on this machine."""
    if _in_data_home("mnist", "train-images-idx3-ubyte.gz") is None:
        pytest.skip("needs MNIST in the folder that STAMPNET_DATA_HOME names")


@pytest.fixture(scope="session")
def authors_weights() -> Path:
    """The folder of the released weights; skips where it is not on this machine."""
    folder = _in_data_home("official_weights")
    if folder is None:
        pytest.skip("needs official_weights in the folder that STAMPNET_DATA_HOME names")
    return folder


@pytest.fixture(scope="session")
def gotpd() -> GotpdSample:
    """Real depth frames; skips where they are not on this machine."""
    if _in_data_home("overhead_depth", "gotpd_sample.npz") is None:
        pytest.skip("needs overhead_depth in the folder that STAMPNET_DATA_HOME names")
    return read_gotpd()
