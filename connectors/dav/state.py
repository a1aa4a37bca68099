"""What this side and the servers last agreed on, in SQLite: the third list of the comparison in `dav/plan.py`.

Losing it loses nothing but the knowledge who changed what: both sides are then compared anew. Each row also keeps the
text that was agreed on, for merging; what is about to be sent is written down before it goes, so that a crash between
sending and noting can be told from somebody else's change. Deliberately not here: secrets.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.dav.plan import Pair
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.transactions import own_file, transaction

_SCHEMA = """
CREATE TABLE collections (id INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, folder TEXT NOT NULL,
    href TEXT NOT NULL, token TEXT NOT NULL DEFAULT '', ctag TEXT NOT NULL DEFAULT '',
    UNIQUE (kind, folder), UNIQUE (account, kind, href)) STRICT;
CREATE TABLE pairs (collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE, ref TEXT NOT NULL,
    href TEXT NOT NULL, etag TEXT NOT NULL, digest TEXT NOT NULL, version TEXT NOT NULL, base BLOB NOT NULL,
    PRIMARY KEY (collection, ref), UNIQUE (collection, href)) STRICT;
CREATE TABLE intents (collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE, href TEXT NOT NULL,
    sent BLOB NOT NULL, PRIMARY KEY (collection, href, sent)) STRICT;
"""
MIGRATIONS = (_SCHEMA,)
"""The n-th brings a file from schema version n to n + 1. Never change one that was released; append."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A folder here and a collection on a server that belong together."""

    id: int
    kind: str
    """c for a calendar, r for an address book."""
    folder: str
    """"" is the root itself."""
    href: str
    token: str = ""
    """The server's sync token when everything was last in step."""
    ctag: str = ""


@dataclass(frozen=True, slots=True)
class Agreed:
    """One pair with what is needed besides comparing it."""

    pair: Pair
    version: str
    """Of the file here when its digest was taken, so that it need not be read again."""
    base: bytes = b""


class DavState:
    """The state of all accounts of one profile, in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        atomic.make_folders(path.parent)
        own_file(path)
        with self._translated():
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = 1", "foreign_keys = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._migrate()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def bound(self, account: str, kind: str) -> list[Bound]:
        """The folders that belong to an account."""
        query = "SELECT id, kind, folder, href, token, ctag FROM collections WHERE account = ? AND kind = ? ORDER BY id"
        return [Bound(*row) for row in self._db.execute(query, (account, kind))]

    def taken(self, kind: str) -> set[str]:
        """The folders that belong to any account."""
        return {row[0] for row in self._db.execute("SELECT folder FROM collections WHERE kind = ?", (kind,))}

    def bind(self, account: str, kind: str, folder: str, href: str) -> Bound:
        """Write down that a folder and a collection belong together."""
        with self.writing():
            made = self._db.execute(
                "INSERT INTO collections (account, kind, folder, href) VALUES (?, ?, ?, ?)",
                (account, kind, folder, href),
            )
        return Bound(int(made.lastrowid or 0), kind, folder, href)

    def unbind(self, bound: Bound) -> None:
        """Forget a pair of collections and everything in it."""
        with self.writing():
            self._db.execute("DELETE FROM collections WHERE id = ?", (bound.id,))

    def agreed(self, bound: Bound) -> list[Agreed]:
        """Every pair of a collection, without the texts."""
        query = "SELECT ref, href, etag, digest, version FROM pairs WHERE collection = ?"
        return [Agreed(Pair(*row[:4]), row[4]) for row in self._db.execute(query, (bound.id,))]

    def base(self, bound: Bound, ref: str) -> bytes:
        """The text that was agreed on, b"" if there was none."""
        query = "SELECT base FROM pairs WHERE collection = ? AND ref = ?"
        found = self._db.execute(query, (bound.id, ref)).fetchone()
        return bytes(found[0]) if found else b""

    def keep(self, bound: Bound, rows: Iterable[Agreed]) -> None:
        """Write down what both sides have now; what was about to be sent there has been."""
        with self.writing():
            for row in rows:
                pair, own = row.pair, bound.id
                self._db.execute("DELETE FROM intents WHERE collection = ? AND href = ?", (own, pair.href))
                gone = "DELETE FROM pairs WHERE collection = ? AND (href = ? OR ref = ?)"
                self._db.execute(gone, (own, pair.href, pair.ref))
                values = (own, pair.ref, pair.href, pair.etag, pair.digest, row.version, row.base)
                self._db.execute("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def saw(self, bound: Bound, versions: Iterable[tuple[str, str]]) -> None:
        """Note that files (ref, version) still hold what they held."""
        with self.writing():
            rows = [(version, bound.id, ref) for ref, version in versions]
            self._db.executemany("UPDATE pairs SET version = ? WHERE collection = ? AND ref = ?", rows)

    def drop(self, bound: Bound, ref: str) -> None:
        """Forget a pair."""
        with self.writing():
            self._db.execute("DELETE FROM pairs WHERE collection = ? AND ref = ?", (bound.id, ref))

    def intend(self, bound: Bound, texts: Mapping[str, bytes]) -> None:
        """Note, before it goes, what is to be sent (by href)."""
        if texts:
            with self.writing():
                rows = [(bound.id, href, data) for href, data in texts.items()]
                self._db.executemany("INSERT OR REPLACE INTO intents VALUES (?, ?, ?)", rows)

    def intended(self, bound: Bound, href: str) -> list[bytes]:
        """Everything that was about to be sent when runs were cut off: one of it may be what the server has."""
        query = "SELECT sent FROM intents WHERE collection = ? AND href = ?"
        return [bytes(row[0]) for row in self._db.execute(query, (bound.id, href))]

    def not_sent(self, bound: Bound, href: str, data: bytes) -> None:
        """The server has refused what was to be sent."""
        with self.writing():
            query = "DELETE FROM intents WHERE collection = ? AND href = ? AND sent = ?"
            self._db.execute(query, (bound.id, href, data))

    def in_step(self, bound: Bound, token: str, ctag: str) -> None:
        """Everything up to this token is done."""
        with self.writing():
            self._db.execute("UPDATE collections SET token = ?, ctag = ? WHERE id = ?", (token, ctag, bound.id))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything written inside is there together or not at all, and on the disk when the block ends."""
        with self._translated(), transaction(self._db):
            yield

    def _migrate(self) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise ConnectorError(f"{self.path} was written by a newer Nearhand. Update this one to use it.")
        for number in range(version, len(MIGRATIONS)):
            self._db.executescript(f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            said = f"The sync state {self.path} cannot be used: {error}. Nothing is synchronized without it."
            raise ConnectorError(said) from error
