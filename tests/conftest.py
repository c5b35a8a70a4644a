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
