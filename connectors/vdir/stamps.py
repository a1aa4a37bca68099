"""Dates, times and durations as iCalendar writes them, and the arithmetic of the wall clock.

A `Stamp` is a clock reading and the name of its zone, not yet an instant: what instant it is, `zones.py` says.
Deliberately not here: time zones, and expressions in words.
"""

from __future__ import annotations

import calendar as gregorian
import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from nearhand.connectors.base import Shift
from nearhand.connectors.errors import UnreadableError
from nearhand.connectors.vdir.contentlines import Line

UTC_ID = "UTC"
_STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d{1,9})?([Zz])?)?\Z", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?\Z", re.ASCII
)
_YEARS = range(1000, 9000)
"""Further out, converting between zones overflows."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date or a date and time as it is written."""

    wall: datetime
    """Naive; midnight of a date."""
    tzid: str = ""
    """"" is floating (wherever the person is), "UTC" is written with a Z."""
    is_date: bool = False

    def plus(self, amount: timedelta) -> Stamp:
        """The reading so much later on the clock of the wall."""
        return replace(self, wall=self.wall + amount)

    @property
    def value(self) -> str:
        """As a property value."""
        if self.is_date:
            return f"{self.wall:%Y%m%d}"
        return f"{self.wall:%Y%m%dT%H%M%S}" + ("Z" if self.tzid == UTC_ID else "")

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """The parameters that belong to the value."""
        if self.is_date:
            return (("VALUE", "DATE"),)
        return (("TZID", self.tzid),) if self.tzid not in ("", UTC_ID) else ()


def stamp_line(name: str, stamp: Stamp, old: Line | None = None) -> Line:
    """A line that holds a stamp; parameters that other programs added to the old line stay."""
    kept = tuple(p for p in old.params if p[0] not in ("VALUE", "TZID")) if old else ()
    return Line(name, stamp.value, (*stamp.params, *kept))


@lru_cache(maxsize=4096)
def read_stamp(value: str, tzid: str = "") -> Stamp:
    """Read one DATE or DATE-TIME; raises UnreadableError."""
    found = _STAMP.fullmatch(value.strip())
    if not found:
        raise UnreadableError(f'"{value.strip()[:40]}" is not a date or time.')
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        wall = datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError as error:
        raise UnreadableError(f'"{value.strip()[:40]}" is not a date or time that exists.') from error
    if year not in _YEARS:
        raise UnreadableError(f"The year {year} is out of reach.")
    if found[4] is None:
        return Stamp(wall, is_date=True)
    return Stamp(wall, UTC_ID if found[7] else tzid)


def read_line(line: Line) -> Stamp:
    """Read the stamp of a DTSTART, DTEND, DUE or RECURRENCE-ID line."""
    return read_stamp(line.value, line.param("TZID"))


def read_list(line: Line) -> list[Stamp]:
    """Read the stamps of an EXDATE or RDATE line; of a period only its start counts."""
    return [read_stamp(part.partition("/")[0], line.param("TZID")) for part in line.value.split(",") if part.strip()]


def read_duration(value: str) -> Shift:
    """Read a DURATION into days of the calendar and exact time; raises UnreadableError."""
    found = _DURATION.fullmatch(value.strip().upper())
    if not found:
        raise UnreadableError(f'"{value.strip()[:40]}" is not a duration.')
    sign = -1 if found[1] == "-" else 1
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return Shift(days=sign * (7 * weeks + days), time=sign * timedelta(hours=hours, minutes=minutes, seconds=seconds))


def duration_value(length: timedelta) -> str:
    """Write an exact length as a DURATION value."""
    sign = "-" if length < timedelta() else ""
    days, seconds = divmod(int(abs(length).total_seconds()), 86_400)
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if n)
    if not days and not clock:
        return "PT0S"
    return f"{sign}P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def add_months(day: datetime, months: int) -> datetime:
    """The same day so many months later; the last of the month where that month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year not in _YEARS:
        raise UnreadableError(f"The year {year} is out of reach.")
    return day.replace(year=year, month=month + 1, day=min(day.day, gregorian.monthrange(year, month + 1)[1]))


def as_date(wall: datetime | date) -> Stamp:
    """A day as a stamp."""
    return Stamp(datetime(wall.year, wall.month, wall.day), is_date=True)
