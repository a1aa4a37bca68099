"""Grammar of clock times: "half seven", "five oh five", "quarter to 3pm". Parts of the day live in `parts.py`.

A bare hour is read by working habits: 1 to 6 and 12 are afternoon, 7 to 11 are morning; a word of the day's part, or a
title such as "dinner", decides otherwise. "07:30", "19:30" and "7pm" are sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nearhand.agent.resolve.when.parts import Part
from nearhand.agent.resolve.when.words import WEEKDAYS, Phrases, Text

NOON, MIDNIGHT = 12 * 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Hour:
    """A time on the clock face; `sure` once morning or afternoon is known. Minutes count from midnight."""

    minutes: int
    sure: bool = False
    approximate: bool = False
    relative: bool = False
    """Only minutes of an unnamed hour were said: "half past". `minutes` then holds 30, or -15 for "quarter to"."""
    or_range: bool = False
    """Whether "ten to four" could be a range as well."""


_POINTS = Phrases({"noon": NOON, "12 noon": NOON, "high noon": NOON, "midnight": MIDNIGHT, "12 midnight": MIDNIGHT,
                   "12 at night": MIDNIGHT})  # fmt: skip
_MERIDIEM = Phrases({"am": 0, "pm": 12, "a m": 0, "p m": 12, "a": 0, "p": 12})
_EVENING = (
    "dinner supper drinks pub party concert gig cinema movie movies film theatre theater opera play bar evening date "
    "night cocktails choir"
)
_EVENING_TITLES = frozenset(_EVENING.split())
_MORNING_TITLES = frozenset(("breakfast", "brunch", "morning", "sunrise", "run", "jog", "wake", "commute"))


def hours(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    """Yield every clock time that begins here, longest first."""
    for minutes, j in _POINTS.match(text, i):
        yield from _loose(text, Hour(minutes, sure=True), j)
    for hour, j in _faces(text, i):
        yield from _loose(text, hour, j)


def _loose(text: Text, hour: Hour, i: int) -> Iterator[tuple[Hour, int]]:
    for tail in ("ish", "or so", "or thereabouts"):
        after = text.phrase(i, tail)
        if after is not None:
            yield replace(hour, approximate=True), after
    yield hour, i


def _faces(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    for hour, j in (*_spoken(text, i), *_written(text, i)):
        j += text.word(j) == "oclock"
        for shift, k in _MERIDIEM.match(text, j):
            known = _with_meridiem(hour, shift)
            if known is not None:
                yield known, k
        if hour.minutes < MIDNIGHT:
            yield hour, j


def _with_meridiem(hour: Hour, shift: int) -> Hour | None:
    if hour.relative:
        return None
    face, minute = divmod(hour.minutes, 60)
    if face > 12:
        return replace(hour, sure=True) if shift else None
    return replace(hour, minutes=(face % 12 + shift) * 60 + minute, sure=True, or_range=False)


def _written(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    token = text[i]
    if token.text == "hour" and text[i - 1].kind != "n" and text.number(i + 1, 0, 23) is not None:  # "hour ten"
        yield _hour(text[i + 1].value, 0), i + 2
    if token.kind in ("t", "f"):
        yield from _figures(token.text, i)
    if token.kind != "n":
        return
    minute = text.number(i + 1, 0, 59)
    if text.word(i + 1) == "h" and text.word(i - 1) not in ("in", "for", "within", "after"):
        yield from _french(text, i)
    if token.value <= 24 and minute is not None and (minute >= 10 or len(text.word(i + 1)) == 2):
        yield _hour(token.value, minute), i + 2
    if (token.value > 12 or text.word(i - 1) in ("at", "from")) and text.word(i + 1) in ("hour", "u"):
        yield _hour(token.value % 24, 0), i + 2
    if token.value == 0 and token.spelled and text.number(i + 1, 100, 959) and text[i + 1].spelled:
        yield from ((replace(hour, sure=True), j) for hour, j in _military(text, i + 1))
    if token.value <= 12 and text.word(i + 1) in ("oh", "o", "zero") and text.number(i + 2, 1, 9):
        yield _hour(token.value, text[i + 2].value), i + 3
    yield from _military(text, i)
    if token.value < 24 and len(token.text) < 3:
        yield _hour(token.value, 0, len(token.text) == 2 and token.text[0] == "0" and not token.spelled), i + 1


def _figures(written: str, i: int) -> Iterator[tuple[Hour, int]]:
    hour, minute = (int(part) for part in written.replace(".", ":").split(":")[:2])
    digits = written.replace(":", ".").split(".")[1]
    if hour < 24 and minute < 60 and len(digits) == 2:
        yield _hour(hour, minute, written[0] == "0" or hour > 12), i + 1


def _french(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    minute = text.number(i + 2, 0, 59)
    if text[i].value < 24 and minute is not None:
        yield _hour(text[i].value, minute, sure=True), i + 3
    if text[i].value < 24:
        yield _hour(text[i].value, 0, sure=True), i + 2


def _military(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    """1430, 0800, eight hundred; a number that could be a year needs "hours" or am/pm after it."""
    token, unit = text[i], text.word(i + 1) in ("hours", "hrs", "h")
    hour, minute = divmod(token.value, 100)
    if not (len(token.text) in (3, 4) and hour < 24 and minute < 60):
        return
    if unit:
        yield _hour(hour, minute, sure=True), i + 2
        return
    marked = text.word(i + 1) in ("am", "pm") or text.word(i - 1) == "at" or _beside_clock(text, i)
    if marked or (not 1900 <= token.value <= 2100 and (token.spelled or len(token.text) == 4)):
        yield _hour(hour, minute, len(token.text) == 4), i + 1


def _beside_clock(text: Text, i: int) -> bool:
    """Whether "2030" is the other end of "1800-2030", or "930" all that was said of a clock."""
    for other, middle in ((i - 2, i - 1), (i + 2, i + 1)):
        paired = text.word(middle) in ("to", "until", "till") and len(text.word(other)) == 4
        if paired and text[other].kind == "n" and not 1900 <= text[other].value <= 2100:
            return True
    quarter = text[i].value % 100 in (15, 30, 45) and len(text[i].text) == 3 and not text[i].spelled
    return quarter and i + 1 == text.length and (i == 0 or text.word(i - 1) in ("tomorrow", "today", *WEEKDAYS))


def _hour(hour: int, minute: int, sure: bool = False) -> Hour:
    return Hour(hour * 60 + minute, sure or hour == 0 or hour > 12)


def _spoken(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    """Half past seven, half seven, quarter to, twenty past five."""
    i += text.word(i) == "a" and text.word(i + 1) == "quarter"
    minute, j, idiom = _spoken_minutes(text, i)
    if minute is None:
        return
    word = text.word(j)
    sign = {"past": 1, "after": 1, "gone": 1, "to": -1, "till": -1, "til": -1, "of": -1, "before": -1}.get(word)
    if minute == 30 and text.word(i) == "half" and sign is None:
        sign, j = 1, j - 1
    if sign is None or (minute == 30 and sign < 0) or text[j].kind == "-":
        return
    for face, end in _named_hour(text, j + 1):
        shifted = face.minutes + sign * minute
        if shifted < 0:
            shifted += MIDNIGHT if face.sure else NOON
        ranged = not idiom and sign < 0 and text.word(i - 1) not in ("at", "by", "around", "about")
        yield Hour(shifted if face.sure else shifted % MIDNIGHT, face.sure, or_range=ranged and minute in (5, 10)), end
    if word in ("past", "to") and (idiom or minute >= 20):
        yield Hour(sign * minute, relative=True), j + 1


def _named_hour(text: Text, i: int) -> Iterator[tuple[Hour, int]]:
    yield from ((Hour(m, sure=True), j) for m, j in _POINTS.match(text, i))
    number = text.number(i, 1, 23)
    if number is None or text[i + 1].kind == "t":
        return
    for shift, j in _MERIDIEM.match(text, i + 1):
        yield Hour((number % 12 + shift) * 60, sure=True), j
    yield _hour(number, 0), i + 1


def _spoken_minutes(text: Text, i: int) -> tuple[int | None, int, bool]:
    """The minutes, the position after them, and whether they can be nothing but minutes."""
    if text.word(i) == "half":
        return 30, i + 1, True
    if text.word(i) == "quarter":
        return 15, i + 1, True
    number = text.number(i, 1, 29)
    if number is None:
        return None, i, False
    if text.word(i + 1) in ("minutes", "minute", "min", "mins"):
        return number, i + 2, True
    past = text.word(i + 1) in ("past", "after", "gone")
    plain = past or text[i].spelled or number in (20, 25) or text.word(i - 1) in ("at", "by")
    return (number, i + 1, past or number in (20, 25)) if plain and number % 5 == 0 else (None, i, False)


def minutes_of(hour: Hour, part: Part | None, about: str = "") -> list[int]:
    """The minutes of the day that a clock time can mean, the likelier one first. More than 24:00 is the next day."""
    if hour.sure:
        return _sure(hour.minutes, part)
    face, minute = divmod(hour.minutes, 60)
    if part is not None:
        return [_in_part(face, part) * 60 + minute] if face <= 12 else []
    titles = set(about.lower().split())
    if face in range(4, 12) and titles & _MORNING_TITLES:
        return [hour.minutes]
    if face in range(4, 12) and titles & _EVENING_TITLES:
        return [hour.minutes + NOON]
    if face == 12:
        return [hour.minutes]
    if face <= 6:
        return [hour.minutes + NOON]
    return [hour.minutes, hour.minutes + NOON]


def _sure(minutes: int, part: Part | None) -> list[int]:
    if part is None:
        return [minutes]
    if part.name == "night" and minutes < 6 * 60:
        return [minutes + MIDNIGHT]
    start = 0 if part.name in ("morning", "early") else part.start - 120
    fits = start <= minutes <= part.end or part.start == part.end
    return [minutes] if fits else []


def _in_part(face: int, part: Part) -> int:
    if part.name in ("morning", "early"):
        return face % 12
    if part.name == "lunch":
        return face if face >= 11 else face + 12
    if part.name == "night" and (face == 12 or face < 5):
        return face % 12 + 24
    if part.name == "evening" and face == 12:
        return 24
    return face % 12 + 12
