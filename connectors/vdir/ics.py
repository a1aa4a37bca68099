"""One iCalendar file: its main event or task, its changed occurrences, and when they are.

Limits are checked before anything is parsed: 5 MB here, 10,000 properties and nesting 3 in `contentlines.py`, rules in
`recurrence.py`. What Nearhand does not know stays byte for byte. Deliberately not here: changes (see `series.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from nearhand.connectors.errors import LimitError, UnreadableError
from nearhand.connectors.vdir.contentlines import Block, Line, parse, unescape
from nearhand.connectors.vdir.stamps import Stamp, read_duration, read_line, read_list, stamp_line
from nearhand.connectors.vdir.zones import Zones

MAX_BYTES = 5 * 1024 * 1024
KINDS = ("VEVENT", "VTODO")
PRODUCT = "-//Nearhand//Nearhand//EN"
Key = datetime
"""What tells occurrences apart: the instant (UTC) of a time, the midnight (naive) of a day."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A parsed file."""

    root: Block
    zones: Zones
    main: Block
    """The event or task itself; of a file with changed occurrences only, the first of them."""
    overrides: Mapping[Key, Block]
    """Changed occurrences by the start that the rule gives them."""

    @property
    def start(self) -> Stamp:
        """When the main component begins (a task without a beginning: when it is due)."""
        return self.start_of(self.main)

    def start_of(self, block: Block) -> Stamp:
        """When a component begins; raises UnreadableError if it does not say."""
        line = block.line("DTSTART") or block.line("DUE")
        if line is None:
            raise UnreadableError("It does not say when it begins.")
        return read_line(line)

    def end_of(self, block: Block) -> Stamp:
        """When a component ends: DTEND or DUE, or its start and DURATION, or a day, or at once."""
        start = self.start_of(block)
        line = block.line("DTEND") or block.line("DUE")
        if line is not None:
            end = read_line(line)
            return end if self.zones.aware(end) >= self.zones.aware(start) and end.is_date == start.is_date else start
        if block.line("DURATION"):
            length = read_duration(block.value("DURATION"))
            if length.days < 0 or length.time < timedelta():
                return start
            return self.zones.later(start.plus(timedelta(days=length.days)), length.time)
        return start.plus(timedelta(days=1)) if start.is_date else start

    def length(self, block: Block) -> timedelta:
        """How long a component takes: exactly, or in whole days."""
        start, end = self.start_of(block), self.end_of(block)
        if start.is_date:
            return end.wall - start.wall
        return self.zones.aware(end).astimezone(UTC) - self.zones.aware(start).astimezone(UTC)

    def key(self, stamp: Stamp) -> Key:
        """What identifies the occurrence that the series begins at this stamp."""
        if self.start.is_date or stamp.is_date:
            return stamp.wall.replace(hour=0, minute=0, second=0)
        return self.zones.aware(stamp).astimezone(UTC)

    def moved(self, block: Block, start: Stamp, length: timedelta) -> Block:
        """A component at another start with this length; DTEND keeps its own zone, DURATION stays DURATION."""
        old = block.line("DTSTART")
        fresh = block.with_lines("DTSTART", [stamp_line("DTSTART", start, old)])
        line = block.line("DTEND")
        if line is None and block.line("DURATION") and length == self.length(block):
            return fresh
        if line is None and not length:
            return fresh
        tzid = start.tzid if start.is_date or line is None else read_line(line).tzid
        end = self.zones.later(start, length)
        end = end if end.is_date or tzid == end.tzid else self.zones.stamp(self.zones.aware(end), tzid)
        return fresh.without("DURATION").with_lines("DTEND", [stamp_line("DTEND", end, line)])

    @property
    def recurring(self) -> bool:
        """Whether it comes more than once."""
        return bool(self.main.lines("RRULE", "RDATE") or self.overrides)

    def with_main(self, *main: Block) -> CalendarFile:
        """The file with the main component replaced (and others put behind it)."""
        return self.exchanged([(self.main, main)])

    def exchanged(self, pairs: Iterable[tuple[Block, tuple[Block, ...]]]) -> CalendarFile:
        """The file with these very components replaced by others."""
        root = self.root
        for old, new in pairs:
            root = root.exchanged(old, new)
        return again(self, root)


def again(file: CalendarFile, root: Block) -> CalendarFile:
    """The file for another tree, seen by the same person."""
    return build(root, file.zones.own)


def read(data: bytes | str, zone: tzinfo) -> CalendarFile:
    """Parse a file; raises LimitError (before parsing) and UnreadableError."""
    if len(data) > MAX_BYTES:
        raise LimitError("It is larger than 5 MB, so it was not read.")
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    return build(parse(text), zone)


def build(root: Block, zone: tzinfo) -> CalendarFile:
    """See a tree as a calendar file."""
    found = [block for block in root.walk() if block.name in KINDS]
    if not found:
        raise UnreadableError("There is no event or task in it.")
    main = next((block for block in found if not block.line("RECURRENCE-ID")), found[0])
    file = CalendarFile(root, Zones(zone, root), main, {})
    uid, changed = main.value("UID"), [b for b in found if b is not main and b.name == main.name]
    return replace(file, overrides={k: b for b in changed if b.value("UID") == uid for k in _id(file, b)})


def _id(file: CalendarFile, block: Block) -> list[Key]:
    line = block.line("RECURRENCE-ID")
    return [file.key(read_line(line))] if line else []


def stamps(block: Block, name: str) -> list[Stamp]:
    """All stamps of EXDATE or RDATE; an entry that cannot be read is passed over."""
    found: list[Stamp] = []
    for line in block.lines(name):
        try:
            found += read_list(line)
        except UnreadableError:
            continue
    return found


def plain(block: Block, name: str, limit: int = 1_000) -> str:
    """A TEXT property as one line for a person."""
    return " ".join(unescape(block.value(name)).split())[:limit]


def touched(block: Block, now: datetime, significant: bool) -> Block:
    """Write down that a component was changed; SEQUENCE counts the changes that others have to know of."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    fresh = block.with_line("DTSTAMP", stamp).with_line("LAST-MODIFIED", stamp)
    if not significant:
        return fresh
    number = block.value("SEQUENCE").strip()
    count = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
    return fresh.with_line("SEQUENCE", str(count + 1))


def head() -> list[Line]:
    """The lines every new VCALENDAR begins with."""
    return [Line("VERSION", "2.0"), Line("PRODID", PRODUCT)]
