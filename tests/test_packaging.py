"""What an installed Nearhand consists of."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUP = PROJECT["tool"]["setuptools"]
NOT_SHIPPED = {"models/recipe.sh"}


def _folder(package: str) -> Path:
    return ROOT.joinpath(*package.split(".")[1:])


def _shipped() -> set[str]:
    return {str(path.relative_to(ROOT)) for package, patterns in SETUP["package-data"].items()
            for pattern in patterns for path in _folder(package).glob(pattern)}  # fmt: skip


def test_every_folder_with_modules_is_a_package_of_the_wheel() -> None:
    folders = {path.parent for top in ("agent", "connectors", "models") for path in (ROOT / top).rglob("*.py")}
    assert {_folder(package) for package in SETUP["packages"]} == folders


def test_every_file_that_is_read_at_run_time_is_package_data() -> None:
    data = {str(path.relative_to(ROOT)) for top in ("agent", "connectors", "models") for path in (ROOT / top).rglob("*")
            if path.is_file() and path.suffix not in (".py", ".pyc")}  # fmt: skip
    assert data - _shipped() - NOT_SHIPPED == set()


def test_the_pin_of_the_model_is_shipped_with_it() -> None:
    assert "*.sha256" in SETUP["package-data"]["nearhand.models.weights"]


def test_no_package_takes_a_plain_name_from_somebody_else() -> None:
    code = "import sys, nearhand.models.worker, nearhand.connectors.files.connector; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert not {"agent", "connectors", "models", "tests"} & set(done.stdout.split())


def test_the_command_is_there() -> None:
    module, _, name = PROJECT["project"]["scripts"]["nearhand"].partition(":")
    if find_spec(module) is None:
        pytest.skip(f"{module} is not there yet")
    assert callable(getattr(import_module(module), name))


def test_training_needs_nothing_that_running_does_not_ask_for() -> None:
    plain = " ".join(PROJECT["project"]["dependencies"])
    assert not [name for name in ("torch", "tokenizers", "gguf>") if name in plain]
