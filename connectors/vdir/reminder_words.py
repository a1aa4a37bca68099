"""When a reminder comes and how long things last, in words: "30 minutes before", "1 hour". Changes nothing."""

from __future__ import annotations

from datetime import timedelta

from nearhand.connectors.errors import UnreadableError
from nearhand.connectors.vdir.contentlines import Block, Line
from nearhand.connectors.vdir.stamps import read_duration, read_line
from nearhand.connectors.vdir.zones import Zones


def reminders_in_words(component: Block, zones: Zones) -> str:
    """All reminders of an event or task; "" where one of them cannot be said."""
    triggers = [alarm.line("TRIGGER") for alarm in component.blocks("VALARM")]
    try:
        return " and ".join(_said(trigger, zones) for trigger in triggers if trigger)
    except UnreadableError:
        return ""


def _said(trigger: Line, zones: Zones) -> str:
    if trigger.param("VALUE").upper() == "DATE-TIME":
        at = zones.local(read_line(trigger))
        return f"{at:%a} {at.day} {at:%b} {at:%H:%M}"
    shift = read_duration(trigger.value)
    length = timedelta(days=shift.days) + shift.time
    if not length:
        return "when it begins"
    return f"{length_in_words(abs(length))} {'before' if length < timedelta() else 'after'}"


def length_in_words(length: timedelta) -> str:
    """A length of time: "1 hour 30 minutes"."""
    hours, rest = divmod(length.seconds, 3600)
    units = ((length.days, "day"), (hours, "hour"), (rest // 60, "minute"), (rest % 60, "second"))
    return " ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in units if n)
