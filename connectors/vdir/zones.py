"""Time zones of iCalendar: which clock a TZID means.

A TZID is looked up as an IANA name (also behind the prefixes of Mozilla and libical), as a Windows name, and then in
the VTIMEZONE of the file. One that means nothing falls back to the person's own zone, and the item says so.
Deliberately not here: writing a VTIMEZONE (see `vtimezone.py`), and the text of events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from nearhand.connectors.vdir.contentlines import Block, parse
from nearhand.connectors.vdir.stamps import UTC_ID, Stamp

_UTC_NAMES = ("UTC", "GMT", "ETC/UTC", "Z", "ETC/GMT")


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones of one file, as one person sees them."""

    own: tzinfo
    """The person's zone: of floating times, and of names that mean nothing."""
    root: Block = field(default_factory=lambda: Block(""))

    def zone(self, tzid: str) -> tzinfo:
        """The zone that a TZID means."""
        return self.own if not tzid else (self._known(tzid) or self.own)

    def understood(self, tzid: str) -> bool:
        """Whether a TZID means a zone."""
        return not tzid or self._known(tzid) is not None

    def aware(self, stamp: Stamp) -> datetime:
        """The instant of a stamp on its own clock; a date is its midnight where the person is."""
        return stamp.wall.replace(tzinfo=self.own if stamp.is_date else self.zone(stamp.tzid))

    def local(self, stamp: Stamp) -> datetime:
        """The instant of a stamp on the clock of the person (a reading that a DST gap skips is moved on)."""
        return self.aware(stamp).astimezone(UTC).astimezone(self.own)

    def stamp(self, moment: datetime, tzid: str) -> Stamp:
        """An instant as a stamp of a zone."""
        return Stamp(moment.astimezone(self.zone(tzid)).replace(tzinfo=None, microsecond=0), tzid)

    def later(self, stamp: Stamp, length: timedelta) -> Stamp:
        """The stamp an exact length later (days where it is a date)."""
        if stamp.is_date:
            return stamp.plus(timedelta(days=length.days))
        return self.stamp(self.aware(stamp).astimezone(UTC) + length, stamp.tzid)

    def _known(self, tzid: str) -> tzinfo | None:
        return _by_name(tzid) or _by_definition(tzid, self._definition(tzid))

    def _definition(self, tzid: str) -> str:
        for block in self.root.walk():
            if block.name == "VTIMEZONE" and block.value("TZID") == tzid:
                return block.text
        return ""


@lru_cache(maxsize=256)
def _by_name(tzid: str) -> tzinfo | None:
    if tzid.upper() in _UTC_NAMES:
        return UTC
    parts = tzid.strip("/ ").split("/")
    for start in range(max(0, len(parts) - 3), len(parts)) if tzid.startswith("/") else (0,):
        found = _iana("/".join(parts[start:]))
        if found:
            return found
    return _windows(tzid)


def _iana(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name.isprintable() and len(name) < 64 else None
    except (KeyError, ValueError, OSError):
        return None


def _windows(name: str) -> ZoneInfo | None:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    known = WINDOWS_TO_OLSON.get(name)
    return _iana(known) if known else None


@lru_cache(maxsize=64)
def _by_definition(tzid: str, definition: str) -> tzinfo | None:
    """Read a VTIMEZONE; anything odd in it (also a rule that would take long) makes it unknown."""
    if not definition or len(definition) > 50_000 or not _simple(parse(definition)):
        return None
    from icalendar import Timezone

    try:
        component = Timezone.from_ical(definition.encode("utf-8", "replace"))
        found = component.to_tz(lookup_tzid=False) if isinstance(component, Timezone) else None
        if found is not None:
            datetime(2026, 7, 1, tzinfo=found).utcoffset()
        return found
    except Exception:  # the library raises all sorts of types on broken zones; none may stop a person's calendar
        return None


def _simple(root: Block) -> bool:
    rules = [line.value.upper() for block in root.walk() for line in block.lines("RRULE")]
    return len(rules) < 200 and all("FREQ=YEARLY" in rule and "BYSECOND" not in rule for rule in rules)


def name_of(zone: tzinfo) -> str:
    """The TZID under which new events are written: an IANA name, else UTC."""
    key = zone.key if isinstance(zone, ZoneInfo) else UTC_ID
    return UTC_ID if not key or key.upper() in _UTC_NAMES else key
