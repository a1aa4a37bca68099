"""Which of several, and in what order: `which` and `count` as bounds, an order and a cut.

Said once, applied twice: by SQLite to everything that is one row, and in memory to the occurrences of series.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Item

_ORDINALS = {"first": 0, "second": 1, "third": 2}
_DATED = frozenset({"calendar", "tasks"})


@dataclass(frozen=True, slots=True)
class Pick:
    """An order and what to keep of it."""

    column: Literal["at", "size", "title"]
    descending: bool = False
    start: int = 0
    limit: int | None = None
    from_time: float | None = None
    """Only what begins at or after this (seconds since 1970)."""
    before_time: float | None = None
    """Only what begins before this."""
    over_by: float | None = None
    """Only what is over by this."""
    not_over_by: float | None = None
    """Only what is not over by this."""
    sized: bool = False
    """Only things that have a size."""

    @property
    def relative(self) -> bool:
        """Whether it takes some out of several."""
        return self.limit is not None

    def conditions(self) -> tuple[str, list[object]]:
        """The bounds as SQL over the columns of `item`."""
        bounds = (
            ("item.at >= ?", self.from_time), ("item.at < ?", self.before_time),
            ("item.until <= ?", self.over_by), ("item.until > ?", self.not_over_by),
        )  # fmt: skip
        used = [(sql, value) for sql, value in bounds if value is not None]
        sized = ["item.kind <> 'folder'"] if self.sized else []
        return " AND ".join([sql for sql, _ in used] + sized) or "1", [value for _, value in used]

    def order(self) -> str:
        """The order as SQL; what has no time comes last."""
        down = " DESC" if self.descending else ""
        return f"item.{self.column}{down} NULLS LAST, item.title, item.ref"

    def of(self, items: Iterable[Item]) -> list[Item]:
        """Apply it to items in memory."""
        kept = sorted((item for item in items if self._keeps(item)), key=lambda item: (item.title.casefold(), item.ref))
        dated = [item for item in kept if self.column != "at" or item.when is not None]
        dated.sort(key=self._key, reverse=self.descending)
        rest = [item for item in kept if self.column == "at" and item.when is None]
        return self.cut(dated + rest)

    def cut(self, items: list[Item]) -> list[Item]:
        """Keep as many as were asked for, of what is in order already."""
        return items[self.start : None if self.limit is None else self.start + self.limit]

    def _key(self, item: Item) -> tuple[float, str]:
        if self.column == "title":
            return 0.0, item.title.casefold()
        return (item.size if self.column == "size" else _stamp(item.when)), ""

    def _keeps(self, item: Item) -> bool:
        start, end = item.when, item.end or item.when
        return not (
            (self.from_time is not None and (start is None or _stamp(start) < self.from_time))
            or (self.before_time is not None and (start is None or _stamp(start) >= self.before_time))
            or (self.over_by is not None and (end is None or _stamp(end) > self.over_by))
            or (self.not_over_by is not None and (end is None or _stamp(end) <= self.not_over_by))
            or (self.sized and item.kind == "folder")
        )


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


def pick(query: Query, clock: Clock) -> Pick:
    """Read `which` and `count`; first and last are by time, in a folder without a time by name."""
    which, many, now = query.which, query.count or 1, clock.now.timestamp()
    match which:
        case "first" | "second" | "third":
            return _ordinal(query, clock, _ORDINALS[which], many if which == "first" else 1)
        case "latest":
            return Pick("at", True, limit=many)
        case "oldest":
            return Pick("at", limit=many)
        case "largest" | "smallest":
            return Pick("size", which == "largest", limit=many, sized=True)
        case "next":
            return Pick("at", limit=many, from_time=now)
        case "last" if query.area == "calendar" and query.span is None:
            return Pick("at", True, limit=many, before_time=now)
        case "previous" if query.area == "calendar" and query.span is None:
            return Pick("at", True, limit=many, over_by=now)
        case "last" | "previous":
            return Pick("at", True, limit=many)
    usual = default(query)
    return Pick(usual.column, usual.descending, limit=many) if which == "any" else usual


def default(query: Query) -> Pick:
    """The usual order: events and tasks as they come, mails and files newest first, people by name."""
    if query.area == "contacts":
        return Pick("title")
    return Pick("at", query.area not in _DATED)


def _ordinal(query: Query, clock: Clock, start: int, many: int) -> Pick:
    if query.area == "contacts" or (query.area == "files" and query.span is None):
        return Pick("title", start=start, limit=many)
    today = clock.now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    upcoming = query.area == "calendar" and query.span is None
    return Pick("at", start=start, limit=many, not_over_by=today if upcoming else None)
