"""Grammar of days: every phrase that names a day or a longer calendar stretch. Clock times live in `clock.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from nearhand.agent.resolve.when.civil import DAY, Stretch, add_months, day_of
from nearhand.agent.resolve.when.days import (
    Days,
    clock_change,
    days_away,
    feast,
    fixed,
    iso_week,
    mapped,
    month,
    quarter,
    season,
    unit_away,
    weekday,
    weekday_away,
    weekend,
    weeks_on,
    which_of,
    years,
)  # fmt: skip
from nearhand.agent.resolve.when.holidays import DISPUTED, FEASTS
from nearhand.agent.resolve.when.numeric import date_range, day_of_month, named, numeric, year_alone, year_at
from nearhand.agent.resolve.when.relative import related
from nearhand.agent.resolve.when.words import MONTHS, PLURAL_DAYS, SEASONS, UNITS, WEEKDAYS, Phrases, Text

Found = Iterator[tuple[Days, int]]

_WHICH = Phrases({
    "this": "this", "current": "this", "this current": "this", "next": "next", "following": "next",
    "coming": "coming", "this coming": "coming", "upcoming": "coming", "this upcoming": "coming", "this next": "coming",
    "last": "last", "previous": "last", "past": "last", "this past": "last", "this last": "last",
})  # fmt: skip
_COUNT = {"this": 0, "next": 1, "coming": 1, "last": -1}
_NAMED = Phrases({
    "today": 0, "this day": 0, "tomorrow": 1, "yesterday": -1, "day after tomorrow": 2, "day before yesterday": -2,
    "overmorrow": 2, "the day": 0,
})  # fmt: skip
_FEASTS = Phrases({name: name for name in (*FEASTS, *DISPUTED)})
_CLOCKS = Phrases({
    "clocks change": 0, "clock change": 0, "clocks go forward": 1, "clocks go on": 1, "clocks go back": -1,
})  # fmt: skip
_CALENDAR_UNITS = ("day", "week", "weekend", "month", "quarter", "year")


def days(text: Text, i: int) -> Found:
    """Yield everything that names days from here on, the longer first where it matters."""
    for rule in _RULES:
        yield from rule(text, i)


def container(text: Text, i: int) -> Found:
    """Days, or a bare unit that means the current one ("end of the month")."""
    yield from days(text, i)
    unit = UNITS.get(text.word(i))
    if unit in _CALENDAR_UNITS:
        yield unit_away(unit, 0), i + 1


def _simple(text: Text, i: int) -> Found:
    for count, j in _NAMED.match(text, i):
        yield days_away(count), j
        if text.word(j) in ("week", "fortnight"):  # "tomorrow week"
            yield days_away(count + (7 if text.word(j) == "week" else 14)), j + 1
    for sign, j in _CLOCKS.match(text, i):
        yield clock_change(sign), j
    if text.length == 1 and text.word(i) in ("day", "week", "month"):  # "the week"
        yield unit_away(text.word(i), 0), i + 1
    for name, j in _FEASTS.match(text, i):
        yield from _in_year(text, j, feast(name))
    if text.word(i) in ("weekend",):
        yield weekend(), i + 1
    if text.word(i) in _WHOLE:
        yield from container(text, i + 1 + (text.word(i + 1) == "of"))


_WHOLE = ("all", "whole", "entire", "full")


def _in_year(text: Text, i: int, found: Days) -> Found:
    """A yearly thing, with the year said or not."""
    year = year_at(text, i + (text.word(i) in ("of", "in")))
    if year is not None and found.inside is not None:
        inside = found.inside
        span = years(year[0])
        yield fixed(found.kind, found.grain, lambda f: next(iter(inside(span.stretches(f)[0])), None)), year[1]
    yield found, i


def _weekdays(text: Text, i: int) -> Found:
    number = WEEKDAYS.get(text.word(i))
    if number is None:
        return
    after = text.word(i + 1)
    if after in ("week", "fortnight") and text.word(i + 2) not in ("of", "after", "before"):
        yield weeks_on(number, 1 if after == "week" else 2), i + 2
    if text.phrase(i + 1, "after next") is not None:
        yield weeks_on(number, 1), i + 3
    if text.phrase(i + 1, "before last") is not None:
        last = weekday_away(number, "last")
        yield mapped(last, "day", "day", lambda s, _: day_of(s[0] - 7 * DAY)), i + 3
    if after in ("next", "last") and text.word(i + 2) not in {**UNITS, **WEEKDAYS, **MONTHS, **SEASONS}:
        yield _spoken_after(number, after), i + 2
    yield weekday(number), i + 1


def _spoken_after(number: int, which: str) -> Days:
    """Monday last; "Friday next", which is the coming one to some and next week's to others."""
    if which == "last":
        return weekday_away(number, "last")
    return Days("weekday_fixed", "day", either=(weekday_away(number, "coming"), weekday_away(number, "next")))


