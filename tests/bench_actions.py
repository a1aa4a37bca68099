"""Moving files as the agent does it (inverse, journal, durable rename, receipt), and undoing it, beside plain renames."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import State, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.effects.undo import plan_undo, run_undo
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Call
from nearhand.connectors.errors import NearhandError
from nearhand.connectors.files.connector import FilesConnector
from nearhand.models.bench import Figure

_PLAN = 'files.move what="scans" to="Receipts"'


def measure(folder: Path, count: int) -> list[Figure]:
    """Moves and undos a second, beside os.rename alone and with the folders on the disk after each."""
    home, there = folder / "home", folder / "home" / "Receipts"
    there.mkdir(parents=True)
    names = [f"scan {number:04}.txt" for number in range(count)]
    for name in names:
        (home / name).write_text(name)
    bare = _rate(count, lambda: _renamed(home, there, names))
    durable = _rate(count, lambda: _renamed_durably(there, home, names))
    acting, undoing = _by_the_agent(folder, home, there, names)
    return [
        Figure(
            "move a file, journaled, durable, undoable", acting, "files/s", durable, "os.rename, fsync of both folders"
        ),
        Figure("undo the move of a file", undoing, "files/s", bare, "os.rename alone"),
    ]


def _by_the_agent(folder: Path, home: Path, there: Path, names: list[str]) -> tuple[float, float]:
    files, journal = FilesConnector([home], folder / "trash"), Journal(folder / "journal.db")
    executor = Executor({"files": files}, journal, Event())
    try:
        acting = _rate(len(names), lambda: _moved(executor, files, home, there, names))
        return acting, _rate(len(names), lambda: _undone(executor))
    finally:
        journal.close()


def _moved(executor: Executor, files: FilesConnector, home: Path, there: Path, names: list[str]) -> None:
    items = tuple(files.load(str(home / name)) for name in names)
    steps = (Ready(tuple(files.expand(Call("files.move", items, {"to": str(there)})))),)
    turn = executor.journal.begin(Turn("move the scans to Receipts", _PLAN, datetime.now(UTC)))
    approved = digest(_PLAN, steps)
    executor.journal.approve(turn, approved)
    if any(outcome.state is not State.DONE for outcome in executor.run(turn, steps, approved)):
        raise NearhandError("A file could not be moved.")


def _undone(executor: Executor) -> None:
    undone = run_undo(executor, plan_undo(executor.journal, executor.connectors, now=datetime.now(UTC)))
    if any(outcome.state is not State.DONE for outcome in undone.outcomes):
        raise NearhandError("A move could not be undone.")


def _rate(count: int, work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def _renamed(here: Path, there: Path, names: list[str]) -> None:
    for name in names:
        os.rename(here / name, there / name)  # noqa: PTH104 (the plain call is what is measured)


def _renamed_durably(here: Path, there: Path, names: list[str]) -> None:
    folders = [os.open(folder, os.O_RDONLY) for folder in (here, there)]
    for name in names:
        os.rename(here / name, there / name)  # noqa: PTH104 (the plain call is what is measured)
        for folder in folders:
            os.fsync(folder)
    for folder in folders:
        os.close(folder)
