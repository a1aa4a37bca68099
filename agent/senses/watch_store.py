"""What was seen of the world, what is still to be dealt with, and which rule was set off by what: one SQLite file.

    seen     the last look: every ref with its version, and the number it was born under; what is gone is kept a while
    place    the folders and areas that are looked after, so that one that is new is not taken for news
    event    differences that have settled and are not dealt with yet
    firing   one row for each rule and occasion, ever; its id is why nothing is done twice
    active   since when, and since which birth, each rule is at work
    timer    the last moment of each rule's own times that is dealt with
Written with synchronous=FULL: what it says is on the disk. Deliberately not here: looking (`perceive.py`), matching and
running (`rules/run.py`), and what was done to the world, which only the journal knows.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nearhand.agent.errors import AgentError
from nearhand.connectors.transactions import own_file, transaction

_TABLES = """
CREATE TABLE seen (area TEXT NOT NULL, ref TEXT NOT NULL, version TEXT NOT NULL, mark TEXT NOT NULL,
    born INTEGER NOT NULL, gone REAL, PRIMARY KEY (area, ref)) WITHOUT ROWID;
CREATE INDEX seen_mark ON seen (area, mark);
CREATE INDEX seen_born ON seen (area, born);
CREATE INDEX seen_gone ON seen (gone) WHERE gone IS NOT NULL;
CREATE TABLE place (area TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (area, name)) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, area TEXT NOT NULL, change TEXT NOT NULL, ref TEXT NOT NULL,
    version TEXT NOT NULL, was TEXT NOT NULL, born INTEGER NOT NULL, at REAL NOT NULL, since REAL NOT NULL,
    matched INTEGER NOT NULL);