def _ago(text: Text, i: int) -> Found:
    """Two Fridays ago."""
    count, number = text.number(i, 2, 52), PLURAL_DAYS.get(text.word(i + 1))
    if count is not None and number is not None and text.word(i + 2) == "ago":
        last = weekday_away(number, "last")
        yield mapped(last, "day", "day", lambda s, _: day_of(s[0] - 7 * (count - 1) * DAY)), i + 3


def _chosen(text: Text, i: int) -> Found:
    """This, next or last something."""
    for which, j in _WHICH.match(text, i):
        word = text.word(j)
        if word in WEEKDAYS and text[j].kind == "w":
            yield weekday_away(WEEKDAYS[word], which), j + 1
        unit = UNITS.get(word)
        if unit == "weekend":
            yield (unit_away(unit, _COUNT[which]) if which != "coming" else weekend()), j + 1
        elif unit in _CALENDAR_UNITS and not (unit == "day" and which != "next") and "past" not in text.word(j - 1):
            yield unit_away(unit, _COUNT[which]), j + 1
        for found, k in _recurring(text, j):
            yield which_of(found, which), k


def _recurring(text: Text, i: int) -> Found:
    """What a year has once: months, seasons, quarters and feasts."""
    word = text.word(i)
    if text[i].kind == "w" and word in MONTHS:
        yield month(MONTHS[word]), i + 1
    if word in SEASONS:
        yield season(SEASONS[word]), i + 1 + (text.word(i + 1) in ("time", "season"))
    if word == "q" and text.number(i + 1, 1, 4):
        yield quarter(text[i + 1].value), i + 2
    if text[i].kind == "o" and text[i].value <= 4 and text.word(i + 1) == "quarter":
        yield quarter(text[i].value), i + 2
    for name, j in _FEASTS.match(text, i):
        yield feast(name), j


def _seasonal(text: Text, i: int) -> Found:
    """A season or quarter, with the year said or not."""
    if text.word(i) in MONTHS:
        return
    for found, j in _recurring(text, i):
        if found.kind != "date" and text.phrase(j, "before last") is not None:  # "the autumn before last"
            earlier = which_of(found, "last")
            yield mapped(earlier, found.kind, found.grain, lambda s, _: _years_on(s, -1)), j + 2
        year = year_at(text, j + (text.word(j) == "of"))
        if year is not None and text.word(i) in SEASONS:
            first = SEASONS[text.word(i)]
            yield _three_months(year[0], first), year[1]
        elif found.kind != "date":
            yield from _in_year(text, j, found)


def _years_on(stretch: Stretch, count: int) -> Stretch:
    return add_months(stretch[0], 12 * count), add_months(stretch[1], 12 * count)


def _three_months(year: int, number: int) -> Days:
    first = date(year, number, 1)
    return fixed("season", "month", lambda _: (first, add_months(first, 3)))


def _numbered_week(text: Text, i: int) -> Found:
    j = i + (text.word(i) == "calendar")
    number = text.number(j + 1, 1, 53)
    if text.word(j) in ("week", "cw", "kw") and number is not None:
        year = year_at(text, j + 2 + (text.word(j + 2) in ("of", "in")))
        yield (iso_week(number, year[0]), year[1]) if year else (iso_week(number, None), j + 2)


def _related(text: Text, i: int) -> Found:
    yield from related(text, i, days, container)


_RULES: tuple[Callable[[Text, int], Found], ...] = (
    date_range, numeric, _related, named, _simple, _chosen, _weekdays, _ago, _seasonal, _numbered_week,
    day_of_month, year_alone,
)  # fmt: skip
