"""When the occurrences of one file are: the rule, its extra dates and exceptions, and the ones changed by hand.

Only ever inside a window, at most 1,000 of them and 200 ms; what cannot be worked out is cut short, never raised.
RECURRENCE-ID;RANGE=THISANDFUTURE, which no common program writes, counts as a change of the one occurrence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from nearhand.connectors.errors import ConnectorError, LimitError, NotFoundError, UnreadableError
from nearhand.connectors.vdir.contentlines import Block
from nearhand.connectors.vdir.ics import CalendarFile, Key, stamps
from nearhand.connectors.vdir.recurrence import MAX_OCCURRENCES, Rule, read_rule, starts
from nearhand.connectors.vdir.stamps import Stamp, read_line, read_stamp

_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event or a task comes."""

    rid: Stamp
    """The start that the rule gives it, even if it was moved since."""
    block: Block
    start: Stamp
    length: timedelta


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a window."""

    occurrences: tuple[Occurrence, ...]
    cut: str = ""
    """Why there may be more that were not worked out."""


def within(file: CalendarFile, lower: datetime, upper: datetime) -> Found:
    """The occurrences that overlap a window of instants, in order."""
    length = file.length(file.main)
    found, cut = [], ""
    try:
        for rid in rule_starts(file, lower - length, upper):
            if file.key(rid) not in file.overrides and _overlaps(file, rid, length, lower, upper):
                found.append(Occurrence(rid, file.main, rid, length))
    except (LimitError, UnreadableError) as error:
        cut = str(error)
    found += [each for each in _changed(file) if _overlaps(file, each.start, each.length, lower, upper)]
    found.sort(key=lambda each: file.zones.aware(each.start))
    return Found(tuple(found[:MAX_OCCURRENCES]), cut)


def _overlaps(file: CalendarFile, start: Stamp, length: timedelta, lower: datetime, upper: datetime) -> bool:
    begin = file.zones.aware(start).astimezone(UTC)
    end = file.zones.aware(file.zones.later(start, length)).astimezone(UTC)
    return (begin < upper and (end > lower or begin == end == lower)) or begin == lower == upper


def _changed(file: CalendarFile) -> Iterator[Occurrence]:
    for key, block in file.overrides.items():
        if block.value("STATUS").upper() == "CANCELLED":
            continue
        try:
            yield Occurrence(_rid(file, key, block), block, file.start_of(block), file.length(block))
        except UnreadableError:
            continue


def _rid(file: CalendarFile, key: Key, block: Block) -> Stamp:
    line = block.line("RECURRENCE-ID")
    said = read_line(line) if line else None
    if said and (said.is_date, said.tzid) == (file.start.is_date, file.start.tzid):
        return said
    if file.start.is_date or key.tzinfo is None:
        return Stamp(key, is_date=True)
    return file.zones.stamp(key, file.start.tzid)


def rule_starts(file: CalendarFile, lower: datetime, upper: datetime) -> Iterator[Stamp]:
    """Yield the starts that DTSTART, RRULE, RDATE and EXDATE give between two instants; raises LimitError."""
    first = file.start
    window = (_wall(file, lower) - _MARGIN, _wall(file, upper) + _MARGIN)
    out, out_days = _exceptions(file)
    seen: set[Key] = set()
    for stamp in _candidates(file, first, window):
        key = file.key(stamp)
        if key not in seen and key not in out and stamp.wall.date() not in out_days:
            seen.add(key)
            if lower <= file.zones.aware(stamp).astimezone(UTC) <= upper:
                yield stamp


def _candidates(file: CalendarFile, first: Stamp, window: tuple[datetime, datetime]) -> Iterator[Stamp]:
    if window[0] <= first.wall <= window[1]:
        yield first
    for extra in stamps(file.main, "RDATE"):
        stamp = _like(file, extra, first)
        if window[0] <= stamp.wall <= window[1]:
            yield stamp
    for line in file.main.lines("RRULE")[:10]:
        rule = read_rule(line.value)
        last = until(file, rule)
        for wall in starts(rule, first.wall, last + _MARGIN if last else None, window):
            stamp = replace(first, wall=wall)
            if last is not None and _beyond(file, rule, stamp, last):
                break
            yield stamp


def _beyond(file: CalendarFile, rule: Rule, stamp: Stamp, last: datetime) -> bool:
    """Whether a start comes after UNTIL; of times as instants, because summer time skips and repeats readings."""
    end = read_stamp(rule["UNTIL"], file.start.tzid)
    if stamp.is_date or end.is_date or not end.tzid:
        return stamp.wall > last
    return file.zones.aware(stamp).astimezone(UTC) > file.zones.aware(end).astimezone(UTC)


def _like(file: CalendarFile, stamp: Stamp, first: Stamp) -> Stamp:
    """An extra date on the clock of the series."""
    if first.is_date or stamp.is_date:
        wall = stamp.wall.replace(hour=0, minute=0, second=0)
        return replace(first, wall=wall if first.is_date else datetime.combine(wall, first.wall.time()))
    return file.zones.stamp(file.zones.aware(stamp), first.tzid)


def _exceptions(file: CalendarFile) -> tuple[set[Key], set[object]]:
    timed = not file.start.is_date
    out = stamps(file.main, "EXDATE")
    return {file.key(s) for s in out}, {s.wall.date() for s in out if s.is_date and timed}


def until(file: CalendarFile, rule: Rule) -> datetime | None:
    """The latest start a rule allows, on the clock of the series."""
    if "UNTIL" not in rule:
        return None
    stamp, first = read_stamp(rule["UNTIL"], file.start.tzid), file.start
    if first.is_date:
        return stamp.wall if stamp.is_date else _wall_in(file, stamp)
    return stamp.wall + timedelta(days=1, seconds=-1) if stamp.is_date else _wall_in(file, stamp)


def _wall_in(file: CalendarFile, stamp: Stamp) -> datetime:
    return file.zones.stamp(file.zones.aware(stamp), "" if file.start.is_date else file.start.tzid).wall


def _wall(file: CalendarFile, moment: datetime) -> datetime:
    return file.zones.stamp(moment, "" if file.start.is_date else file.start.tzid).wall


def iso(file: CalendarFile, rid: Stamp) -> str:
    """The name of an occurrence behind the # of a ref."""
    if rid.is_date:
        return rid.wall.date().isoformat()
    return rid.wall.isoformat() if not rid.tzid else file.zones.aware(rid).isoformat()


def named(file: CalendarFile, name: str) -> Occurrence:
    """The occurrence of a name that `iso` gave; raises NotFoundError when the series has none (any more)."""
    try:
        moment = datetime.fromisoformat(name)
    except ValueError as error:
        raise NotFoundError(f'"{name[:40]}" is not the time of an occurrence. Search again and pick it.') from error
    rid = replace(file.start, wall=moment.replace(tzinfo=None))
    at = file.zones.aware(rid).astimezone(UTC)
    key = file.key(rid)
    for each in _changed(file):
        if file.key(each.rid) == key:
            return each
    given = None
    with suppress(ConnectorError):
        given = next((stamp for stamp in rule_starts(file, at, at) if file.key(stamp) == key), None)
    if given is None:
        raise NotFoundError(f"There is no occurrence on {rid.wall:%d %b %Y} (any more). Search again and pick it.")
    return Occurrence(given, file.main, given, file.length(file.main))
