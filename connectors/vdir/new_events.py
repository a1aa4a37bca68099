"""The text of a new event. Deliberately not here: where it goes, and a title that nobody said (the agent makes one)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nearhand.connectors.base import Person, Span
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.contentlines import Block, Line, block
from nearhand.connectors.vdir.event_edits import fitting_rule, with_reminder, with_text
from nearhand.connectors.vdir.ics import head
from nearhand.connectors.vdir.invitations import invite
from nearhand.connectors.vdir.moving import length_of
from nearhand.connectors.vdir.parts_of_day import usual_hours
from nearhand.connectors.vdir.recurrence import read_rule, starts
from nearhand.connectors.vdir.stamps import Stamp, as_date, stamp_line
from nearhand.connectors.vdir.vtimezone import vtimezone
from nearhand.connectors.vdir.zones import Zones, name_of

_HOUR = timedelta(hours=1)
_TIMED = ("minute", "part")
_YEARS_AHEAD = timedelta(days=1830)


def fresh_uid(*parts: object) -> str:
    """A UID that follows from what it is for and when it was made, so that planning twice gives the same."""
    return hashlib.sha256("\0".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:32] + "@nearhand"


def new_event(args: Mapping[str, object], me: Person, zone: ZoneInfo, now: datetime) -> tuple[str, str]:
    """The UID and the text of a new event in the person's zone; raises ConnectorError where a time is missing."""
    when, said = args.get("when"), args.get("for")
    if not isinstance(when, Span) or when.start is None:
        raise ConnectorError("It is not clear when that should be. Say a day or a time.")
    zones = Zones(zone)
    start, length = _times(zones, when, said if isinstance(said, timedelta) else None)
    rule = fitting_rule(zones, start, str(args["repeat"])) if args.get("repeat") else ""
    start = first_start(start, rule)
    uid = str(args.get("uid") or fresh_uid(sorted(args.items(), key=str), now.isoformat()))
    event = _event(args, uid, zones, start, length, rule, now)
    who, remind = args.get("invite"), args.get("remind")
    event = invite(event, who, me) if isinstance(who, tuple) and who else event
    event = with_reminder(event, remind) if isinstance(remind, timedelta | datetime) else event
    return uid, calendar_text(event, start)


def calendar_text(component: Block, start: Stamp | None) -> str:
    """A VCALENDAR around one new component, with the zone it is written in."""
    zone = vtimezone(start.tzid, start.wall.year) if start and start.tzid and not start.is_date else None
    return block("VCALENDAR", *head(), *([zone] if zone else []), component).text


def _event(
    args: Mapping[str, object], uid: str, zones: Zones, start: Stamp, length: timedelta, rule: str, now: datetime
) -> Block:
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    end = zones.later(start, length)
    event = block("VEVENT", Line("UID", uid), Line("DTSTAMP", stamp), Line("CREATED", stamp),
                  stamp_line("DTSTART", start), stamp_line("DTEND", end))  # fmt: skip
    event = event.with_line("RRULE", rule) if rule else event
    event = with_text(event, "SUMMARY", str(args.get("name") or "New event"))
    return with_text(event, "LOCATION", str(args.get("where") or ""))


def _times(zones: Zones, when: Span, said: timedelta | None) -> tuple[Stamp, timedelta]:
    if said is not None and said <= timedelta():
        raise ConnectorError("An event has to take some time. Say how long.")
    when = usual_hours(when, zones.own)
    start = when.start
    if start is None:
        raise ConnectorError("It is not clear when that should begin. Say a day or a time.")
    local = start.astimezone(zones.own)
    if when.grain in _TIMED:
        return zones.stamp(local, name_of(zones.own)), length_of(when, said) or _HOUR
    days = _days(local.date(), when.end.astimezone(zones.own).date() if when.end else None)
    return as_date(local), max(said, timedelta(days=1)) if said is not None else timedelta(days=days)


def _days(first: date, end: date | None) -> int:
    return max(1, (end - first).days) if end else 1


def first_start(start: Stamp, rule: str) -> Stamp:
    """The first time from `start` on that a rule really gives: a series begins with one of its own times."""
    if not rule:
        return start
    window = (start.wall, start.wall + _YEARS_AHEAD)
    wall = next(starts(read_rule(rule), start.wall, None, window), None)
    return start.plus(wall - start.wall) if wall else start
