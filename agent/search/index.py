"""The index: everything the person has, found again in milliseconds.

A file of its own that holds nothing but what the connectors can give again, so losing it costs time and nothing else: a
file that is damaged, or of another version, is built anew. Deliberately not here: changing the world.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol, Self, TypeVar, runtime_checkable

from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.search import narrow
from nearhand.agent.search import store as index_store
from nearhand.agent.search.query import Query
from nearhand.agent.search.refresh import Progress, Refresh, Refreshed
from nearhand.agent.search.select import Selection
from nearhand.agent.showing import card
from nearhand.connectors.base import Connector, Item, Person, Span
from nearhand.connectors.errors import NearhandError

_T = TypeVar("_T")
_CHUNK = 500
_HORIZON = timedelta(days=400)
"""How far the occurrences of a series are looked for when only "next" or "last" was said."""
_LONGEST = timedelta(days=1)
"""How long before now an occurrence may have begun that still counts as today's."""
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})


@runtime_checkable
class Recurs(Protocol):
    """A connector whose items can come more than once."""

    def occurrences(self, items: Iterable[Item], span: Span) -> list[Item]:
        """The items that overlap a span, each series as one item for each time that it comes."""


@runtime_checkable
class Compares(Protocol):
    """A connector that can tell which items have the same content."""

    def duplicates(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        """Groups of equal items, each with the one to keep first."""


class Index:
    """What the connectors hold, kept for searching. One object is used by one thread."""

    def __init__(self, path: Path, connectors: Iterable[Connector], settings: str = "") -> None:
        self.path = path
        self.connectors = {connector.name: connector for connector in connectors}
        self._settings = settings
        self._base = self._open()

    def refresh(
        self,
        areas: Iterable[str] | None = None,
        seconds: float | None = None,
        progress: Progress | None = None,
        emptied: Collection[str] = (),
    ) -> Refreshed:
        """Bring areas up to date (all by default), for about so many seconds at most; the next call carries on.

        Raises VanishedError if everything of an area is gone that is not in `emptied`, after the others are done.
        """
        wanted = [self.connectors[area] for area in (self.connectors if areas is None else areas)]
        return self._safely(lambda: self._refresh(wanted, seconds, progress, emptied))

    def take(self, area: str, there: Mapping[str, str], gone: Collection[str] = ()) -> None:
        """Load what somebody who watches an area says is new or changed (ref and version), and forget what is gone."""
        connector = self.connectors[area]
        self._safely(lambda: Refresh(index_store.Store(self._base), None, None).part(connector, there, gone))

    def find(self, query: Query, clock: Clock, limit: int | None = None) -> list[Item]:
        """Everything that a query selects, in order."""
        return self._safely(lambda: self._find(query, clock, limit))

    def titles(self, query: Query, clock: Clock, limit: int) -> list[tuple[str, str]]:
        """(ref, title) of the first things that a query selects, without reading them; a series counts once."""
        return self._safely(lambda: self._titles(query, clock, limit))

    def narrow(self, area: str, text: str = "", limit: int = 200, start: int = 0, place: str = "") -> list[Item]:
        """What has words beginning like those typed so far, the latest first; everything while nothing is typed."""
        return self._safely(lambda: self._items(narrow.ids(self._base, area, text, limit, start, place)))

    @property
    def writes(self) -> int:
        """A number that grows whenever this object has changed the file."""
        return self._base.total_changes

    def counted(self, area: str, place: str = "") -> int:
        """How many things an area, or one place of it, holds."""
        return self._safely(lambda: narrow.count(self._base, area, place))

    def measure(self, query: Query, clock: Clock) -> tuple[int, int]:
        """How many things a query selects, and their bytes together, without reading them; a series counts once."""
        return self._safely(lambda: Selection(self._base, query, clock).measure())

    def missed(self, query: Query, clock: Clock) -> tuple[str, ...]:
        """The exceptions of a query that leave nothing out, which the person should hear of."""
        return self._safely(lambda: Selection(self._base, query, clock).missed())

    def get(self, area: str, ref: str) -> Item | None:
        """One item by its ref."""
        found = self._base.execute("SELECT id FROM item WHERE area = ? AND ref = ?", (area, ref)).fetchone()
        return self._items([found[0]])[0] if found else None

    def event(self, uid: str) -> Item | None:
        """The event of the calendar that has this UID."""
        sql = "SELECT id FROM item WHERE area = 'calendar' AND json_extract(card, '$[13].uid') = ?"
        found = self._base.execute(sql, (uid,)).fetchone()
        return self._items([found[0]])[0] if found else None

    def contacts(self) -> list[Item]:
        """Every contact card."""
        found = self._base.execute("SELECT id FROM item WHERE area = 'contacts' ORDER BY title, ref")
        return self._items([row[0] for row in found])

    def people(self) -> list[Person]:
        """Everybody who takes part in a mail or an event, those met most often first."""
        sql = "SELECT name, address, count(*) FROM person JOIN part ON person = id GROUP BY id ORDER BY 3 DESC, 1, 2"
        return [Person(name, address) for name, address, _ in self._base.execute(sql)]

    def folders(self) -> list[str]:
        """The absolute path of every folder."""
        found = self._base.execute("SELECT ref FROM item WHERE area = 'files' AND kind = 'folder' ORDER BY ref")
        return [row[0] for row in found]

    def places(self, area: str) -> list[str]:
        """Every mailbox, calendar or list that has something in it."""
        sql = "SELECT name FROM place WHERE area = ? AND name <> '' AND id IN (SELECT place FROM item) ORDER BY name"
        return [row[0] for row in self._base.execute(sql, (area,))]

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path):
            base = _connect(self.path)
            try:
                if index_store.usable(base, self._settings):
                    return base
            except sqlite3.DatabaseError as error:
                if not _broken(error):
                    base.close()
                    raise
            base.close()
            return self._new()

    def _new(self) -> sqlite3.Connection:
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{ending}").unlink()
        base = _connect(self.path)
        index_store.create(base, self._settings)
        return base

    def _safely(self, work: Callable[[], _T]) -> _T:
        """Do it; if the file turns out to be damaged, build it anew and do it again."""
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if not _broken(error):
                raise
        self._base.close()
        with _alone(self.path):
            self._base = self._new()
        self._refresh(list(self.connectors.values()), None, None, ())
        return work()

    def _refresh(
        self, wanted: Sequence[Connector], seconds: float | None, progress: Progress | None, emptied: Collection[str]
    ) -> Refreshed:
        run = Refresh(index_store.Store(self._base), seconds, progress)
        errors: list[NearhandError] = []
        for connector in wanted:
            try:
                run.area(connector, connector.name in emptied)
            except NearhandError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return run.result

    def _find(self, query: Query, clock: Clock, limit: int | None) -> list[Item]:
        selection = Selection(self._base, query, clock)
        connector = self.connectors.get(query.area)
        if isinstance(connector, Recurs):
            items = self._items(selection.rows(None))
            return selection.pick.of(_expanded(connector, items, query, clock))[:limit]
        if "duplicate" in query.states and isinstance(connector, Compares):
            groups = connector.duplicates(self._items(selection.rows(None)))
            return selection.pick.cut([item for group in groups for item in group[1:]])[:limit]
        return self._items(selection.rows(selection.pick, limit))

    def _titles(self, query: Query, clock: Clock, limit: int) -> list[tuple[str, str]]:
        selection = Selection(self._base, query, clock)
        # the title as it is written is the fifth entry of a card; the column holds only its key
        sql = "SELECT ref, json_extract(card, '$[4]') FROM json_each(?) e JOIN item ON item.id = e.value ORDER BY e.key"
        return self._base.execute(sql, (json.dumps(selection.rows(selection.pick, limit)),)).fetchall()

    def _items(self, ids: Sequence[int]) -> list[Item]:
        found: dict[int, Item] = {}
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT item.id, card, text FROM item JOIN words ON words.rowid = item.id WHERE item.id IN ({marks})"
            found |= {number: card.read(line, text) for number, line, text in self._base.execute(sql, part)}
        return [found[number] for number in ids]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While the block runs, nobody else makes or takes away the file: engines are opened side by side."""
    lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _connect(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(path, timeout=10)
    with suppress(sqlite3.DatabaseError):
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")  # a lost index is built anew, so it need not be on disk at once
    return base


def _broken(error: sqlite3.DatabaseError) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _BROKEN


def _expanded(connector: Recurs, items: Sequence[Item], query: Query, clock: Clock) -> list[Item]:
    """Series as their occurrences in the time that was asked for; without one, as themselves."""
    now, span = clock.now, query.span
    if span is not None:
        window = Span(span.start or now - _HORIZON, span.end or now + _HORIZON)
    elif query.which in ("last", "previous"):
        window = Span(now - _HORIZON, now)
    elif query.which in ("next", "first", "second", "third"):
        window = Span(now - _LONGEST, now + _HORIZON)
    else:
        return list(items)
    series = [item for item in items if "recurring" in item.tags]
    single = [item for item in items if "recurring" not in item.tags]
    return single + connector.occurrences(series, window)
