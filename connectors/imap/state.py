"""What a mail account and its folders looked like when they last agreed: one SQLite file for each account.

Losing it loses nothing: mails on both sides are then paired by what is in them. Never more than the last state, and
nothing of what the mails say but a digest of their headers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from operator import attrgetter
from pathlib import Path

from nearhand.connectors import atomic
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.imap.words import Status
from nearhand.connectors.transactions import transaction

VERSION = 3


@dataclass(frozen=True, slots=True)
class Known:
    """One mail when both sides last agreed about it."""

    id: int
    """0 for one that is not in the table yet."""
    folder: str
    """Where it was here; "" for one that stays on the server only."""
    name: str
    """Its unique name here."""
    identity: str
    """Which file it was, whatever its flags."""
    flags: str
    """Maildir letters that both sides had."""
    place: str
    """The folder whose mailbox it was in."""
    validity: int
    """UIDVALIDITY of that mailbox; 0 for one that was on its way there."""
    uid: int
    size: int
    """As the server gives it."""
    key: str
    """What two copies of one mail have in common."""


@dataclass(frozen=True, slots=True)
class Box:
    """One mailbox when both sides last agreed about all of it."""

    mailbox: str
    status: Status


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a known mail was about to be moved, or copied on a server that cannot move it."""

    mail: int
    """Its number."""
    folder: str
    """The folder whose mailbox it goes to."""
    validity: int
    """UIDVALIDITY of that mailbox; 0 where it was not asked for."""
    uidnext: int
    """The lowest UID that the copy can have; 0 where it was not asked for."""
    key: str
    size: int


_NAMES = tuple(field.name for field in fields(Known))
_COLUMNS = ", ".join(_NAMES)
_values = attrgetter(*_NAMES[1:])
_COPY_COLUMNS = "mail, folder, validity, uidnext, key, size"
_TABLES = (
    (
        "CREATE TABLE mails (id INTEGER PRIMARY KEY, folder TEXT NOT NULL, name TEXT NOT NULL, identity TEXT NOT NULL,"
        " flags TEXT NOT NULL, place TEXT NOT NULL, validity INTEGER NOT NULL, uid INTEGER NOT NULL,"
        " size INTEGER NOT NULL, key TEXT NOT NULL) STRICT",
        "CREATE TABLE boxes (folder TEXT PRIMARY KEY, mailbox TEXT NOT NULL, validity INTEGER NOT NULL,"
        " uidnext INTEGER NOT NULL, messages INTEGER NOT NULL, modseq INTEGER NOT NULL) STRICT",
    ),
    (
        "CREATE TABLE copies (mail INTEGER PRIMARY KEY, folder TEXT NOT NULL, validity INTEGER NOT NULL,"
        " uidnext INTEGER NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL) STRICT",
    ),
    ("CREATE TABLE rest (one INTEGER PRIMARY KEY CHECK (one = 1), token TEXT NOT NULL) STRICT",),
)
"""What each version of the file added to the one before."""


class MailState:
    """The table of one account."""

    def __init__(self, path: Path) -> None:
        self.path = path
        atomic.make_folders(path.parent)
        try:
            self._db = sqlite3.connect(path, timeout=10.0, isolation_level=None)
            path.chmod(0o600)
            self._prepare()
        except sqlite3.DatabaseError as error:
            told = f"{path} is damaged: {error}. Move it away; the next sync pairs the mails anew and loses none."
            raise ConnectorError(told) from error

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConnectorError(f"{self.path} was written by a newer Nearhand. Update this one.")
        if version == VERSION:
            return
        with self.together():
            for statement in (each for step in _TABLES[version:] for each in step):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is there as a whole or not at all."""
        with transaction(self._db):
            yield

    def mails(self) -> list[Known]:
        """Every mail that is known."""
        return [Known(*row) for row in self._db.execute(f"SELECT {_COLUMNS} FROM mails ORDER BY id")]

    def save(self, mails: Iterable[Known], gone: Iterable[int] = ()) -> None:
        """Write down how mails stand now, and forget others; what was about to become of them is over."""
        marks = ", ".join("?" * len(_NAMES))
        rows = [(mail.id or None, *_values(mail)) for mail in mails]
        with self.together():
            gone = list(gone)
            self._db.executemany("DELETE FROM mails WHERE id = ?", [(number,) for number in gone])
            self.settle([*gone, *(number for number, *_ in rows if number)])
            self._db.executemany(f"INSERT OR REPLACE INTO mails ({_COLUMNS}) VALUES ({marks})", rows)

    def intend(self, mail: Known) -> int:
        """Write down one mail before it goes to the server; returns its number."""
        marks = ", ".join("?" * len(_NAMES))
        row = (mail.id or None, *_values(mail))
        found = self._db.execute(f"INSERT OR REPLACE INTO mails ({_COLUMNS}) VALUES ({marks})", row)
        return int(found.lastrowid or 0)

    def copies(self) -> list[Copy]:
        """The copies that were about to be made, and of which nobody has written down what became of them."""
        return [Copy(*row) for row in self._db.execute(f"SELECT {_COPY_COLUMNS} FROM copies ORDER BY mail")]

    def intend_copies(self, copies: Iterable[Copy]) -> None:
        """Write down which copies are about to be made."""
        with self.together():
            rows = [astuple(copy) for copy in copies]
            self._db.executemany(f"INSERT OR REPLACE INTO copies ({_COPY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)

    def settle(self, mails: Iterable[int]) -> None:
        """It is known what became of the copies of these mails."""
        with self.together():
            self._db.executemany("DELETE FROM copies WHERE mail = ?", [(number,) for number in mails])

    def boxes(self) -> dict[str, Box]:
        """The mailboxes by their folders."""
        rows = self._db.execute("SELECT folder, mailbox, validity, uidnext, messages, modseq FROM boxes")
        return {folder: Box(mailbox, Status(*numbers)) for folder, mailbox, *numbers in rows}

    def save_boxes(self, boxes: Mapping[str, Box]) -> None:
        """Write down how whole mailboxes stand now."""
        was = self.boxes()
        rows = [(name, box.mailbox, *astuple(box.status)) for name, box in boxes.items() if was.get(name) != box]
        with self.together():
            self._db.executemany("INSERT OR REPLACE INTO boxes VALUES (?, ?, ?, ?, ?, ?)", rows)

    def rest(self) -> str:
        """How everything stood when a comparison last found nothing to do (`rest.py`); "" if it did not."""
        found = self._db.execute("SELECT token FROM rest").fetchone()
        return str(found[0]) if found else ""

    def keep_rest(self, token: str) -> None:
        """Write down how everything stands where there is nothing to do; "" where there is."""
        if token != self.rest():
            self._db.execute("INSERT OR REPLACE INTO rest VALUES (1, ?)", (token,))