CREATE INDEX event_matched ON event (matched);
CREATE TABLE firing (id TEXT PRIMARY KEY, rule TEXT NOT NULL, event INTEGER, area TEXT NOT NULL, ref TEXT NOT NULL,
    version TEXT NOT NULL, born INTEGER NOT NULL, due REAL NOT NULL, state TEXT NOT NULL, turn INTEGER,
    ancestors TEXT NOT NULL, said TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX firing_due ON firing (state, due);
CREATE INDEX firing_thing ON firing (area, ref);
CREATE INDEX firing_unasked ON firing (said) WHERE state = 'held' AND turn IS NULL;
CREATE INDEX firing_batch ON firing (said) WHERE said <> '';
CREATE INDEX firing_rule ON firing (rule, at);
CREATE TABLE active (rule TEXT PRIMARY KEY, born INTEGER NOT NULL, since REAL NOT NULL, runs INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE timer (rule TEXT PRIMARY KEY, last REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE born (next INTEGER NOT NULL);
INSERT INTO born VALUES (1);
"""
_VERSION = 1
_WAIT = 10.0


class WatchError(AgentError):
    """The memory of what was seen cannot be used, so no rule runs."""


BATCH = 50
"""Differences that are handed out at a time: so few that between them there is time to look again, and to stop."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing at the last look."""

    ref: str
    version: str
    mark: str
    """What says that it is the same thing under another name."""
    born: int
    gone: float | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A difference that is not dealt with yet."""

    id: int
    area: str
    change: str
    ref: str
    version: str
    was: str
    """Where it was before, if it was moved here."""
    born: int
    at: float
    since: float = 0.0
    """When its place was looked at before that; 0 if nobody knows."""


class WatchStore:
    """The file, open. Used by one thread at a time; several processes may have it open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            own_file(path)
            self.base = sqlite3.connect(path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise WatchError(_cannot(path, error)) from error
        try:
            self._prepare()
        except BaseException:
            self.base.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self.base.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Everything written inside is on the disk together when the block ends, or not at all."""
        try:
            with transaction(self.base):
                yield self.base
        except sqlite3.Error as error:
            raise WatchError(_cannot(self.path, error)) from error

    # --- what was seen ------------------------------------------------------------------------------------------------

    def seen(self, area: str, inside: str = "") -> dict[str, Seen]:
        """Everything of an area that was there at the last look; of a folder of files, what lies under it."""
        bounds = " AND ref > ? AND ref < ?" if inside else ""
        values = (area, f"{inside}/", f"{inside}0") if inside else (area,)
        sql = f"SELECT ref, version, mark, born, gone FROM seen WHERE area = ? AND gone IS NULL{bounds}"
        return {row[0]: Seen(*row) for row in self.base.execute(sql, values)}

    def versions(self, area: str, inside: str = "", deep: bool = True) -> dict[str, str]:
        """The version of everything that `seen` would give (or what lies in the folder itself), however much."""
        bounds, values = "", [area]
        if inside:
            bounds, values = " AND ref > ? AND ref < ?", [area, f"{inside}/", f"{inside}0"]
        if not deep:
            bounds, values = f"{bounds} AND instr(substr(ref, ?), '/') = 0", [*values, str(len(inside) + 2)]
        return dict(self.base.execute(f"SELECT ref, version FROM seen WHERE area = ? AND gone IS NULL{bounds}", values))

    def one(self, area: str, ref: str) -> Seen | None:
        """One thing at the last look."""
        sql = "SELECT ref, version, mark, born, gone FROM seen WHERE area = ? AND ref = ? AND gone IS NULL"
        found = self.base.execute(sql, (area, ref)).fetchone()
        return Seen(*found) if found else None

    def marked(self, area: str, marks: Sequence[str]) -> dict[str, list[Seen]]:
        """What has each of these marks, gone or not, the last that went first."""
        found: defaultdict[str, list[Seen]] = defaultdict(list)
        for start in range(0, len(marks), 500):
            part = marks[start : start + 500]
            # Left to itself, SQLite walks the whole area: it takes every index for equally good.
            which = f"INDEXED BY seen_mark WHERE area = ? AND mark IN ({', '.join('?' * len(part))})"
            sql = f"SELECT ref, version, mark, born, gone FROM seen {which} ORDER BY gone DESC"
            for row in self.base.execute(sql, (area, *part)):
                found[row[2]].append(Seen(*row))
        return found

    def where(self, area: str, born: int) -> str | None:
        """Where the thing that was born under this number is now."""
        sql = "SELECT ref FROM seen INDEXED BY seen_born WHERE area = ? AND born = ? AND gone IS NULL"
        found = self.base.execute(sql, (area, born)).fetchone()
        return found[0] if found else None

    def next_born(self, count: int) -> int:
        """Reserve so many numbers and return the first; ask for it inside the transaction that uses them."""
        first = int(self.base.execute("SELECT next FROM born").fetchone()[0])
        self.base.execute("UPDATE born SET next = next + ?", (count,))
        return first

    def put_seen(self, area: str, things: Iterable[Seen]) -> None:
        """Remember things as they are now."""
        rows = ((area, each.ref, each.version, each.mark, each.born) for each in things)
        self.base.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, NULL)", rows)

    def put_gone(self, area: str, refs: Iterable[str], now: float) -> None:
        """Remember that things are gone."""
        self.base.executemany(
            "UPDATE seen SET gone = ? WHERE area = ? AND ref = ?", ((now, area, ref) for ref in refs)
        )

    def forget_gone(self, before: float) -> None:
        """Forget what has been gone since before a moment."""
        self.base.execute("DELETE FROM seen WHERE gone IS NOT NULL AND gone < ?", (before,))

    def places(self) -> set[tuple[str, str]]:
        """The areas and folders that have been looked at before."""
        return set(self.base.execute("SELECT area, name FROM place"))

    def add_place(self, area: str, name: str) -> None:
        """This has been looked at now."""
        self.base.execute("INSERT OR IGNORE INTO place VALUES (?, ?)", (area, name))

    def drop_place(self, area: str, name: str) -> None:
        """Nobody looks after this any more."""
        self.base.execute("DELETE FROM place WHERE area = ? AND name = ?", (area, name))

    def drop_seen(self, area: str, refs: Iterable[str]) -> None:
        """Forget that these were seen."""
        self.base.executemany("DELETE FROM seen WHERE area = ? AND ref = ?", ((area, ref) for ref in refs))

    # --- what is to be dealt with -------------------------------------------------------------------------------------

    def add_events(self, events: Iterable[Pending]) -> None:
        """Queue differences; their ids are given here."""
        rows = ((e.area, e.change, e.ref, e.version, e.was, e.born, e.at, e.since) for e in events)
        columns = "area, change, ref, version, was, born, at, since, matched"
        self.base.executemany(f"INSERT INTO event ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", rows)

    def events(self, limit: int, unmatched: bool = False) -> list[Pending]:
        """Differences that wait, the oldest first; only those that no rule has looked at yet, if wanted."""
        which = "WHERE matched = 0" if unmatched else ""
        sql = f"SELECT id, area, change, ref, version, was, born, at, since FROM event {which} ORDER BY id LIMIT ?"
        return [Pending(*row) for row in self.base.execute(sql, (limit,))]

    def short(self) -> bool:
        """Whether something that is handed out next may not have been looked at by the rules yet."""
        first = self.base.execute("SELECT id FROM event WHERE matched = 0 ORDER BY id LIMIT 1").fetchone()
        if first is None:
            return False
        sql = "SELECT count(*) FROM (SELECT 1 FROM event WHERE id < ? LIMIT ?)"
        return int(self.base.execute(sql, (first[0], BATCH)).fetchone()[0]) < BATCH

    def drop_events(self, ids: Sequence[int]) -> None:
        """These were dealt with."""
        with self.writing() as base:
            base.executemany("DELETE FROM event WHERE id = ?", ((number,) for number in ids))

    # --- rules at work ------------------------------------------------------------------------------------------------

    def set_active(self, rules: Mapping[str, float], now: float) -> dict[str, tuple[int, float]]:
        """These rules (and when each was made) are at work, no others; since which birth and when each has been.

        A rule that was paused begins anew: what came meanwhile is not its business.
        """
        with self.writing() as base:
            known = {row[0]: row[1:] for row in base.execute("SELECT rule, born, since, runs FROM active")}
            base.executemany("UPDATE active SET runs = 0 WHERE rule = ?", ((r,) for r in known.keys() - rules.keys()))
            born = int(base.execute("SELECT next FROM born").fetchone()[0])
            for rule, made in rules.items():
                if rule not in known or not known[rule][2]:
                    known[rule] = (born, now if rule in known else made, 1)
                    base.execute("INSERT OR REPLACE INTO active VALUES (?, ?, ?, 1)", (rule, *known[rule][:2]))
        return {rule: (known[rule][0], known[rule][1]) for rule in rules}

    def begun(self, rule: str) -> bool:
        """Whether what a rule found already there was looked at before; from now on it was."""
        found = self.base.execute("SELECT runs FROM active WHERE rule = ?", (rule,)).fetchone()
        self.base.execute("UPDATE active SET runs = 2 WHERE rule = ? AND runs = 1", (rule,))
        return found is not None and found[0] == 2

    # --- times --------------------------------------------------------------------------------------------------------

    def timers(self) -> Mapping[str, float]:
        """The last moment of each rule that is dealt with, in seconds since 1970."""
        return dict(self.base.execute("SELECT rule, last FROM timer"))

    def set_timer(self, rule: str, last: float) -> None:
        """Everything of a rule up to this moment is dealt with."""
        self.base.execute("INSERT OR REPLACE INTO timer VALUES (?, ?)", (rule, last))

    def _prepare(self) -> None:
        try:
            for pragma in (f"busy_timeout = {int(_WAIT * 1000)}", "journal_mode = WAL", "synchronous = FULL",
                           "fullfsync = 1"):  # fmt: skip
                self.base.execute(f"PRAGMA {pragma}")
            with self.writing():
                version = int(self.base.execute("PRAGMA user_version").fetchone()[0])
                if version > _VERSION:
                    raise WatchError(f"{self.path} was written by a newer Nearhand. Update this one to use it.")
                if version == 0:
                    for statement in _TABLES.split(";"):
                        self.base.execute(statement)
                    self.base.execute(f"PRAGMA user_version = {_VERSION}")
        except sqlite3.Error as error:
            raise WatchError(_cannot(self.path, error)) from error


def _cannot(path: Path, error: Exception) -> str:
    return f"{path} cannot be used: {error}. No rule runs until it can; free some space or mend the disk."
