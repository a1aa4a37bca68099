"""Who may import whom: agent -> models -> connectors, and heavy packages only where they are at home."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "tokenizers", "gguf", "llama_cpp", "textual", "caldav", "keyring", "watchdog")
PLANNING = (
    "nearhand.models.language", "nearhand.models.grammar", "nearhand.models.written", "nearhand.models.worker",
    "nearhand.models.planner", "nearhand.models.trajectory", "nearhand.connectors.catalogue", "nearhand.agent.cli.main",
)  # fmt: skip


def test_the_contracts_of_pyproject_are_kept() -> None:
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    command = [sys.executable, "-m", "importlinter.cli", "lint", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PLANNING)
def test_importing_what_every_command_needs_loads_nothing_heavy(name: str) -> None:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not there yet")
    code = f"import sys, {name}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
