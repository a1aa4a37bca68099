"""Change one occurrence, all from one on, or a whole series, and never lose the others.

One occurrence becomes a component of its own (RECURRENCE-ID); taking one out is an EXDATE; "this and all later" ends
the series before it and begins a new one. A whole series shifts with its exceptions, extra dates and changed
occurrences. Every function takes a file and gives another. Deliberately not here: which change is wanted.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.vdir.contentlines import Block, Line
from nearhand.connectors.vdir.ics import CalendarFile, again, stamps
from nearhand.connectors.vdir.occurrences import Occurrence, rule_starts, until
from nearhand.connectors.vdir.recurrence import Rule, read_rule, starts, write_rule
from nearhand.connectors.vdir.stamps import Stamp, read_line, read_stamp, stamp_line

Change = Callable[[Block], Block]
_REPEATING = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_FAR = timedelta(days=3660)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def change_one(file: CalendarFile, occurrence: Occurrence, change: Change) -> CalendarFile:
    """Do a change to one occurrence; the series keeps all others as they are."""
    if not file.recurring or _alone(file, occurrence):
        return file.with_main(change(file.main))
    old = file.overrides.get(file.key(occurrence.rid))
    if old is not None:
        return file.exchanged([(old, (change(old),))])
    own = file.moved(file.main.without(*_REPEATING), occurrence.rid, occurrence.length)
    own = own.with_lines("RECURRENCE-ID", [stamp_line("RECURRENCE-ID", occurrence.rid)])
    return file.with_main(file.main, change(own))


def _alone(file: CalendarFile, occurrence: Occurrence) -> bool:
    """Whether this is the main component of a file that knows some occurrences but not their series."""
    return occurrence.block is file.main and file.main.line("RECURRENCE-ID") is not None


def change_all(file: CalendarFile, change: Change, compare: Callable[[Block], object]) -> CalendarFile:
    """Do a change to the series, and to each changed occurrence that still agrees with it in what is changed."""
    same = compare(file.main)
    agreeing = [old for old in (file.main, *file.overrides.values()) if compare(old) == same]
    return file.exchanged((old, (change(old),)) for old in agreeing)


def cancel_one(file: CalendarFile, occurrence: Occurrence, finish: Change) -> CalendarFile:
    """Take one occurrence out of a series."""
    if _alone(file, occurrence):
        return file.with_main()
    old = file.overrides.get(file.key(occurrence.rid))
    lines = [*file.main.lines("EXDATE"), stamp_line("EXDATE", occurrence.rid)]
    main = finish(file.main.with_lines("EXDATE", lines))
    return file.exchanged([(file.main, (main,)), *([(old, ())] if old is not None else [])])


def split(file: CalendarFile, occurrence: Occurrence, uid: str, finish: Change) -> tuple[CalendarFile, CalendarFile]:
    """End a series before an occurrence and begin a new one (with another UID) at it."""
    at = file.zones.aware(occurrence.rid).astimezone(UTC)
    old = _keep(file, lambda moment: moment < at)
    main = old.main.with_lines("RRULE", [_ended(file, line, occurrence.rid) for line in old.main.lines("RRULE")])
    old = old.with_main(finish(main))
    new = _keep(file, lambda moment: moment >= at)
    main = file.moved(new.main, _first_by_rule(file, occurrence.rid), file.length(file.main))
    main = main.with_lines("RRULE", [_shortened(file, line, occurrence.rid) for line in main.lines("RRULE")])
    new = new.with_main(finish(main))
    return old, again(new, _renamed(new.root, new.main.value("UID"), uid))


def is_first(file: CalendarFile, occurrence: Occurrence) -> bool:
    """Whether nothing of the series comes before an occurrence."""
    return file.zones.aware(occurrence.rid) <= file.zones.aware(file.start)


def _first_by_rule(file: CalendarFile, rid: Stamp) -> Stamp:
    """The first start from an occurrence on that the rule itself gives: an extra date cannot carry the rule on."""
    bare = file.with_main(file.main.without("EXDATE", "RDATE"))
    at = file.zones.aware(rid).astimezone(UTC)
    return next(rule_starts(bare, at, at + _FAR), rid)


def _shortened(file: CalendarFile, line: Line, rid: Stamp) -> Line:
    """The rule with COUNT less what it gave before an occurrence; exceptions count too, as COUNT counts them."""
    rule = dict(read_rule(line.value))
    if "COUNT" not in rule:
        return line
    first = file.start.wall
    before = sum(1 for _ in starts(rule, first, None, (first, rid.wall - timedelta(seconds=1))))
    rule["COUNT"] = str(max(1, int(rule["COUNT"]) - before))
    return replace(line, value=write_rule(rule), raw="")


def _keep(file: CalendarFile, wanted: Callable[[datetime], bool]) -> CalendarFile:
    """The file with only those exceptions, extra dates and changed occurrences that are wanted."""

    def instant(stamp: Stamp) -> datetime:
        return file.zones.aware(stamp).astimezone(UTC)

    def stays(block: Block) -> bool:
        line = block.line("RECURRENCE-ID")
        return line is None or wanted(instant(read_line(line)))

    gone = [block for block in file.overrides.values() if not stays(block)]
    main = file.main
    for name in ("EXDATE", "RDATE"):
        lines = [_filtered(line, lambda stamp: wanted(instant(stamp))) for line in main.lines(name)]
        main = main.with_lines(name, [line for line in lines if line.value])
    return file.exchanged([(file.main, (main,)), *((block, ()) for block in gone)])


def _filtered(line: Line, wanted: Callable[[Stamp], bool]) -> Line:
    parts = [p for p in line.value.split(",") if p.strip()]
    kept = [p for p in parts if wanted(read_stamp(p.partition("/")[0], line.param("TZID")))]
    return line if kept == parts else replace(line, value=",".join(kept), raw="")


def _ended(file: CalendarFile, line: Line, rid: Stamp) -> Line:
    rule = {key: value for key, value in read_rule(line.value).items() if key != "COUNT"}
    return replace(line, value=write_rule({**rule, "UNTIL": _until_value(file, rid, timedelta(seconds=-1))}), raw="")


def _until_value(file: CalendarFile, stamp: Stamp, by: timedelta = timedelta()) -> str:
    """UNTIL as RFC 5545 wants it: a date for days, UTC for times in a zone, floating for floating."""
    if stamp.is_date:
        return stamp.plus(timedelta(days=-1) if by else by).value
    if not stamp.tzid:
        return stamp.plus(by).value
    return f"{file.zones.aware(stamp).astimezone(UTC) + by:%Y%m%dT%H%M%SZ}"


def _renamed(root: Block, uid: str, fresh: str) -> Block:
    for found in [each for each in root.walk() if each.line("RECURRENCE-ID") or each.line("RRULE") or each.line("UID")]:
        if found.value("UID") == uid:
            root = root.exchanged(found, (found.with_line("UID", fresh),))
    return root


def shift(file: CalendarFile, start: Stamp, length: timedelta | None = None) -> CalendarFile:
    """Move a series so that it begins at `start`, with everything that hangs on it; raises ConnectorError if its rule
    cannot be moved by that much."""
    old = file.start
    by = start.wall - old.wall
    converts = (start.is_date, start.tzid) != (old.is_date, old.tzid)
    if converts and file.recurring and (file.overrides or file.main.lines("EXDATE", "RDATE")):
        raise ConnectorError("This series has changed occurrences, so it keeps its kind of time. Move one at a time.")
    rules = [shifted_rule(file, line, start) for line in file.main.lines("RRULE")]
    moved = [(block, (_shifted_override(file, block, by),)) for block in file.overrides.values()]
    main = file.moved(file.main, start, file.length(file.main) if length is None else length)
    for name in ("EXDATE", "RDATE"):
        main = main.with_lines(name, [_shifted_list(file, line, by) for line in main.lines(name)])
    return file.exchanged([(file.main, (main.with_lines("RRULE", rules),)), *moved])


def _shifted_override(file: CalendarFile, block: Block, by: timedelta) -> Block:
    line = block.line("RECURRENCE-ID")
    if line is None:
        return block
    moved = file.moved(block, file.start_of(block).plus(by), file.length(block))
    rid = _on_series_clock(file, read_line(line))
    return moved.with_lines("RECURRENCE-ID", [stamp_line("RECURRENCE-ID", rid.plus(by), line)])


def _on_series_clock(file: CalendarFile, stamp: Stamp) -> Stamp:
    if stamp.is_date or file.start.is_date or stamp.tzid == file.start.tzid:
        return stamp
    return file.zones.stamp(file.zones.aware(stamp), file.start.tzid)


def _shifted_list(file: CalendarFile, line: Line, by: timedelta) -> Line:
    if by == timedelta():
        return line
    found = [_on_series_clock(file, stamp).plus(by) for stamp in stamps(Block("", parts=(line,)), line.name)]
    first = stamp_line(line.name, found[0]) if found else line
    return replace(first, value=",".join(stamp.value for stamp in found), raw="") if found else line


def shifted_rule(file: CalendarFile, line: Line, start: Stamp) -> Line:
    """The RRULE line of a series that begins at another start; raises ConnectorError if there is no such rule."""
    rule, old = dict(read_rule(line.value)), file.start
    if start.wall == old.wall and start.is_date == old.is_date:
        return line
    last = until(file, rule)
    days = (start.wall.date() - old.wall.date()).days
    if days:
        rule = _other_days(rule, old.wall, start.wall, days)
    if start.wall.time() != old.wall.time():
        rule = _other_time(rule, start)
    if last is not None:
        shifted = replace(start, wall=last + (start.wall - old.wall))
        rule["UNTIL"] = _until_value(file, shifted)
    return replace(line, value=write_rule(rule), raw="") if rule != read_rule(line.value) else line


def _other_time(rule: Rule, start: Stamp) -> dict[str, str]:
    fresh = dict(rule)
    for key, value in (("BYHOUR", start.wall.hour), ("BYMINUTE", start.wall.minute), ("BYSECOND", start.wall.second)):
        if "," in fresh.get(key, ""):
            raise _too_special()
        if key in fresh:
            fresh[key] = str(value)
    return fresh


def _other_days(rule: Rule, old: datetime, new: datetime, days: int) -> dict[str, str]:
    """The rule for a start on another day: weekdays, days of the month and months go along."""
    fresh = dict(rule)
    if any(key in rule for key in ("BYSETPOS", "BYYEARDAY", "BYWEEKNO")):
        raise _too_special()
    if "BYDAY" in rule and days % 7:
        fresh["BYDAY"] = ",".join(_other_weekday(day, days) for day in rule["BYDAY"].split(","))
    if "BYDAY" in fresh and any(c.isdigit() for c in fresh["BYDAY"]):
        fresh["BYDAY"] = _ordinal(fresh["BYDAY"], new)
    if "BYMONTHDAY" in rule:
        fresh["BYMONTHDAY"] = _replaced(rule["BYMONTHDAY"], _monthday(rule["BYMONTHDAY"], new), str(old.day), old)
    if "BYMONTH" in rule and old.month != new.month:
        fresh["BYMONTH"] = _replaced(rule["BYMONTH"], str(new.month), str(old.month), old)
    return fresh


def _other_weekday(day: str, days: int) -> str:
    return day[:-2] + _DAYS[(_DAYS.index(day[-2:]) + days) % 7]


def _ordinal(day: str, new: datetime) -> str:
    """Second Tuesday, last Friday: counted again for the day that the series now begins on."""
    if "," in day:
        raise _too_special()
    last = gregorian.monthrange(new.year, new.month)[1]
    place = -((last - new.day) // 7 + 1) if day.startswith("-") else (new.day - 1) // 7 + 1
    return f"{place}{_DAYS[new.weekday()]}"


def _monthday(value: str, new: datetime) -> str:
    if value.startswith("-"):
        return str(new.day - gregorian.monthrange(new.year, new.month)[1] - 1)
    return str(new.day)


def _replaced(value: str, new: str, old: str, day: datetime) -> str:
    from_end = str(day.day - gregorian.monthrange(day.year, day.month)[1] - 1)
    if value.lstrip("+").lstrip("0") not in (old, from_end):
        raise _too_special()
    return new


def _too_special() -> ConnectorError:
    return ConnectorError("Its repeat rule cannot be moved as a whole. Move one occurrence at a time.")
