"""Arithmetic on local days and wall clocks: gaps, month ends, weeks. Knows no words."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from nearhand.connectors.base import Shift

Stretch = tuple[date, date]
"""Whole days, half open: first <= day < after."""

DAY = timedelta(days=1)


def local(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The moment `minutes` past midnight on a wall clock; a minute that a DST gap skips moves on by the gap.

    `minutes` may reach into the next day (24:00 is the next midnight). Of a doubled hour this is the first.
    """
    extra, rest = divmod(minutes, 24 * 60)
    wall = datetime.combine(day + extra * DAY, time(rest // 60, rest % 60), zone)
    return wall.astimezone(UTC).astimezone(zone)


def skipped(day: date, minutes: int, zone: tzinfo) -> bool:
    """Whether the clocks jump over this minute of the day."""
    moment = local(day, minutes, zone)
    return moment.hour * 60 + moment.minute != minutes % (24 * 60)


def doubled(moment: datetime) -> bool:
    """Whether this wall time happens twice because the clocks go back."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset() and not _in_gap(moment)


def _in_gap(moment: datetime) -> bool:
    return moment.replace(fold=0).astimezone(UTC).astimezone(moment.tzinfo).replace(fold=0) != moment.replace(fold=0)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or the last day of it where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def shift_date(day: date, shift: Shift, sign: int = 1) -> date:
    """A day moved by months and days; the exact part of the shift is ignored."""
    return add_months(day, sign * shift.months) + sign * shift.days * DAY


def shift_moment(moment: datetime, shift: Shift, sign: int = 1) -> datetime:
    """A moment moved by calendar months and days on its wall clock, then by exact time."""
    zone = moment.tzinfo
    assert zone is not None
    if shift.months or shift.days:
        seconds = moment.second
        day = shift_date(moment.date(), shift, sign)
        moment = local(day, moment.hour * 60 + moment.minute, zone) + timedelta(seconds=seconds)
    return later(moment, sign * shift.time)


def later(moment: datetime, amount: timedelta) -> datetime:
    """A moment some exact time later, whatever the wall clock does meanwhile."""
    return (moment.astimezone(UTC) + amount).astimezone(moment.tzinfo)


def day_of(day: date) -> Stretch:
    """The one day."""
    return day, day + DAY


def clock_changes(stretch: Stretch, zone: tzinfo) -> Iterator[tuple[date, int]]:
    """The days inside on which the clocks go forward (1) or back (-1)."""
    day = stretch[0]
    before = local(day, 0, zone).utcoffset()
    while day < stretch[1]:
        after = local(day + DAY, 0, zone).utcoffset()
        if before is not None and after is not None and before != after:
            yield day, 1 if after > before else -1
        day, before = day + DAY, after


def week_of(day: date, start: int) -> Stretch:
    """The week that holds a day."""
    first = day - ((day.weekday() - start) % 7) * DAY
    return first, first + 7 * DAY


def weekend_of(day: date) -> Stretch:
    """The Saturday and Sunday of the Monday-based week that holds a day."""
    first = day + (5 - day.weekday()) * DAY
    return first, first + 2 * DAY


def month_of(day: date) -> Stretch:
    """The month that holds a day."""
    first = day.replace(day=1)
    return first, add_months(first, 1)


def quarter_of(day: date) -> Stretch:
    """The quarter that holds a day."""
    first = date(day.year, day.month - (day.month - 1) % 3, 1)
    return first, add_months(first, 3)


def year_of(day: date) -> Stretch:
    """The year that holds a day."""
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def unit_of(day: date, unit: str, week_start: int) -> Stretch:
    """The calendar unit (day, week, weekend, month, quarter, year) that holds a day."""
    if unit == "week":
        return week_of(day, week_start)
    plain = {"day": day_of, "weekend": weekend_of, "month": month_of, "quarter": quarter_of, "year": year_of}
    return plain[unit](day)


def step(day: date, unit: str, count: int) -> date:
    """A day `count` units away."""
    days = {"day": 1, "week": 7, "weekend": 7}
    if unit in days:
        return day + count * days[unit] * DAY
    months = {"month": 1, "quarter": 3, "year": 12}
    return add_months(day, count * months[unit])


def weekdays_in(stretch: Stretch, weekday: int) -> Iterator[Stretch]:
    """Every such weekday inside."""
    day = stretch[0] + ((weekday - stretch[0].weekday()) % 7) * DAY
    while day < stretch[1]:
        yield day_of(day)
        day += 7 * DAY


def month_days_in(stretch: Stretch, number: int) -> Iterator[Stretch]:
    """Every day of that number inside; months that lack it are passed over."""
    month = stretch[0].replace(day=1)
    while month < stretch[1]:
        if number <= monthrange(month.year, month.month)[1]:
            day = month.replace(day=number)
            if stretch[0] <= day < stretch[1]:
                yield day_of(day)
        month = add_months(month, 1)
