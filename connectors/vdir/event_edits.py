"""Single changes of an event or task: title, place, reminder, repetition. Each takes a component and gives another.

Deliberately not here: times (see `moving.py`, `series.py`) and people (see `invitations.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.contentlines import Block, Line, block, escape, unescape
from nearhand.connectors.vdir.ics import CalendarFile
from nearhand.connectors.vdir.recurrence import read_rule, write_rule
from nearhand.connectors.vdir.stamps import Stamp, duration_value, read_stamp
from nearhand.connectors.vdir.zones import Zones


def with_text(component: Block, name: str, text: str) -> Block:
    """Set a TEXT property ("" takes it away); a language stays, a link to a richer form of the old text does not."""
    if not text.strip():
        return component.without(name)
    old = component.line(name)
    kept = tuple(pair for pair in old.params if pair[0] != "ALTREP") if old else ()
    return component.with_line(name, escape(" ".join(text.split()) if name == "SUMMARY" else text.strip()), kept)


def with_reminder(component: Block, remind: timedelta | datetime) -> Block:
    """Make this the reminder: so long before (the due time of a task), or at a moment; other kinds of alarm stay."""
    kept = [alarm for alarm in component.blocks("VALARM") if alarm.value("ACTION").upper() not in ("DISPLAY", "")]
    text = component.value("SUMMARY") or escape("Reminder")
    trigger = _trigger(remind, related=component.name == "VTODO")
    lines = (Line("ACTION", "DISPLAY"), Line("DESCRIPTION", text), trigger)
    return component.with_blocks("VALARM", [*kept, block("VALARM", *lines, newline=component.newline)])


def _trigger(remind: timedelta | datetime, related: bool) -> Line:
    if isinstance(remind, datetime):
        return Line("TRIGGER", f"{remind.astimezone(UTC):%Y%m%dT%H%M%SZ}", (("VALUE", "DATE-TIME"),))
    return Line("TRIGGER", duration_value(-abs(remind)), (("RELATED", "END"),) if related else ())


def with_rule(file: CalendarFile, component: Block, text: str) -> Block:
    """Set the repetition ("" ends it); raises LimitError and UnreadableError for a rule that is not acceptable."""
    if not text.strip():
        return component.without("RRULE", "RDATE", "EXDATE")
    return component.with_line("RRULE", fitting_rule(file.zones, file.start_of(component), text))


def fitting_rule(zones: Zones, start: Stamp, text: str) -> str:
    """A rule with its UNTIL written as RFC 5545 wants it for this start: a date for days, else UTC."""
    rule = dict(read_rule(text))
    if "UNTIL" in rule and "COUNT" in rule:
        raise ConnectorError("It can repeat until a day or so many times, not both. Say one of them.")
    if "UNTIL" in rule:
        until = read_stamp(rule["UNTIL"])
        if start.is_date:
            day = until.wall if until.is_date else zones.local(until).replace(tzinfo=None)
            rule["UNTIL"] = f"{day:%Y%m%d}"
        else:
            rule["UNTIL"] = _until(zones, start, until)
    return write_rule(rule)


def _until(zones: Zones, start: Stamp, until: Stamp) -> str:
    wall = until.plus(timedelta(days=1, seconds=-1)).wall if until.is_date else until.wall
    tzid = until.tzid or start.tzid
    if not start.tzid:
        return Stamp(zones.local(until).replace(tzinfo=None) if until.tzid else wall).value
    return f"{zones.aware(Stamp(wall, tzid)).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def reminders(component: Block) -> list[str]:
    """The triggers of the reminders, for comparing."""
    return [alarm.value("TRIGGER") for alarm in component.blocks("VALARM")]


def text_of(component: Block, name: str) -> str:
    """A TEXT property as it is meant, for comparing."""
    return unescape(component.value(name))
