"""How long something still happens after a stop, pressed at a random moment of a turn that copies many files."""

from __future__ import annotations

import random
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Timer

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Call, Effect, Receipt
from nearhand.connectors.files.connector import FilesConnector
from nearhand.models.bench import Figure, percentile

_PLAN = 'files.copy what="scans" to="Receipts"'
_FILES = 12
_BYTES = 256 * 1024
_LIMIT = 250.0
"""Milliseconds (SAFETY.md, R7)."""


class _Noting(FilesConnector):
    """Remembers when its last effect ended."""

    ended = 0.0

    def apply(self, effect: Effect) -> Receipt:
        try:
            return super().apply(effect)
        finally:
            self.ended = time.perf_counter()


def measure(folder: Path, stops: int) -> list[Figure]:
    """Milliseconds from the stop to the end of the last effect."""
    home, draw = folder / "home", random.Random(9)
    home.mkdir()
    for number in range(_FILES):
        (home / f"scan {number:02}.pdf").write_bytes(draw.randbytes(_BYTES))
    begun = time.perf_counter()
    _stopped(folder, home, 3600.0)
    whole = time.perf_counter() - begun
    found = [_stopped(folder, home, draw.uniform(0.0, whole)) for _ in range(stops)]
    return [
        Figure("from a stop to nothing more, p95", 1000 * percentile(found, 95), "ms", _LIMIT, "the most allowed"),
        Figure(f"the same, the longest of {stops:,}", 1000 * max(found), "ms", _LIMIT, "the most allowed"),
    ]


def _stopped(folder: Path, home: Path, after: float) -> float:
    """Copy every file, stop after so many seconds; for how long something happened then."""
    there, stop, pressed = home / "Receipts", Event(), [float("inf")]
    there.mkdir()
    files, journal = _Noting([home], folder / "trash"), Journal(folder / "journal.db")

    def press() -> None:
        pressed[0] = time.perf_counter()
        stop.set()

    timer = Timer(after, press)
    try:
        items = tuple(files.load(str(path)) for path in sorted(home.glob("*.pdf")))
        steps = (Ready(tuple(files.expand(Call("files.copy", items, {"to": str(there)})))),)
        turn = journal.begin(Turn("copy the scans to Receipts", _PLAN, datetime.now(UTC)))
        journal.approve(turn, digest(_PLAN, steps))
        timer.start()
        Executor({"files": files}, journal, stop).run(turn, steps, digest(_PLAN, steps))
    finally:
        timer.cancel()
        journal.close()
        shutil.rmtree(there)
    return max(0.0, files.ended - pressed[0])
