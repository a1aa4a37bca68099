"""Where a move leads: from a start and "to Friday", "to 4 pm" or "by two days" to the new start, on the wall clock.

The day and the time of day are those of the person; the result is written in the zone that the item already has.
Deliberately not here: what else has to move along (see `series.py`).
"""

from __future__ import annotations

import calendar as gregorian
from datetime import UTC, datetime, timedelta

from nearhand.connectors.base import Shift, Span
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.parts_of_day import inside, usual_hours
from nearhand.connectors.vdir.stamps import Stamp, add_months, as_date
from nearhand.connectors.vdir.zones import Zones, name_of

_HOUR = timedelta(hours=1)


def moved_by(zones: Zones, start: Stamp, by: Shift) -> Stamp:
    """A start shifted by months and days of the person's calendar, then by exact time."""
    if start.is_date:
        return as_date(add_months(start.wall, by.months) + timedelta(days=by.days) + by.time)
    if not start.tzid:
        return Stamp(add_months(start.wall, by.months) + timedelta(days=by.days) + by.time)
    here = zones.aware(start).astimezone(zones.own if start.tzid == "UTC" else zones.zone(start.tzid))
    wall = add_months(here.replace(tzinfo=None), by.months) + timedelta(days=by.days)
    moment = wall.replace(tzinfo=here.tzinfo).astimezone(UTC) + by.time
    return zones.stamp(moment, start.tzid)


def moved_to(zones: Zones, start: Stamp, length: timedelta, to: Span) -> tuple[Stamp, timedelta]:
    """A start and length moved to a span: a time of the same day is a time, a day keeps the time of day."""
    goal = to.start or to.end
    if goal is None:
        raise ConnectorError("It is not clear to which time it should move. Say a day or a time.")
    goal = goal.astimezone(zones.own)
    if to.grain == "minute":
        return _at_time(zones, start, length, to, goal)
    if to.grain == "part" and (start.is_date or not inside(zones.local(start), to, zones.own)):
        usual = usual_hours(to, zones.own).start
        return _at_time(zones, start, length, to, usual.astimezone(zones.own) if usual else goal)
    day = _day(zones, start, to, goal)
    if start.is_date:
        return as_date(day), length
    wall = datetime.combine(day.date(), zones.local(start).time())
    if not start.tzid:
        return Stamp(wall), length
    return zones.stamp(wall.replace(tzinfo=zones.own), start.tzid), length


def _at_time(zones: Zones, start: Stamp, length: timedelta, to: Span, goal: datetime) -> tuple[Stamp, timedelta]:
    if to.grain == "minute" and to.start and to.end and to.end > to.start:
        length = to.end.astimezone(UTC) - to.start.astimezone(UTC)
    elif start.is_date:
        length = _HOUR
    tzid = name_of(zones.own) if start.is_date else start.tzid
    return zones.stamp(goal, tzid), length


def _day(zones: Zones, start: Stamp, to: Span, goal: datetime) -> datetime:
    """The day that a span of days means for something that is on another day now."""
    first, now = datetime(goal.year, goal.month, goal.day), zones.local(start).replace(tzinfo=None)
    if to.grain == "week":
        return first + timedelta(days=(now.weekday() - first.weekday()) % 7)
    if to.grain in ("month", "year"):
        month = first.replace(day=1) if to.grain == "month" else datetime(first.year, now.month, 1)
        return month.replace(day=min(now.day, gregorian.monthrange(month.year, month.month)[1]))
    return first


def length_of(to: Span, said: timedelta | None) -> timedelta | None:
    """How long something new takes: what was said, else the length of an exact span, else None."""
    if said is not None:
        return said
    if to.grain == "minute" and to.start and to.end and to.end > to.start:
        return to.end.astimezone(UTC) - to.start.astimezone(UTC)
    return None
