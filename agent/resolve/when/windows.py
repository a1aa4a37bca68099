"""Stretches that begin or end now: "the last 3 days", "rest of the week", "in two hours", "an hour ago"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nearhand.agent.resolve.when.civil import DAY, local, shift_date, shift_moment, unit_of
from nearhand.agent.resolve.when.lengths import Length, lengths, one
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.when.words import UNITS, Phrases, Text
from nearhand.connectors.base import Span


@dataclass(frozen=True, slots=True)
class Exact:
    """A span that the clock alone decides."""

    at: Callable[[Clock], Span]
    approximate: bool = False


Found = Iterator[tuple[Exact, int]]

_PAST = Phrases(dict.fromkeys(("last", "past", "previous", "these last", "these past", "this past"), -1))
_NEXT = Phrases(dict.fromkeys(("next", "coming", "following", "upcoming"), 1))
_NOW = Phrases(dict.fromkeys(("now", "right now", "immediately", "at moment", "straight away", "right away"), 0))
_LATER = Phrases({"later": 1, "rest of": 1, "remainder of": 1, "earlier": -1, "so far": -1})
_OWNED = ("a", "an", "1", "another", "half")
"""Before "week ahead" these make an amount of it: a week before something."""
_PERIODS = {"today": "day", "week": "week", "month": "month", "year": "year", "day": "day"}


def windows(text: Text, i: int) -> Found:
    """Yield every stretch from here on that is measured from now."""
    for _, j in _NOW.match(text, i):
        yield Exact(lambda c: Span(c.now, c.now, "minute")), j
    yield from _beside_now(text, i)
    yield from _shifted(text, i)
    yield from _rest(text, i)
    unit = one(UNITS.get(text.word(i), "")) if text.word(i + 1) == "ahead" and text.word(i - 1) not in _OWNED else None
    if unit is not None and not unit.exact:
        yield window(unit, 1), i + 2
    if text.word(i) == "within":
        yield from _beside_now(text, i + 1)
        for length, j in lengths(text, i + 1):
            yield window(length, 1), j


def _beside_now(text: Text, i: int) -> Found:
    """The last three days, the past week, the next couple of hours."""
    for sign, j in (*_PAST.match(text, i), *_NEXT.match(text, i)):
        for length, k in lengths(text, j):
            yield window(length, sign), k
        unit = UNITS.get(text.word(j))
        if unit in ("minute", "hour", "fortnight") or (unit not in (None, "weekend") and text.word(j - 1) == "past"):
            single = one(unit)
            if single is not None:
                yield window(single, sign), j + 1


def window(length: Length, sign: int) -> Exact:
    """The stretch of this length before or after now; counted in days it takes in whole days at its far end."""

    def at(clock: Clock) -> Span:
        if length.exact:
            other = shift_moment(clock.now, length.shift, sign)
            grain = "minute"
        else:
            other = local(shift_date(clock.today, length.shift, sign) + DAY * (sign > 0), 0, clock.zone)
            grain = {"fortnight": "week", "quarter": "month"}.get(length.unit, length.unit)
        return Span(min(clock.now, other), max(clock.now, other), grain)

    return Exact(at, length.approximate)


def _shifted(text: Text, i: int) -> Found:
    """In two hours, 90 minutes from now, an hour ago."""
    ahead = text.word(i) in ("in", "after")
    for length, j in lengths(text, i + ahead):
        if not length.exact:
            continue
        j += text.word(j) == "time"
        if ahead and text.word(j) not in ("ago", "from", "before", "after"):
            yield _instant(length, 1), j
        elif text.phrase(j, "from now") is not None:
            yield _instant(length, 1), j + 2
        elif text.word(j) in ("hence",):
            yield _instant(length, 1), j + 1
        elif text.word(j) in ("ago", "back") and not ahead:
            yield _instant(length, -1), j + 1


def _instant(length: Length, sign: int) -> Exact:
    def at(clock: Clock) -> Span:
        moment = shift_moment(clock.now, length.shift, sign)
        return Span(moment, moment, "minute")

    return Exact(at, length.approximate)


def _rest(text: Text, i: int) -> Found:
    """Later today, the rest of the week, earlier this month."""
    for sign, j in _LATER.match(text, i):
        k = j + (text.word(j) == "this")
        unit = _PERIODS.get(text.word(k))
        if unit is not None and (k > j or text.word(j) == "today" or text.word(i) in ("rest", "remainder")):
            yield _part_of(unit, sign), k + 1
    k = i + (text.word(i) == "this")
    unit = _PERIODS.get(text.word(k))
    if unit and (k > i or text.word(i) == "today"):
        for tail in ("so far", "to date"):
            after = text.phrase(k + 1, tail)
            if after is not None:
                yield _part_of(unit, -1), after


def _part_of(unit: str, sign: int) -> Exact:
    def at(clock: Clock) -> Span:
        first, after = (local(d, 0, clock.zone) for d in unit_of(clock.today, unit, clock.week_start))
        return Span(clock.now, after, unit) if sign > 0 else Span(first, clock.now, unit)

    return Exact(at)
