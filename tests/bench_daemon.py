"""The daemon at rest and at work, beside a bare watchdog script that does the same without a journal, rules or undo.

At rest: memory and processor time of the process with one rule and nothing happening. At work: from the moment a file
is closed in Downloads to the moment it stands in Archive, one file at a time; each wait includes that of a file's
having settled. And how long the first plan takes after the model's process was ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bench_start import compiled_environment

from nearhand.agent import sample
from nearhand.agent.daemon.remote import Remote, connect
from nearhand.agent.loop import open_engine
from nearhand.connectors.errors import NearhandError
from nearhand.models.bench import SHIPPED, Figure, spread
from nearhand.models.footprint import descendants
from nearhand.models.worker import ScriptedPlanner

_RULE = "when a pdf turns up in Downloads, put it into Archive"
_PLAN = 'rules.add kind=pdf in="Downloads" event=file ; files.move what=$1 to="Archive"'
_PEER = """
import os, sys, time
from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

class Mover(FileSystemEventHandler):
    def on_closed(self, event):
        if event.src_path.endswith(".pdf"):
            os.rename(event.src_path, os.path.join(sys.argv[2], os.path.basename(event.src_path)))

observer = Observer()
observer.schedule(Mover(), sys.argv[1], recursive=True)
observer.start()
print("ready", flush=True)
while True:
    time.sleep(3600)
"""
_PATIENCE, _QUIET = 60.0, 25.0
"""How long to wait for something, and until the process that reads mails for the rules has ended (20 s of quiet)."""
_AIM_MEMORY, _AIM_CPU, _AIM_EVENT, _AIM_MODEL = 60.0, 0.1, 500.0, 300.0


def measure(folder: Path, events: int, seconds: float) -> list[Figure]:
    """So many files, and so many seconds of rest, for each of the two."""
    profile = sample.build(folder / "home", datetime.now(ZoneInfo("UTC")))
    with (profile / "config.toml").open("a", encoding="utf-8") as config:
        config.write("\n[daemon]\nmodel_idle_seconds = 0\n")
    with open_engine(profile, None, ScriptedPlanner({_RULE: _PLAN})) as engine:
        made = engine.do(_RULE, lambda card: True)
    if made.status != "done":
        raise NearhandError(f"The rule was not made: {made.answer}")
    environment = compiled_environment(folder / "compiled")
    with _daemon(profile, environment):  # whoever is first compiles
        _connected(profile).close()
    with _daemon(profile, environment) as process:
        _moved(profile / "Downloads", profile / "Archive", events)  # the first waits for the rules to begin
        time.sleep(_QUIET)
        memory, cpu = _rest(process, seconds)
        taken = [_moved(profile / "Downloads", profile / "Archive", number) for number in range(events)]
        back = list(_first_plans(profile, 12))[2:] if SHIPPED.is_file() else []  # the first two compile and open
    with _peer(profile) as process:
        bare_memory, bare_cpu = _rest(process, seconds)
        bare = [_moved(profile / "Downloads", profile / "Archive", 1000 + number) for number in range(events)]
    bare_python = [_bare_python() for _ in range(10)]
    return [
        Figure("at rest: memory", memory, "MiB", bare_memory, f"bare watchdog script (aim {_AIM_MEMORY:.0f})"),
        Figure("at rest: processor", cpu, "%", bare_cpu, f"bare watchdog script (aim {_AIM_CPU})"),
        *spread(f"event to action (aim p95 {_AIM_EVENT:.0f})", taken, bare, "bare watchdog script, which waits for nothing"),
        *(spread(f"first plan after the model rested (aim {_AIM_MODEL:.0f})", back, bare_python,
                 "python -c 'import numpy'") if back else []),
    ]


def _bare_python() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import numpy"], check=True)
    return time.perf_counter() - begun


@contextmanager
def _daemon(profile: Path, environment: dict[str, str]) -> Iterator[int]:
    command = [sys.executable, "-P", "-m", "nearhand.agent.cli.main", "--profile", str(profile), "daemon", "run"]
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=environment)
    try:
        _connected(profile).close()
        yield process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _peer(profile: Path) -> Iterator[int]:
    command = [sys.executable, "-c", _PEER, str(profile / "Downloads"), str(profile / "Archive")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def _connected(profile: Path) -> Remote:
    until = time.monotonic() + _PATIENCE
    while (remote := connect(profile)) is None:
        if time.monotonic() > until:
            raise NearhandError("The daemon did not start.")
        time.sleep(0.05)
    return remote


def _rest(process: int, seconds: float) -> tuple[float, float]:
    """MiB held, and per cent of one processor used, by a process and all it has started."""
    before = _ticks(process)
    time.sleep(seconds)
    used = (_ticks(process) - before) / os.sysconf("SC_CLK_TCK")
    pages = sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) for each in descendants(process))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 100 * used / seconds


def _ticks(process: int) -> int:
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in descendants(process)]
    return sum(int(time) for each in stats for time in each[11:15])  # its own and that of its children that ended


def _moved(source: Path, target: Path, number: int) -> float:
    """Seconds from closing a file to its being moved."""
    name = f"bill {number}.pdf"
    (source / name).write_bytes(b"%PDF-1.4\n%EOF\n")
    begun = time.perf_counter()
    while not (target / name).exists():
        if time.perf_counter() - begun > _PATIENCE:
            raise NearhandError(f"{name} was never moved.")
        time.sleep(0.001)
    return time.perf_counter() - begun


def _first_plans(profile: Path, times: int) -> Iterator[float]:
    """Seconds from a request to its plan while the model rests; the config says that it rests at once."""
    remote = _connected(profile)
    try:
        for _ in range(times):
            begun = time.perf_counter()
            remote.plan("what is on tomorrow?")
            yield time.perf_counter() - begun
            _until_rested(remote)
    finally:
        remote.close()


def _until_rested(remote: Remote) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        status = remote.ask("status", "status")
        if isinstance(status, dict) and status.get("model") == "rests":
            return
        time.sleep(0.05)
