"""Lengths of time ("an hour and a half", "2h30", "three weeks"): parsed, counted, never placed on a calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from nearhand.agent.resolve.when.words import UNITS, Text, tokens
from nearhand.connectors.base import Shift

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ORDER = ("second", "minute", "hour", "day", "week", "fortnight", "month", "quarter", "year")
_LONGEST = {"month": 2400, "day": 73000}
_ADJECTIVES = ("good", "full", "whole", "single", "further", "additional", "extra", "uninterrupted", "solid", "quiet",
               "clear")  # fmt: skip
_VAGUE = {"few": 3, "several": 3}
_ALL_DAY = ("all day", "whole day", "entire day", "full day", "all day long", "a full day", "a whole day", "1 full day")


@dataclass(frozen=True, slots=True)
class Length:
    """A counted length and the finest unit it was said in."""

    shift: Shift
    unit: str
    count: Fraction
    approximate: bool = False

    @property
    def exact(self) -> bool:
        """Whether it is counted in hours and minutes rather than on a calendar."""
        return bool(self.shift.time)

    @property
    def delta(self) -> timedelta | None:
        """The length as a fixed number of days and seconds; None where months vary it."""
        return None if self.shift.months else timedelta(days=self.shift.days) + self.shift.time


def lengths(text: Text, i: int) -> Iterator[tuple[Length, int]]:
    """Yield every length that begins here, longest first."""
    for first, j in _single(text, i):
        k = j + (text.word(j) in ("and", "plus"))
        for more, end in _tail(text, k, first):
            joined = _joined(first, more)
            if joined is not None:
                yield joined, end
        yield first, j


def _tail(text: Text, i: int, first: Length) -> Iterator[tuple[Length, int]]:
    if _ORDER.index(first.unit) > 0 and text.word(i) not in ("half", "quarter"):
        for length, j in _single(text, i):
            if _ORDER.index(length.unit) < _ORDER.index(first.unit):
                yield length, j
    fraction = _fraction(text, i)  # "an hour and a half"
    if fraction is not None and text.word(fraction[1]) not in UNITS and text.word(fraction[1]) not in ("past", "to"):
        half = _counted(fraction[0], first.unit, False)
        if half is not None:
            yield half, fraction[1]
    minutes = text.number(i, 1, 59)  # "2h30"
    joined = text.word(i - 1) == "and"  # "an hour and ten"
    if first.unit == "hour" and minutes is not None and (i + 1 == text.length if joined else _closes(text, i + 1)):
        yield Length(Shift(time=timedelta(minutes=minutes)), "minute", Fraction(minutes)), i + 1


def _closes(text: Text, i: int) -> bool:
    word = text.word(i)
    return word not in UNITS and text[i].kind not in ("n", "-") and word not in ("am", "pm", "past", "to")


def _joined(first: Length, more: Length) -> Length | None:
    if first.approximate:
        return None
    a, b = first.shift, more.shift
    shift = Shift(a.months + b.months, a.days + b.days, a.time + b.time)
    return Length(shift, more.unit if more.unit != first.unit else first.unit, first.count)


def _single(text: Text, i: int) -> Iterator[tuple[Length, int]]:
    for count, j, vague in _quantities(text, i):
        unit = UNITS.get(text.word(j))
        if text[j].kind == "o" and text.word(j) == "2th" and not text[j].spelled:
            unit = None
        if unit is not None and unit != "weekend":
            length = _counted(count, unit, vague)
            if length is not None:
                yield length, j + 1


def _quantities(text: Text, i: int) -> Iterator[tuple[Fraction, int, bool]]:
    """Yield (how many, position of the unit, whether it was vague)."""
    j = i + (text.word(i) in ("a", "an"))
    if j > i and text.word(j) in _ADJECTIVES:
        j += 1
    fraction = _fraction(text, j if j > i + 1 or text.word(i) != "another" else i + 1)
    fraction = fraction or _fraction(text, i)
    if fraction is not None:
        value, k = fraction
        k += text.word(k) == "of"
        yield value, k + (text.word(k) in ("a", "an")), False
    if j > i:
        yield Fraction(1), j, False
    if text.word(j) in ("couple", "pair"):
        k = j + 1 + (text.word(j + 1) == "of")
        yield Fraction(2), k + (text.word(k) in ("more", "extra")), False
    if text.word(j) in _VAGUE:
        yield Fraction(_VAGUE[text.word(j)]), j + 1 + (text.word(j + 1) == "more"), True
    if text.word(i) == "another":
        yield Fraction(1), i + 1, False
    yield from _numbers(text, i + (text.word(i) == "another"))


def _numbers(text: Text, i: int) -> Iterator[tuple[Fraction, int, bool]]:
    token = text[i]
    if token.kind == "f":
        yield Fraction(token.text), i + 1, False
    if token.kind != "n" or token.value > 99999:
        return
    j = i + 1
    if text.word(j) == "and":
        fraction = _fraction(text, j + 1)
        if fraction is not None:
            yield token.value + fraction[0], fraction[1], False
    yield Fraction(token.value), j + (text.word(j) in ("more", "full", "whole", "extra", "further")), False


def _fraction(text: Text, i: int) -> tuple[Fraction, int] | None:
    j = i + (text.word(i) in ("a", "an"))
    if text.word(j) == "half":
        return Fraction(1, 2), j + 1
    if text.word(j) == "quarter" and not (i == j and text.word(j + 1) in ("past", "to")):
        return Fraction(1, 4), j + 1
    if text.word(i) == "3" and text.word(i + 1) == "quarters":
        return Fraction(3, 4), i + 2
    return None


def _counted(count: Fraction, unit: str, vague: bool) -> Length | None:
    if unit in _SECONDS:
        shift = Shift(time=timedelta(seconds=float(count * _SECONDS[unit])))
    elif unit in _DAYS:
        days = count * _DAYS[unit]
        whole = days.numerator // days.denominator
        if unit != "day" and days != whole:
            return None
        shift = Shift(days=whole, time=timedelta(days=float(days - whole)))
    else:
        months = count * _MONTHS[unit]
        if months.denominator != 1:
            return None
        shift = Shift(months=int(months))
    if shift.months > _LONGEST["month"] or shift.days > _LONGEST["day"] or shift.time.days > _LONGEST["day"]:
        return None
    return Length(shift, unit, count, vague)


def one(unit: str) -> Length | None:
    """One of a unit; None for what is no unit."""
    return _counted(Fraction(1), unit, False) if unit in _ORDER else None


def all_day(text: str) -> bool:
    """Whether the words ask for the whole day rather than for a number of hours."""
    return " ".join(t.text for t in tokens(text)) in _ALL_DAY


def duration(text: str) -> timedelta | None:
    """How long something takes; None if the words are no fixed length. "all day" is one day: ask `all_day` first."""
    if all_day(text):
        return timedelta(days=1)
    cut = Text(tokens(text))
    start = int(cut.word(0) in ("for", "about", "around", "roughly", "approximately", "lasting", "to", "like"))
    start += cut.word(start) in ("for", "about", "around", "roughly", "approximately", "only", "just", "like")
    clock = _clock_length(cut, start)
    if clock is not None:
        return clock
    for length, end in lengths(cut, start):
        end += cut.word(end) in ("long", "ish", "total", "only")
        if end == cut.length and not (length.approximate and length.unit != "minute"):
            return length.delta or None
    return None


def _clock_length(text: Text, i: int) -> timedelta | None:
    """Read "1:30" as an hour and a half; with "hours" or "h" after it just the same."""
    token, end = text[i], i + 1
    end += UNITS.get(text.word(end)) == "hour"
    if token.kind != "t" or end != text.length or token.text.count(":") != 1:
        return None
    hours, minutes = map(int, token.text.split(":"))
    return timedelta(hours=hours, minutes=minutes) if minutes < 60 and hours + minutes else None
