"""A cold start, as a person types it: a new process that plans one request in a sample home, with the model loaded anew.

Time and memory are taken in runs of their own, because looking at memory takes time from what is looked at. The home
is indexed before; Python and the files are in the cache of the disk, as they are for everybody who asks twice, and the
modules are compiled, as pip leaves them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.agent import sample
from nearhand.agent.model_file import sha256
from nearhand.connectors.errors import NearhandError
from nearhand.models.bench import SHIPPED, Figure, spread
from nearhand.models.footprint import descendants, peak

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
REQUEST = "move the Okafor contract to Receipts"
_PLANNED = (0, 3, 4, 5)
"""Exit codes that come after a plan: done, a question, refused, approval needed."""


def measure(folder: Path, model: Path, runs: int) -> list[Figure]:
    """Seconds from start to end, and the memory of all processes together."""
    profile = sample.build(folder / "home", NOW)
    if model != SHIPPED:
        with (profile / "config.toml").open("a", encoding="utf-8") as config:
            config.write(f'\n[model]\npath = "{model.absolute()}"\nsha256 = "{sha256(model)}"\n')
    command = [sys.executable, "-m", "nearhand.agent.cli.main", "--profile", str(profile), "--now", f"{NOW:%Y-%m-%dT%H:%M}"]
    asked, environment = [*command, "plan", REQUEST], compiled_environment(folder / "compiled")
    first = _seconds(asked, environment)
    memory = _memory(asked, environment)
    bare = [_seconds([sys.executable, "-c", "pass"], environment) for _ in range(runs)]
    seconds = [_seconds(asked, environment) for _ in range(runs)]
    return [
        *spread("cold start to the plan", seconds, bare, "python -c pass"),
        Figure("the very first, which also compiles and builds the index", 1000 * first, "ms"),
        *([Figure("peak memory, engine and worker", memory / 2**20, "MiB")] if memory else []),
    ]


def compiled_environment(compiled: Path) -> dict[str, str]:
    """The environment of this process, with a place for compiled modules whatever it says about them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(compiled)}


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    taken = time.perf_counter() - begun
    if done.returncode not in _PLANNED:
        raise NearhandError(f"There was no plan: {(done.stderr or done.stdout).strip()}")
    return taken


def _memory(command: list[str], environment: dict[str, str]) -> int:
    """The highest peaks of a process and those it starts, added up; 0 where that is unknown."""
    peaks: dict[int, int] = {}
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    while running.poll() is None:
        for process in descendants(running.pid):
            peaks[process] = max(peaks.get(process, 0), peak(process))
        time.sleep(0.005)
    return sum(peaks.values())
