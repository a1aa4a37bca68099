"""Calendars on vdir folders: one folder per calendar, one .ics file per event or series.

Reading and expanding never raise on what others wrote: a file that cannot be understood is an item that says so.
A ref is `<calendar>/<file>.ics`, of one occurrence `<calendar>/<file>.ics#<time>`.
Deliberately not here: the mails that carry invitations and replies, tasks, and searching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.connectors.base import Call, Effect, Item, Person, Span
from nearhand.connectors.errors import ConnectorError, LimitError, NotFoundError, UnreadableError
from nearhand.connectors.sealed.parsing import CALENDAR, EVENT, HERE, OCCURRENCES, Parsing
from nearhand.connectors.vdir.connector import VdirConnector
from nearhand.connectors.vdir.event_calls import own_block
from nearhand.connectors.vdir.event_changes import describe
from nearhand.connectors.vdir.event_items import Place, located, split_ref, unreadable
from nearhand.connectors.vdir.event_plans import EventPlans
from nearhand.connectors.vdir.ics import CalendarFile, read
from nearhand.connectors.vdir.invitations import reply, requested
from nearhand.connectors.vdir.store import Vdir

_OPEN_END = timedelta(days=730)
"""How far a window reaches when it has an open end."""
ODD = (UnreadableError, LimitError, OverflowError, ValueError)
"""What reading a file of others may end in."""


def utc_now() -> datetime:
    """The clock, unless a caller injects another."""
    return datetime.now(UTC)


class CalendarConnector(VdirConnector):
    """The events under one root."""

    name = "calendar"

    def __init__(
        self, root: Path, default: str, me: Person, zone: ZoneInfo, clock: Callable[[], datetime] = utc_now,
        reads: Parsing = HERE,
    ) -> None:  # fmt: skip
        """`reads` may be one that reads in the sealed process."""
        super().__init__(Vdir(root, ".ics"))
        self.me = me
        self.zone = zone
        self._clock = clock
        self._reads = reads
        self._plans = EventPlans(self, default, me, zone, clock)

    def holds(self, data: bytes) -> bool:
        """Whether a file is not a list entry: events, and what cannot be told."""
        todo, event = data.find(b"BEGIN:VTODO"), data.find(b"BEGIN:VEVENT")
        return todo < 0 or 0 <= event < todo

    def load(self, ref: str) -> Item:
        """Read one event or one occurrence; raises NotFoundError."""
        base, name = split_ref(ref)
        place, data = self._open(base)
        try:
            if data is None:
                raise LimitError("It is larger than 20 MB, so it was not read.")
            return located(self._reads.read(EVENT, data, self.zone, place, self.me, name), place)
        except ODD as error:
            if name:
                raise NotFoundError(f"There is no occurrence {name} in {base} (any more).") from error
            return unreadable(place, "event", str(error))

    def _open(self, base: str) -> tuple[Place, bytes | None]:
        version, data = self.store.version(base), None
        with suppress(LimitError):
            data = self.store.read(base)
        folder = base.rpartition("/")[0]
        return Place(self.name, base, version, self.store.display(folder) if folder else "", len(data or b"")), data

    def occurrences(self, items: Iterable[Item], span: Span) -> list[Item]:
        """The items that overlap a span, each series as one item per occurrence, in order of time."""
        lower, upper = _window(span, self._clock())
        found = [each for item in items for each in self._within(item, lower, upper)]
        return sorted(found, key=lambda item: (item.when is None, item.when or lower, item.ref))

    def _within(self, item: Item, lower: datetime, upper: datetime) -> Iterator[Item]:
        base, name = split_ref(item.ref)
        if name or "recurring" not in item.tags:
            if item.when is not None and item.when < upper and ((item.end or item.when) > lower or item.when == lower):
                yield item
            return
        try:
            data = self.store.read(base)
            yield from self._reads.read(OCCURRENCES, data, self.zone, item, lower, upper, self.me)
        except (NotFoundError, *ODD):
            return

    def file(self, ref: str) -> CalendarFile:
        """Read the file of a ref for a change; raises NotFoundError, LimitError and UnreadableError."""
        text = self.text(split_ref(ref)[0])
        self._reads.read(CALENDAR, text.encode("utf-8", "surrogateescape"), self.zone)  # so that it is known to end
        return read(text, self.zone)

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call of the area calendar into effects; several occurrences of one file make one effect."""
        try:
            return self._plans.effects(call)
        except (OverflowError, ValueError) as error:
            raise ConnectorError("That leads to a time that does not exist. Say another one.") from error

    def describe(self, old: str, new: str, ref: str) -> str:
        """Say what changes between two texts of an event."""
        folder = ref.partition("/")[0]
        return describe(old, new, self.zone, self.store.display(folder))

    def offered(self, data: bytes) -> Item:
        """The event that a mail invites to, with no ref; raises ConnectorError if it asks for no answer."""
        self._requested(data)
        return self._reads.read(EVENT, data, self.zone, Place(self.name, "", "", ""), self.me, "")

    def reply_to(self, data: bytes, answer: str) -> str:
        """The text that tells the organizer one's answer to what a mail invites to."""
        return reply(self._requested(data).main, self.me, answer, self._clock())

    def _requested(self, data: bytes) -> CalendarFile:
        self._reads.read(CALENDAR, data, self.zone)
        return requested(data, self.zone)

    def reply_ics(self, ref: str, answer: str) -> str:
        """The text that tells the organizer one's answer; a mail carries it."""
        file = self.file(ref)
        name = split_ref(ref)[1]
        return reply(own_block(file, name), self.me, answer, self._clock())


def _window(span: Span, now: datetime) -> tuple[datetime, datetime]:
    lower = span.start or (min(span.end, now) if span.end else now) - _OPEN_END
    upper = span.end or max(span.start or now, now) + _OPEN_END
    return lower.astimezone(UTC), upper.astimezone(UTC)
