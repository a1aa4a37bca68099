"""Days told from other days: the end of June, the first Monday of May, the day after Easter, a week on Friday."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from nearhand.agent.resolve.when.civil import (
    DAY,
    Stretch,
    add_months,
    day_of,
    shift_date,
    step,
    unit_of,
    weekdays_in,
)  # fmt: skip
from nearhand.agent.resolve.when.days import Days, Frame, fixed, mapped, unit_away, weeks_on
from nearhand.agent.resolve.when.lengths import Length, lengths, one
from nearhand.agent.resolve.when.weeks import weeks
from nearhand.agent.resolve.when.words import UNITS, WEEKDAYS, Phrases, Text

Found = Iterator[tuple[Days, int]]
Rule = Callable[[Text, int], Found]

_EDGES = Phrases({
    "beginning": "start", "beginning of": "start", "start of": "start", "early": "start", "early in": "start",
    "beginnings of": "start", "opening of": "start", "mid": "middle", "middle of": "middle", "middle": "middle",
    "end of": "end", "end": "end", "ends of": "end", "late": "end", "late in": "end", "very end of": "end",
    "close of": "end", "tail end of": "end", "tail of": "end", "back end of": "end", "latter part of": "end",
    "early part of": "start",
})  # fmt: skip


def related(text: Text, i: int, days: Rule, container: Rule) -> Found:
    """Yield days told by way of other days."""
    yield from _edges(text, i, container)
    yield from _nth(text, i, days, container)
    yield from _neighbours(text, i, days)
    yield from _counted(text, i, days)
    yield from weeks(text, i, days)
    if text.phrase(i, "eve of") is not None:
        for base, j in days(text, i + 2):
            yield mapped(base, "day", "day", lambda s, _: day_of(s[0] - DAY)), j


def _edges(text: Text, i: int, container: Rule) -> Found:
    for edge, j in _EDGES.match(text, i):
        for base, k in container(text, j):
            if base.grain in ("week", "month", "year"):
                yield _edge(base, edge), k
    unit = UNITS.get(text.word(i))
    if unit in ("week", "month", "year") and text.word(i + 1) == "end":  # "month end"
        yield _edge(unit_away(unit, 0), "end"), i + 2


def _edge(base: Days, edge: str) -> Days:
    """The days at one end of a week, month or year: the first two, seven, or a quarter of it."""

    def to(stretch: Stretch, _: Frame) -> Stretch:
        first, after = stretch
        days = (after - first).days
        if days > 92:
            months = {"start": (0, 3), "middle": (4, 8), "end": (9, 12)}[edge]
            scale = max(1, round(days / 365.25))
            return add_months(first, months[0] * scale), add_months(first, months[1] * scale)
        third = days // 3
        if days <= 7:
            cut = {"start": (0, 2), "middle": (2, 4), "end": (4, 7)}[edge]
        elif days <= 31:
            cut = {"start": (0, 7), "middle": (10, 20), "end": (days - 7, days)}[edge]
        else:
            cut = {"start": (0, third), "middle": (third, 2 * third), "end": (2 * third, days)}[edge]
        return first + cut[0] * DAY, first + cut[1] * DAY

    grain = {"week": "day", "month": "week"}.get(base.grain, "month")
    return mapped(base, f"edge {edge}", grain, to).loosely()


def _nth(text: Text, i: int, days: Rule, container: Rule) -> Found:
    """The first Monday of May, the last week of June, the first two weeks of July, the second half of 2024."""
    token = text[i]
    number = token.value if token.kind == "o" and token.value <= 31 else _HALVES.get(text.word(i), 0)
    if text.word(i) in ("back", "latter", "front") and text.word(i + 1) != "half":
        return
    j = i + 1
    if text.phrase(i, "2th to last") is not None or text.phrase(i, "2th last") is not None:
        number, j = -2, i + (3 if text.word(i + 1) == "to" else 2)
    if not number:
        return
    if number == -1 and text.word(j) == "of" and text.word(j + 1) in ("month", "year"):  # "the last of the month"
        yield _nth_unit(unit_away(text.word(j + 1), 0), -1, 1, "day"), j + 2
    yield from _counted_beside(text, j, number, days)
    count = text.number(j, 2, 31)
    j += count is not None
    what = text.word(j)
    for base, k in container(text, j + 2) if text.word(j + 1) in ("of", "in") else ():
        if what == "half" and number in (1, 2, -1) and base.grain in ("week", "month", "year"):
            yield _half(base, number), k
        elif what in WEEKDAYS and count is None:
            yield _nth_weekday(base, number, WEEKDAYS[what]), k
        elif what == "fortnight" and number in (1, -1) and count is None:
            yield _nth_unit(base, number, 2, "week"), k
        elif UNITS.get(what) in ("day", "week", "weekend", "month"):
            yield _nth_unit(base, number, count or 1, UNITS[what]), k


def _counted_beside(text: Text, i: int, number: int, days: Rule) -> Found:
    """The last Friday before Lent, the second Sunday after Easter."""
    weekday = WEEKDAYS.get(text.word(i))
    sign = {"after": 1, "before": -1}.get(text.word(i + 1))
    if weekday is None or sign is None or not (0 < number < 10 if sign > 0 else number == -1):
        return
    later = 7 * (number - 1) * DAY if sign > 0 else 0 * DAY
    for base, j in days(text, i + 2):
        beside = _weekday_beside(base, sign, weekday)
        yield mapped(beside, "day", "day", lambda s, _: (s[0] + later, s[1] + later)), j


def _half(base: Days, number: int) -> Days:
    def to(stretch: Stretch, _: Frame) -> Stretch:
        first, after = stretch
        days = (after - first).days
        middle = add_months(first, 6) if days > 300 else first + (days // 2 if days != 31 else 15) * DAY
        return (first, middle) if number == 1 else (middle, after)

    half = mapped(base, "other", {"year": "month", "month": "week"}.get(base.grain, "day"), to)
    return replace(half, approximate=base.approximate or base.grain == "week")


_HALVES = {"last": -1, "back": 2, "latter": 2, "front": 1}
"""Other words for the halves; "last" is the last of anything."""


def _nth_weekday(base: Days, number: int, weekday: int) -> Days:
    def to(stretch: Stretch, _: Frame) -> Stretch | None:
        found = list(weekdays_in(stretch, weekday))
        index = number - 1 if number > 0 else number
        return found[index] if -len(found) <= index < len(found) else None

    return mapped(base, "day", "day", to)


def _nth_unit(base: Days, number: int, count: int, unit: str) -> Days:
    def to(stretch: Stretch, _: Frame) -> Stretch | None:
        first, after = stretch
        if unit == "weekend":
            whole = [s[0] for s in weekdays_in(stretch, 5) if s[0] + 2 * DAY <= after]
            index = number - 1 if number > 0 else number
            return (whole[index], whole[index] + 2 * DAY) if -len(whole) <= index < len(whole) else None
        if number > 0:
            start = step(first, unit, number - 1)
            end = step(start, unit, count)
        else:
            end = step(after, unit, number + 1)
            start = step(end, unit, -count)
        return (start, min(end, after)) if first <= start < after else None

    found = mapped(base, "day" if unit == "day" and count == 1 else "other", "day" if unit == "weekend" else unit, to)
    return replace(found, approximate=unit == "week")


def _neighbours(text: Text, i: int, days: Rule) -> Found:
    """The day before Easter, the week after next, the Monday after the 3rd, the morning after is not here."""
    word, way = text.word(i), text.word(i + 1)
    sign = {"after": 1, "following": 1, "before": -1, "preceding": -1}.get(way)
    unit, number = UNITS.get(word), WEEKDAYS.get(word)
    if sign is None or (unit is None and number is None):
        return
    if unit in ("week", "weekend", "month", "quarter", "year") and text.word(i + 2) == ("next" if sign > 0 else "last"):
        yield unit_away(unit, 2 * sign), i + 3
    if unit in ("week", "weekend", "month") and text.phrase(i + 1, "after this") is not None:
        yield unit_away(unit, 1), i + 3 + (text.word(i + 3) in ("1", unit))
    for base, j in days(text, i + 2):
        if number is not None:
            yield _weekday_beside(base, sign, number), j
        elif unit in ("day", "week", "weekend", "month", "year"):
            yield _unit_beside(base, sign, unit), j


def _weekday_beside(base: Days, sign: int, number: int) -> Days:
    def to(stretch: Stretch, _: Frame) -> Stretch:
        if sign > 0:
            return day_of(stretch[1] + ((number - stretch[1].weekday()) % 7) * DAY)
        before = stretch[0] - DAY
        return day_of(before - ((before.weekday() - number) % 7) * DAY)

    return mapped(base, "day", "day", to)


def _unit_beside(base: Days, sign: int, unit: str) -> Days:
    def to(stretch: Stretch, frame: Frame) -> Stretch:
        edge = stretch[1] if sign > 0 else stretch[0] - DAY
        if unit == "day":
            return day_of(edge)
        if unit == "weekend":
            first = edge + ((5 - edge.weekday()) % 7 if sign > 0 else -((edge.weekday() - 5) % 7)) * DAY
            first -= 7 * DAY * (sign < 0 and first + DAY > edge)
            return first, first + 2 * DAY
        inner = stretch[1] - DAY if sign > 0 else stretch[0]
        inner = inner.replace(day=1) if unit == "month" else inner
        return unit_of(step(inner, unit, sign), unit, frame.clock.week_start)

    return mapped(base, unit, "day" if unit == "weekend" else unit, to)


def _counted(text: Text, i: int, days: Rule) -> Found:
    """In two weeks, three days ago, a week on Friday, two days before Easter, a fortnight today."""
    if text.word(i) in ("week", "fortnight") and text.word(i + 1) == "from":
        bare = one(text.word(i))
        yield from _counted_from(text, i + 1, bare, days) if bare else ()
    single = one(text.word(i)) if text.word(i) in ("week", "fortnight") else None
    if single and text.word(i - 1) not in _WHICH_WEEK and text.word(i + 1) in ("today", "tomorrow"):  # "week tomorrow"
        yield from _counted_from(text, i + 1, single, days)
    start = i + (text.word(i) in ("in", "after", "over"))
    prefixed = text.word(i) in ("in", "after")
    for length, j in lengths(text, start):
        if length.exact:
            continue
        j += text.word(j) == "time"  # "in two weeks' time"
        if (prefixed or text.word(j - 1) == "time") and text.word(j) not in ("ago", "from", "before", "after", "on"):
            yield _ahead(length), j
            if length.unit == "week":  # "Friday in two weeks"
                yield mapped(_ahead(length), "week", "week", lambda s, f: unit_of(s[0], "week", f.clock.week_start)), j
        if text.phrase(j, "from now") is not None and not prefixed:
            yield _ahead(length), j + 2
        if text.word(j) in ("hence", "ahead") and not prefixed:
            yield _ahead(length), j + 1
        if text.word(j) in ("ago", "back") and not prefixed:
            yield _ago(length), j + 1
        yield from _counted_from(text, j, length, days)


_WHICH_WEEK = ("this", "next", "last", "past", "coming", "every", "in", "for", "after", "over", "within", "1th")


def _ahead(length: Length) -> Days:
    at = fixed("day", "day", lambda f: day_of(shift_date(f.clock.today, length.shift)))
    return replace(at, approximate=length.approximate)


def _ago(length: Length) -> Days:
    """The calendar unit that lies so far back; its exact day is the `point`."""
    exact = fixed("day", "day", lambda f: day_of(shift_date(f.clock.today, length.shift, -1)))
    unit = {"fortnight": "week", "quarter": "month"}.get(length.unit, length.unit)
    if unit == "day":
        return replace(exact, approximate=length.approximate)
    loose = mapped(exact, unit, unit, lambda s, f: unit_of(s[0], unit, f.clock.week_start))
    return replace(loose, approximate=True, point=exact.at)


def _counted_from(text: Text, i: int, length: Length, days: Rule) -> Found:
    word = text.word(i)
    bare = word in WEEKDAYS and text.word(i - 2) not in _WHICH_WEEK  # "a week Friday"
    number = WEEKDAYS.get(word if bare else text.word(i + 1))
    if bare and number is not None and length.unit in ("week", "fortnight") and not length.approximate:
        yield weeks_on(number, length.shift.days // 7), i + 1
    if word in ("on", "from") and number is not None and length.shift.days % 7 == 0 and length.shift.days:
        yield weeks_on(number, length.shift.days // 7), i + 2
    sign = {"after": 1, "from": 1, "before": -1}.get(word)
    if sign is not None or text.word(i) in ("today", "tomorrow", "yesterday"):
        for base, j in days(text, i + (sign is not None)):
            yield mapped(base, "day", "day", lambda s, _: _moved(s, length, sign or 1)), j


def _moved(stretch: Stretch, length: Length, sign: int) -> Stretch:
    anchor = stretch[0] if sign < 0 or (stretch[1] - stretch[0]).days == 1 else stretch[1] - DAY
    return day_of(shift_date(anchor, length.shift, sign))
