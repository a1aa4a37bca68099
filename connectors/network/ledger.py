"""Every connection that was made or refused, for the person to read: host, port, purpose, bytes, when, how it ended.

A connection is written down before it is tried and again when it ends, so one that was cut off by a crash shows too.
Append-only, in one SQLite file; safe to use from several threads and processes. Never what was said, only how much.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.transactions import own_file

_WAIT_SECONDS = 10.0
_TABLES = (
    "CREATE TABLE IF NOT EXISTS opened (n INTEGER PRIMARY KEY, at TEXT NOT NULL, host TEXT NOT NULL,"
    " port INTEGER NOT NULL, purpose TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS closed (n INTEGER PRIMARY KEY REFERENCES opened, at TEXT NOT NULL,"
    " received INTEGER NOT NULL, sent INTEGER NOT NULL, outcome TEXT NOT NULL) STRICT",
    *(
        f"CREATE TRIGGER IF NOT EXISTS no_{verb}_{table} BEFORE {verb} ON {table}"
        " BEGIN SELECT RAISE(ABORT, 'the network ledger is append-only'); END"
        for verb in ("UPDATE", "DELETE")
        for table in ("opened", "closed")
    ),
)
_READ = (
    "SELECT o.n, o.at, o.host, o.port, o.purpose, COALESCE(c.received, 0) AS received, COALESCE(c.sent, 0) AS sent,"
    " c.outcome, c.at AS ended FROM opened o LEFT JOIN closed c ON c.n = o.n"
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection as it stands in the ledger."""

    number: int
    at: datetime
    host: str
    port: int
    purpose: str
    """What it was for, in a few words: "mail of work"."""
    received: int
    """Bytes, without the wrapping of TLS."""
    sent: int
    outcome: str
    """"ok", or why it failed or was refused; "" while it is open, and when a crash cut it off."""
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """All connections to one server, added up."""

    host: str
    port: int
    connections: int
    received: int
    sent: int
    last: datetime


def _utc() -> datetime:
    return datetime.now(UTC)


class NetworkLedger:
    """The ledger in one file; it is made when the first connection is written down."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = _utc) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._kept: tuple[int, sqlite3.Connection] | None = None
        """The process that opened the file, and the open file."""

    def opened(self, host: str, port: int, purpose: str) -> int:
        """Write down that a connection is about to be made; returns its number."""
        with self._open() as db:
            row = db.execute(
                "INSERT INTO opened (at, host, port, purpose) VALUES (?, ?, ?, ?)", (self._now(), host, port, purpose)
            )
            return int(row.lastrowid or 0)

    def closed(self, number: int, received: int, sent: int, outcome: str) -> None:
        """Write down how it ended; only the first end counts."""
        with self._open() as db:
            db.execute(
                "INSERT OR IGNORE INTO closed VALUES (?, ?, ?, ?, ?)", (number, self._now(), received, sent, outcome)
            )

    def connections(self, limit: int = 100) -> list[Connection]:
        """The last connections, the newest first."""
        return [] if not self.path.exists() else list(self._read(f"{_READ} ORDER BY o.n DESC LIMIT {int(limit)}"))

    def traffic(self) -> list[Traffic]:
        """What went to and came from each server ever, the busiest first."""
        if not self.path.exists():
            return []
        query = (
            f"SELECT host, port, COUNT(*), SUM(received), SUM(sent), MAX(at) FROM ({_READ}) GROUP BY host, port"
            " ORDER BY SUM(received) + SUM(sent) DESC"
        )
        with self._open() as db:
            return [
                Traffic(host, port, number, received, sent, datetime.fromisoformat(last))
                for host, port, number, received, sent, last in db.execute(query)
            ]

    def _read(self, query: str) -> Iterator[Connection]:
        with self._open() as db:
            for n, at, host, port, purpose, received, sent, outcome, ended in db.execute(query):
                when, until = datetime.fromisoformat(at), datetime.fromisoformat(ended) if ended else None
                yield Connection(n, when, host, port, purpose, received, sent, outcome or "", until)

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, open for one look or one row; it stays open, for opening and closing costs more than a row."""
        with self._lock:
            if self._kept is None or self._kept[0] != os.getpid():
                self._kept = os.getpid(), self._made()
            with self._kept[1] as db:
                yield db

    def _made(self) -> sqlite3.Connection:
        atomic.make_folders(self.path.parent)
        own_file(self.path)
        db = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, check_same_thread=False)
        weakref.finalize(self, db.close)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", *_TABLES):
            db.execute(statement)
        return db
