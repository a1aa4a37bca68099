"""Tasks and lists as items, and when a task is due. Whether one is overdue, whoever has the clock decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nearhand.connectors.base import Item, Span
from nearhand.connectors.errors import ConnectorError, UnreadableError
from nearhand.connectors.vdir.contentlines import unescape
from nearhand.connectors.vdir.event_items import Place
from nearhand.connectors.vdir.ics import CalendarFile, plain
from nearhand.connectors.vdir.stamps import Stamp, as_date, read_line
from nearhand.connectors.vdir.zones import Zones, name_of

_DONE = ("COMPLETED", "CANCELLED")
_MAX_TEXT = 100_000
_DAY = timedelta(days=1)
_FINE = ("minute", "part")


def task_item(file: CalendarFile, place: Place) -> Item:
    """The item of a task: `when` is its due time, the midnight that begins the day of one that is due on a day."""
    if file.main.name != "VTODO":
        raise UnreadableError("There is no task in it.")
    main, due = file.main, due_of(file)
    words = [unescape(main.value(name)).strip() for name in ("DESCRIPTION", "LOCATION")]
    base = Item(
        place.connector, place.ref, place.version, "task", plain(main, "SUMMARY") or "(no title)", place.name,
        size=place.size, tags=_tags(file), text="\n".join(filter(None, words))[:_MAX_TEXT],
    )  # fmt: skip
    extra = {"uid": main.value("UID"), "rrule": main.value("RRULE"), "status": main.value("STATUS").lower(),
             "priority": main.value("PRIORITY"), "due": due.value if due else ""}  # fmt: skip
    if due is not None and not file.zones.understood(due.tzid):
        extra["unknown_zone"] = due.tzid
    return replace(_timed(base, file, due), extra={key: value for key, value in extra.items() if value})


def _timed(item: Item, file: CalendarFile, due: Stamp | None) -> Item:
    if due is None:
        return item
    end = file.zones.local(due.plus(_DAY) if due.is_date else due)
    return replace(item, when=file.zones.local(due), end=end, all_day=due.is_date)


def _tags(file: CalendarFile) -> frozenset[str]:
    main = file.main
    done = main.value("STATUS").strip().upper() in _DONE or bool(main.line("COMPLETED"))
    return frozenset({"done" if done else "open"} | ({"recurring"} if file.recurring else set()))


def due_of(file: CalendarFile) -> Stamp | None:
    """When a task is due: DUE, or DTSTART and DURATION, or else its beginning."""
    line = file.main.line("DUE")
    if line is not None:
        return read_line(line)
    if file.main.line("DTSTART") is None:
        return None
    return file.end_of(file.main) if file.main.line("DURATION") else file.start


def due_stamp(zones: Zones, when: Span) -> Stamp:
    """When something new is due: at a time, or on the last day of what was said ("by Friday", "this week")."""
    said = settled(when)
    moment = said.start or said.end
    if moment is None:
        raise ConnectorError("It is not clear when that is due. Say a day or a time.")
    if when.grain in _FINE:
        return zones.stamp(moment.astimezone(UTC), name_of(zones.own))
    last = (said.end - timedelta(microseconds=1)) if said.end and said.end > moment else moment
    return as_date(last.astimezone(zones.own))


def settled(when: Span) -> Span:
    """A span with a beginning: "by Friday" (no beginning) is that day."""
    if when.start is not None or when.end is None:
        return when
    return replace(when, start=when.end if when.grain in _FINE else when.end - _DAY)


def list_item(place: Place, count: int) -> Item:
    """The item of a whole list."""
    return Item(place.connector, place.ref, place.version, "list", place.name, extra={"count": str(count)})


def moment_of(due: Stamp, zones: Zones) -> datetime:
    """The instant a task is due, for reminders: the morning at nine of a day."""
    return zones.aware(Stamp(due.wall.replace(hour=9)) if due.is_date else due)
