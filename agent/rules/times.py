"""The moments at which rules are due: their own times, and the times around events and due tasks.

Everything is reckoned on the wall clock of the person's zone and compared as instants, so that "at 8" is 8 on the clock
all year, an hour that the clocks skip is made up for after it, and one that comes twice counts once. However long the
machine slept, what was missed is one moment: the last. Deliberately not here: remembering what was done.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from nearhand.agent.home import Home
from nearhand.agent.resolve.when import spans as times
from nearhand.agent.resolve.when.types import Clock, Repeat
from nearhand.agent.rules.lasting import fits
from nearhand.agent.rules.repeating import first_of
from nearhand.agent.rules.trigger import Trigger
from nearhand.connectors.base import Item, Span
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.recurrence import read_rule, starts

JUMP = timedelta(days=1)
"""A clock that went back by more than this was wrong before; what was dealt with under it is not believed."""
_AHEAD = timedelta(days=400)
_LATE = timedelta(hours=12)
"""How late something that was to come after an event may still come."""
_AFTER = re.compile(r"^(?:(?P<how>.+?)\s+)?after(?:wards)?$", re.I)
_LONGEST = timedelta(days=62)
"""How far ahead events are looked at: no rule acts longer before one."""


@dataclass(frozen=True, slots=True)
class Near:
    """One time that an event or a due task sets a rule off."""

    item: Item
    due: datetime
    gone: datetime
    """From when on it is too late."""

    @property
    def key(self) -> str:
        """What says which time it is: the thing, and when it starts."""
        return f"{self.item.ref}@{self.item.when.astimezone(UTC).isoformat() if self.item.when else ''}"


def last_due(trigger: Trigger, since: datetime, now: datetime, clock: Clock) -> datetime | None:
    """The last of the rule's moments after `since` and up to now; None if there is none."""
    if trigger.once is not None:
        return trigger.once if since < trigger.once <= now else None
    assert trigger.repeat is not None
    # Further back than a year nobody waits for; what comes more often than the limit of 1,000 is looked at in steps.
    begin = max(since, now - _AHEAD)
    for step in (timedelta(days=8), _AHEAD):
        found = [m for m in moments(trigger.repeat, max(begin, now - step), now, clock) if since < m <= now]
        if found:
            return found[-1]
    return None


def next_due(trigger: Trigger, since: datetime, clock: Clock) -> datetime | None:
    """The first of the rule's moments after `since`."""
    if trigger.once is not None:
        return trigger.once if trigger.once > since else None
    assert trigger.repeat is not None
    for step in (timedelta(days=8), _AHEAD):
        found = [m for m in moments(trigger.repeat, since, since + step, clock) if m > since]
        if found:
            return found[0]
    return None


def moments(repeat: Repeat, lower: datetime, upper: datetime, clock: Clock) -> list[datetime]:
    """The moments of a recurrence around a window, in order, as instants in the person's zone."""
    first = _wall(first_of(repeat.first, clock), clock.zone)
    rule = dict(read_rule(repeat.rrule))
    last = _until(rule.pop("UNTIL", ""), clock.zone)
    window = tuple(_wall(each, clock.zone) for each in (lower - JUMP, upper + JUMP))
    walls = []
    try:
        for wall in starts(rule, first, last, (window[0], window[1])):
            walls.append(wall)
    except ConnectorError:
        pass  # as far as it could be worked out
    found = dict.fromkeys(_instant(wall, clock.zone) for wall in walls)
    return [each for each in found if not _left_out(each, repeat.exclusions)]


def _wall(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime, zone: tzinfo) -> datetime:
    """A reading of the clock as an instant; one that is skipped comes out as much later as the clocks went forward."""
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def _until(said: str, zone: tzinfo) -> datetime | None:
    if not said:
        return None
    if "T" not in said:
        return datetime.combine(datetime.strptime(said[:8], "%Y%m%d"), time(23, 59))
    moment = datetime.strptime(said.removesuffix("Z")[:15], "%Y%m%dT%H%M%S")
    return _wall(moment.replace(tzinfo=UTC), zone) if said.endswith("Z") else moment


def _left_out(moment: datetime, spans: Sequence[Span]) -> bool:
    return any(span.start and span.end and span.start <= moment < span.end for span in spans)


def around(trigger: Trigger, home: Home, now: datetime) -> list[Near]:
    """The times around events (or due tasks) that are not over yet, or were not a moment ago; the first first."""
    assert trigger.query is not None
    span = Span(now - _LATE - timedelta(days=2), now + _LONGEST, "minute")
    items = home.find(replace(trigger.query, span=span))
    return sorted(filter(None, (near(trigger, item, home.clock) for item in items)), key=lambda each: each.due)


def near(trigger: Trigger, item: Item, clock: Clock) -> Near | None:
    """When one event sets the rule off, and until when; None if it has no time or the words say none."""
    if item.when is None or (trigger.at is not None and not fits(item, trigger.at, clock)):
        return None
    start, end = item.when.astimezone(clock.zone), (item.end or item.when).astimezone(clock.zone)
    after = _AFTER.match(trigger.by)
    if after:
        shift = times.amount(after["how"]) if after["how"] else None
        due = end + (timedelta(days=shift.days) + shift.time if shift else timedelta())
        return Near(item, due, due + _LATE)
    if item.all_day:
        start = datetime.combine(start.date(), clock.work_start, clock.zone)
        end = datetime.combine(start.date(), time(23, 59), clock.zone)
    if not trigger.by:
        return Near(item, start, max(end, start + timedelta(minutes=10)))
    said = times.reminder(trigger.by, clock, start)
    if said is None:
        return None
    due = said if isinstance(said, datetime) else start - said
    return Near(item, due.astimezone(clock.zone), end if item.all_day else start)
