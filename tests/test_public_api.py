"""Facts about the package as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

import stampnet

ROOT = Path(stampnet.__file__).parent


@pytest.mark.parametrize("name", stampnet.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(stampnet, name).__name__ == name


def test_there_is_no_other_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = stampnet.nonsense


def test_importing_the_package_loads_neither_torch_nor_the_trainer() -> None:
    script = "import sys, stampnet; assert not {'torch', 'pytorch_lightning', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_model_knows_no_trainer_no_files_and_no_pictures() -> None:
    script = (
        "import sys, stampnet.model.network;"
        "assert not {'pytorch_lightning', 'matplotlib', 'PIL', 'yaml', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_every_module_has_a_test_file() -> None:
    tests = {path.name for path in Path(__file__).parent.rglob("test_*.py")}
    missing = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if path.parent.name in ("model", "matching", "data", "metrics", "export") or path.stem == "detection"
        if path.stem not in ("__init__", "scenes")
        if f"test_{path.stem}.py" not in tests
    ]
    assert missing == []
