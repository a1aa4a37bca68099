"""The files that hold what must not be lost, open several times in one process while other programs come and go.

SQLite's locks belong to the process: whoever opens and closes such a file by hand drops all of them, and the next
program that leaves takes itself for the last one and removes the write-ahead log under everybody else.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Turn
from nearhand.agent.senses.watch_store import WatchStore
from nearhand.connectors.dav.state import DavState
from nearhand.connectors.network.ledger import NetworkLedger

_PASSING = "import sqlite3, sys; base = sqlite3.connect(sys.argv[1]); base.execute('SELECT * FROM sqlite_master').fetchall(); base.close()"
_NUMBERS = count()
Write = Callable[[], object]


def journal(path: Path) -> Write:
    opened = Journal(path)
    return lambda: opened.begin(Turn("x", "files.find", datetime.now(UTC)))


def watch(path: Path) -> Write:
    opened = WatchStore(path)
    return lambda: opened.add_place("files", str(opened.next_born(1)))


def dav(path: Path) -> Write:
    opened = DavState(path)
    return lambda: opened.bind("a", "calendar", f"{(number := next(_NUMBERS))}", f"/{number}/")


def network(path: Path) -> Write:
    opened = NetworkLedger(path)
    opened.opened("a.example", 443, "mail")
    return lambda: opened.opened("b.example", 443, "mail")


@pytest.mark.parametrize("open_store", [journal, watch, dav, network])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_program_that_looks_in_and_leaves_takes_nothing_from_those_who_stay(
    tmp_path: Path, open_store: Callable[[Path], Write]
) -> None:
    path = tmp_path / "kept.db"
    first, second = open_store(path), open_store(path)
    for write in (first, second):
        write()
    for _ in range(2):
        subprocess.run([sys.executable, "-c", _PASSING, str(path)], check=True)
        assert path.with_name("kept.db-wal").exists(), "it is in use, so its log stays"
        for write in (first, second):
            write()


@pytest.mark.parametrize("open_store", [journal, watch, dav, network])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path, open_store: Callable[[Path], Write]) -> None:
    write = open_store(tmp_path / "kept.db")
    write()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("kept.db*")} == {0o600}
