"""An append-only table in SQLite whose rows are chained by hashes; several processes may write to it at once.

Each row holds the SHA-256 of the hash before it and of its own canonical JSON, so a row that was changed, taken out or
put in is found and named. The chain has no key: it finds accidents and meddling, not somebody who rewrites all of it.
Deliberately not here: what the rows mean (`journal.py`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from nearhand.agent.errors import BusyError, JournalError
from nearhand.connectors.transactions import own_file, transaction

Migration: TypeAlias = Callable[[sqlite3.Connection], None]
Value: TypeAlias = "str | int | None"

GENESIS = hashlib.sha256(b"nearhand journal").hexdigest()
"""What the first row stands on."""
_WAIT_SECONDS = 10.0
_COLUMNS = "n, turn, effect, kind, at, body, hash"


def _first_tables(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE rows (n INTEGER PRIMARY KEY, turn INTEGER NOT NULL, effect INTEGER, kind TEXT NOT NULL,"
        " at TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX rows_of_turn ON rows (turn)")
    db.execute("CREATE INDEX rows_of_effect ON rows (effect)")
    db.execute("CREATE INDEX rows_of_kind ON rows (kind, turn)")
    for field, kind in (("ref", "done"), ("version", "done"), ("undoes", "intent")):
        expression = f"json_extract(body, '$.of.{field}')"
        db.execute(f"CREATE INDEX rows_by_{field} ON rows ({expression}) WHERE kind = '{kind}'")
    for verb in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER no_{verb.lower()} BEFORE {verb} ON rows"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )


def _causes(db: sqlite3.Connection) -> None:
    """What a rule did is found by the firing that it came from."""
    db.execute("CREATE INDEX rows_by_cause ON rows (json_extract(body, '$.of.cause')) WHERE kind = 'turn'")


MIGRATIONS: tuple[Migration, ...] = (_first_tables, _causes)
"""The n-th brings a journal from schema version n to n + 1. Never change one that was released; append."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry."""

    n: int
    turn: int
    effect: int | None
    kind: str
    at: str
    """When it was written, ISO 8601 in UTC."""
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not fit the chain."""

    n: int
    why: str


def chained(before: str, n: int, turn: int, effect: int | None, kind: str, at: str, body: str) -> str:
    """The hash of a row that stands on the row with the hash `before`."""
    own = json.dumps([n, turn, effect, kind, at, body], separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{own}".encode("ascii")).hexdigest()


class Ledger:
    """The table, in one file; safe to use from several threads and processes."""

    def __init__(self, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            own_file(path)
            self._db = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(migrations)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is there together or not at all, and on the disk when the block ends."""
        with self._lock, self._translated(), transaction(self._db):
            yield

    def append(self, kind: str, turn: int, effect: int | None, at: str, body: str) -> int:
        """Write one row and return its number."""
        with self.transaction():
            last = self._db.execute("SELECT n, hash FROM rows ORDER BY n DESC LIMIT 1").fetchone()
            n, before = (last[0] + 1, last[1]) if last else (1, GENESIS)
            hashed = chained(before, n, turn, effect, kind, at, body)
            values = (n, turn, effect, kind, at, body, hashed)
            self._db.execute(f"INSERT INTO rows ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return int(n)

    def next_number(self, column: str) -> int:
        """The next free turn or effect number; ask for it inside the transaction that uses it."""
        if column not in ("turn", "effect"):
            raise ValueError(column)
        return self.number(f"SELECT coalesce(max({column}), 0) + 1 FROM rows")

    def number(self, query: str, *values: Value) -> int:
        """The one number that a query asks for."""
        with self._lock, self._translated():
            return int(self._db.execute(query, values).fetchone()[0])

    def numbers(self, query: str, *values: Value) -> list[int]:
        """The first column of what a query finds."""
        with self._lock, self._translated():
            return [int(found[0]) for found in self._db.execute(query, values)]

    def rows(self, condition: str = "1", *values: Value) -> list[Row]:
        """The rows for which an SQL condition holds, in the order in which they were written."""
        with self._lock, self._translated():
            found = self._db.execute(f"SELECT {_COLUMNS} FROM rows WHERE {condition} ORDER BY n", values)
            return [Row(*each) for each in found]

    def head(self) -> tuple[int, str]:
        """Number and hash of the last row; noted elsewhere, it shows later whether the end was cut off."""
        with self._lock, self._translated():
            last = self._db.execute("SELECT n, hash FROM rows ORDER BY n DESC LIMIT 1").fetchone()
        return (int(last[0]), str(last[1])) if last else (0, GENESIS)

    def verify(self) -> Broken | None:
        """Check every row against the one before it; None if all is well, else the first that is not."""
        before, expected = GENESIS, 1
        with self._lock, self._translated():
            for row in (Row(*each) for each in self._db.execute(f"SELECT {_COLUMNS} FROM rows ORDER BY n")):
                if row.n != expected:
                    return Broken(expected, f"entry {expected} is missing")
                if row.hash != chained(before, row.n, row.turn, row.effect, row.kind, row.at, row.body):
                    return Broken(row.n, f"entry {row.n} was changed after it was written")
                before, expected = row.hash, row.n + 1
        return None

    @contextmanager
    def acting(self, wait: float = _WAIT_SECONDS) -> Iterator[None]:
        """Hold the right to change the world; one holder at a time, over all processes. Raises BusyError."""
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            _take(lock, time.monotonic() + wait)
            yield
        finally:
            os.close(lock)

    def _prepare(self, migrations: Sequence[Migration]) -> None:
        with self._lock, self._translated():
            self._switch_to_wal()
            for pragma in ("synchronous = FULL", "fullfsync = 1"):
                self._db.execute(f"PRAGMA {pragma}")
            with self.transaction():
                version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
                if version > len(migrations):
                    raise JournalError(f"{self.path} was written by a newer Nearhand. Update this one to use it.")
                for migrate in migrations[version:]:
                    migrate(self._db)
                self._db.execute(f"PRAGMA user_version = {len(migrations)}")

    def _switch_to_wal(self) -> None:
        """SQLite does not wait for others here, whatever its timeout; so this does."""
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.02)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            said = f"The journal {self.path} cannot be used: {error}. Nothing is done without it."
            raise JournalError(said) from error


def _take(lock: int, until: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise BusyError("Another Nearhand is at work right now. Wait until it is done, or stop it.") from None
            time.sleep(0.02)
