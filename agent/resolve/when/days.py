"""`Days`: what a phrase such as "Friday", "the 31st" or "next week" can stand for, as stretches of whole days.

Periodic days know all their occurrences inside a stretch; fixed days are one stretch (seen from today).
Which occurrence is meant is decided in `moment.py`, where the clock time is known too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nearhand.agent.resolve.when.civil import (
    DAY,
    Stretch,
    add_months,
    clock_changes,
    day_of,
    month_days_in,
    month_of,
    step,
    unit_of,
    weekdays_in,
)  # fmt: skip
from nearhand.agent.resolve.when.holidays import DISPUTED, FEASTS
from nearhand.agent.resolve.when.types import Clock, Prefer


@dataclass(frozen=True, slots=True)
class Frame:
    """From where words are seen: the clock, the preferred direction, and the day that open words are close to."""

    clock: Clock
    prefer: Prefer
    anchor: date
    about: str = ""
    """Title of the thing ("dinner"), which may tell morning from evening."""
    beside: int | None = None
    """Minute of the day that an unclear hour should be near (the old time of an event being moved)."""


Inside = Callable[[Stretch], Iterable[Stretch]]
At = Callable[[Frame], Sequence[Stretch]]


@dataclass(frozen=True, slots=True)
class Days:
    """Stretches of days, either fixed (`at`) or recurring (`inside`, looked for within `reach` of the anchor)."""

    kind: str
    """weekday, dom (day of the month), date, day, weekend, week, month, quarter, season, year or other."""
    grain: str
    at: At | None = None
    inside: Inside | None = None
    reach: timedelta = timedelta()
    approximate: bool = False
    point: At | None = None
    """The exact day behind a loose stretch ("two weeks ago"), used when a clock or a bound is given with it."""
    either: tuple[Days, ...] = ()
    """Readings of something written ambiguously ("3/4")."""
    many: bool = False
    """Whether `at` gives several occurrences of which one is meant, not one each."""

    @property
    def open(self) -> bool:
        """Whether the preferred direction has to choose among occurrences."""
        return self.many or self.inside is not None

    def stretches(self, frame: Frame) -> Sequence[Stretch]:
        """Every occurrence near the anchor, or the fixed one."""
        if self.at is not None:
            return self.at(frame)
        assert self.inside is not None
        return list(self.inside((frame.anchor - self.reach, frame.anchor + self.reach)))

    def loosely(self) -> Days:
        """The same, said loosely."""
        return replace(self, approximate=True)


def fixed(kind: str, grain: str, at: Callable[[Frame], Stretch | None], approximate: bool = False) -> Days:
    """Days that are one stretch at most."""

    def listed(frame: Frame) -> Sequence[Stretch]:
        found = at(frame)
        return [] if found is None else [found]

    return Days(kind, grain, at=listed, approximate=approximate)


def mapped(days: Days, kind: str, grain: str, to: Callable[[Stretch, Frame], Stretch | None]) -> Days:
    """Days computed from other days: the end of June, the Monday after Easter."""
    if days.either:
        return replace(days, kind=kind, grain=grain, either=tuple(mapped(d, kind, grain, to) for d in days.either))

    def at(frame: Frame) -> Sequence[Stretch]:
        found = (to(stretch, frame) for stretch in days.stretches(frame))
        return [stretch for stretch in found if stretch is not None]

    return Days(kind, grain, at=at, many=days.open, approximate=days.approximate)


def which_of(days: Days, which: str) -> Days:
    """This, next, last or the coming one of something that recurs every year."""
    if days.either:
        return replace(days, either=tuple(which_of(d, which) for d in days.either))

    def at(frame: Frame) -> Stretch | None:
        today = frame.clock.today
        found = days.stretches(replace(frame, anchor=today))
        if which == "last":
            return next((s for s in reversed(found) if s[1] <= today), None)
        if which == "this":
            return next((s for s in found if s[0].year == today.year or s[0] <= today < s[1]), None)
        return next((s for s in found if s[0] > today), None)

    return fixed(days.kind, days.grain, at)


def weekday(number: int) -> Days:
    """Any Monday (0) to Sunday (6)."""
    return Days("weekday", "day", inside=lambda s: weekdays_in(s, number), reach=timedelta(days=14))


def month_day(number: int) -> Days:
    """Any day of that number; months without it do not count."""
    return Days("dom", "day", inside=lambda s: month_days_in(s, number), reach=timedelta(days=430))


def yearly(kind: str, grain: str, of: Callable[[int], Stretch | None], years: int = 2) -> Days:
    """Something that every year (or some years) has once."""

    def inside(stretch: Stretch) -> Iterable[Stretch]:
        for year in range(max(1, stretch[0].year), min(9000, stretch[1].year + 1)):
            found = of(year)
            if found is not None and stretch[0] <= found[0] and found[1] <= stretch[1]:
                yield found

    return Days(kind, grain, inside=inside, reach=timedelta(days=366 * years))


def date_of(day: int, month: int) -> Days | None:
    """A day of the year without a year; None where no year has it."""
    if not valid(2024, month, day):
        return None
    return yearly("date", "day", lambda y: day_of(date(y, month, day)) if valid(y, month, day) else None, years=9)


def valid(year: int, month: int, day: int) -> bool:
    """Whether there is such a date."""
    if not (1900 <= year <= 2200 and 1 <= month <= 12 and day >= 1):
        return False
    return day <= (add_months(date(year, month, 1), 1) - DAY).day


def month(number: int) -> Days:
    """Any June."""
    return yearly("month", "month", lambda y: month_of(date(y, number, 1)))


def season(first_month: int) -> Days:
    """Any summer: three months."""
    return yearly("season", "month", lambda y: (date(y, first_month, 1), add_months(date(y, first_month, 1), 3)))


def quarter(number: int) -> Days:
    """Any third quarter."""
    first = 3 * number - 2
    return yearly("quarter", "month", lambda y: (date(y, first, 1), add_months(date(y, first, 1), 3)))


def feast(name: str) -> Days:
    """Any Easter; both where two countries keep a day of that name."""
    if name in DISPUTED:
        return Days("date", "day", either=tuple(yearly("date", "day", of) for of in DISPUTED[name]))
    return yearly("date", "day", FEASTS[name])


def clock_change(sign: int) -> Days:
    """The day on which the clocks go forward (1), back (-1) or either (0)."""

    def at(frame: Frame) -> Sequence[Stretch]:
        near = (frame.anchor - timedelta(days=370), frame.anchor + timedelta(days=370))
        return [day_of(day) for day, way in clock_changes(near, frame.clock.zone) if sign in (0, way)]

    return Days("date", "day", at=at, many=True)


def weekend() -> Days:
    """Any Saturday and Sunday."""

    def inside(stretch: Stretch) -> Iterable[Stretch]:
        return ((s[0], s[0] + 2 * DAY) for s in weekdays_in(stretch, 5) if s[0] + 2 * DAY <= stretch[1])

    return Days("weekend", "day", inside=inside, reach=timedelta(days=16))


def years(first: int, count: int = 1) -> Days:
    """A year, or a decade."""
    return fixed("year", "year", lambda _: (date(first, 1, 1), date(first + count, 1, 1)))


def one_date(year: int, month_number: int, day: int) -> Days | None:
    """A full date, if it exists."""
    if not valid(year, month_number, day):
        return None
    return fixed("date", "day", lambda _: day_of(date(year, month_number, day)))


def month_in(year: int, number: int) -> Days:
    """A month of a year."""
    return fixed("month", "month", lambda _: month_of(date(year, number, 1)))


def days_away(count: int) -> Days:
    """Today, tomorrow, yesterday."""
    return fixed("day", "day", lambda f: day_of(f.clock.today + count * DAY))


def unit_away(unit: str, count: int) -> Days:
    """This, next or last week, weekend, month, quarter or year."""

    def at(frame: Frame) -> Stretch:
        today = frame.clock.today
        if unit == "weekend":
            return _weekend_away(frame, count)
        return unit_of(step(today.replace(day=1) if unit in ("month", "quarter") else today, unit, count), unit,
                       frame.clock.week_start)  # fmt: skip

    grain = {"weekend": "day", "quarter": "month"}.get(unit, unit)
    return fixed(unit, grain, at)


def _weekend_away(frame: Frame, count: int) -> Stretch:
    """The last weekend is the last one that is over; this one is not over yet, or comes."""
    today = frame.clock.today
    this = unit_of(today, "weekend", 0)
    return this[0] + 7 * count * DAY, this[1] + 7 * count * DAY


def weekday_away(number: int, which: str) -> Days:
    """This, next, last or the coming Friday.

    "Next" is the one of the next week when this week still has one ahead, "last" the nearest before today.
    """

    def at(frame: Frame) -> Stretch:
        today = frame.clock.today
        ahead = (number - today.weekday()) % 7
        week = unit_of(today, "week", frame.clock.week_start)
        in_week = week[0] + ((number - week[0].weekday()) % 7) * DAY
        if which == "next":
            return day_of(in_week + 7 * DAY)
        if which == "last":
            return day_of(today - (7 - ahead if ahead else 7) * DAY)
        if which == "coming":
            return day_of(today + (ahead or 7) * DAY)
        if which == "this" and in_week < today and frame.prefer == "future":
            return day_of(in_week + 7 * DAY)
        return day_of(in_week)

    return fixed("weekday_fixed", "day", at)


def weeks_on(number: int, weeks: int) -> Days:
    """Friday week, a week on Friday: so many weeks after the coming one (today counts as coming)."""
    return fixed(
        "day", "day", lambda f: day_of(f.clock.today + ((number - f.clock.today.weekday()) % 7 + 7 * weeks) * DAY)
    )


def iso_week(number: int, year: int | None) -> Days:
    """Calendar week 12 (ISO 8601) of a year."""

    def of(y: int) -> Stretch | None:
        monday = date(y, 1, 4) - date(y, 1, 4).weekday() * DAY + 7 * (number - 1) * DAY
        return (monday, monday + 7 * DAY) if monday.isocalendar().week == number else None

    if year is None:
        return yearly("week", "week", of)
    return fixed("week", "week", lambda _: of(year))


def chosen(days: Days, frame: Frame) -> list[Stretch]:
    """The occurrences that the preferred direction leaves: usually one."""
    found = days.stretches(frame)
    if not days.open or len(found) < 2:
        return list(found)
    today = frame.anchor
    if frame.prefer == "future":
        return [s for s in found if s[1] > today][:1]
    if frame.prefer == "past":
        return [s for s in found if s[0] <= today][-1:]
    return [min(found, key=lambda s: _distance(s, today))]


def _distance(stretch: Stretch, day: date) -> int:
    if stretch[0] <= day < stretch[1]:
        return 0
    return (stretch[0] - day).days if stretch[0] > day else (day - stretch[1]).days + 1
