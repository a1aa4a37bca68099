"""Weeks told by a day of theirs: week commencing the 4th, the four weeks ending Friday, the weekend of the 8th."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nearhand.agent.resolve.when.civil import DAY, Stretch, unit_of
from nearhand.agent.resolve.when.days import Days, Frame, chosen, mapped
from nearhand.agent.resolve.when.words import Text

Found = Iterator[tuple[Days, int]]

_WAYS = {"commencing": 1, "beginning": 1, "starting": 1, "ending": -1}


def weeks(text: Text, i: int, days: Callable[[Text, int], Found]) -> Found:
    """Yield the weeks and weekends that a day names."""
    yield from _counted(text, i, days)
    if text.phrase(i, "weekend of") is not None:
        for base, j in days(text, i + 2):
            yield _weekend(base, 2), j
    if text.word(i) == "weekending":  # "w/e 19th" is written for the weekend as well as for the week that ends then
        for base, j in days(text, i + 1):
            yield Days("week", "week", either=(_week(base, -1, 1), _weekend(base, 0))), j
    if text.phrase(i, "week of") is not None:
        for base, j in days(text, i + 2):
            yield mapped(base, "week", "week", lambda s, f: unit_of(s[0], "week", f.clock.week_start)), j


def _counted(text: Text, i: int, days: Callable[[Text, int], Found]) -> Found:
    count = text.number(i, 2, 52)
    j = i + (count is not None)
    sign = _WAYS.get(text.word(j + 1))
    if text.word(j) in ("week", "weeks") and sign is not None:
        for base, k in days(text, j + 2):
            yield _week(base, sign, count or 1), k


def _week(base: Days, sign: int, count: int) -> Days:
    """So many weeks from the day that the base would mean by itself, or up to it."""
    if base.either:
        return Days("week", "week", either=tuple(_week(each, sign, count) for each in base.either))
    length = 7 * count * DAY

    def at(frame: Frame) -> Sequence[Stretch]:
        days = [first for first, after in chosen(base, frame) if after - first == DAY]
        return [(day, day + length) if sign > 0 else (day + DAY - length, day + DAY) for day in days]

    return Days("week", "week", at=at)


def _weekend(base: Days, slack: int) -> Days:
    """The weekend that holds the day, or lies at most so many days beside it."""
    if base.either:
        return Days("weekend", "day", either=tuple(_weekend(each, slack) for each in base.either))

    def at(frame: Frame) -> Sequence[Stretch]:
        found = []
        for first, after in chosen(base, frame):
            week = first - first.weekday() * DAY
            saturday = next((s for s in (week - 2 * DAY, week + 5 * DAY)
                             if s - slack * DAY <= first < s + (2 + slack) * DAY), None)  # fmt: skip
            if saturday is not None and after - first <= 2 * DAY:
                found.append((saturday, saturday + 2 * DAY))
        return found

    return Days("weekend", "day", at=at)
