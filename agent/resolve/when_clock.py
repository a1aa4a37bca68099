"""Grammar of clock times and parts of the day: "half seven", "five oh five", "quarter to 3pm", "this evening".

A bare hour is read by working habits: 1 to 6 and 12 are afternoon, 7 to 11 are morning; a word of the day's part, or a
title such as "dinner", decides otherwise. "07:30", "19:30" and "7pm" are sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time

from nearhand.agent.resolve.when_types import Clock
from nearhand.agent.resolve.when_words import Phrases, Text

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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day from `start` to `end`, minutes after midnight; an instant where they are equal."""

    name: str
    start: int
    end: int
    approximate: bool = False


def _part(name: str, start: float, end: float, approximate: bool = False) -> Part:
    return Part(name, int(start * 60), int(end * 60), approximate)


MORNING, _AFTERNOON, _DUSK = _part("morning", 6, 12), _part("afternoon", 12, 18), _part("evening", 18, 24)
_NIGHT = _part("night", 18, 24)
LAST_NIGHT = _part("night", 18, 30)
_PARTS = Phrases({
    "morning": MORNING, "early morning": _part("morning", 5, 9), "early in morning": _part("morning", 5, 9),
    "late morning": _part("morning", 10, 12), "mid morning": _part("morning", 9, 11, True),
    "afternoon": _AFTERNOON, "early afternoon": _part("afternoon", 12, 15),
    "late afternoon": _part("afternoon", 15, 18),
    "mid afternoon": _part("afternoon", 14, 16, True), "late in afternoon": _part("afternoon", 15, 18),
    "evening": _DUSK, "early evening": _part("evening", 17, 20), "late evening": _part("evening", 21, 24),
    "late in evening": _part("evening", 21, 24), "night": _NIGHT, "late night": _part("night", 21, 24),
    "late at night": _part("night", 21, 24), "overnight": LAST_NIGHT, "late": _part("late", 21, 24, True),
    "lunchtime": _part("lunch", 12, 14), "lunch time": _part("lunch", 12, 14), "lunch": _part("lunch", 12, 14),
    "after lunch": _part("afternoon", 13, 15, True), "before lunch": _part("morning", 10, 12, True),
    "breakfast time": _part("morning", 7, 9), "dinner time": _part("evening", 18, 20),
    "dinnertime": _part("evening", 18, 20), "teatime": _part("evening", 16, 18), "tea time": _part("evening", 16, 18),
    "early": _part("early", 6, 9, True), "forenoon": MORNING, "am": MORNING, "pm": _AFTERNOON,
})  # fmt: skip
_WORKING = {
    "start": ("1th thing", "1th thing in morning", "start of day", "start of work", "start of business",
              "beginning of day"),
    "end": ("end of day", "end of business", "close of business", "end of play", "close of play", "eod", "cob",
            "end of work", "end of working day", "end of workday", "close of day"),
    "hours": ("work hours", "working hours", "business hours", "office hours", "work day", "workday", "working day"),
    "after": ("after work", "after hours"), "before": ("before work",),
}  # fmt: skip
_WORK = Phrases({name: kind for kind, names in _WORKING.items() for name in names})
_POINTS = Phrases({"noon": NOON, "12 noon": NOON, "high noon": NOON, "midnight": MIDNIGHT, "12 midnight": MIDNIGHT,
                   "12 at night": MIDNIGHT})  # fmt: skip
_MERIDIEM = Phrases({"am": 0, "pm": 12, "a m": 0, "p m": 12, "a": 0, "p": 12})
_EVENING = (
    "dinner supper drinks pub party concert gig cinema movie movies film theatre theater opera play bar evening date "
    "night cocktails choir"
)
_EVENING_TITLES = frozenset(_EVENING.split())
_MORNING_TITLES = frozenset(("breakfast", "brunch", "morning", "sunrise", "run", "jog", "wake", "commute"))


def parts(text: Text, i: int, clock: Clock) -> Iterator[tuple[Part, int]]:
    """Yield every part of the day that begins here."""
    yield from _working(text, i, clock)
    yield from _PARTS.match(text, i)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def refined(part: Part, text: Text, i: int) -> Iterator[tuple[Part, int]]:
    """The part that "early" or "late", said before, makes of the one that stands here ("late on Friday afternoon")."""
    if part.name in ("early", "late"):
        for word in ("morning", "afternoon", "evening"):
            if text.word(i) == word:
                whole = Text((text[i]._replace(text=part.name), text[i]))
                yield from ((found, i + 1) for found, end in _PARTS.match(whole, 0) if end == 2)


def _working(text: Text, i: int, clock: Clock) -> Iterator[tuple[Part, int]]:
    start, end = _minutes(clock.work_start), _minutes(clock.work_end)
    named = {
        "start": Part("morning", start, start, True), "end": Part("end of day", end, end, True),
        "hours": Part("work", start, end), "after": Part("evening", end, 22 * 60, True),
        "before": Part("morning", 6 * 60, start, True),
    }  # fmt: skip
    for kind, j in _WORK.match(text, i):
        yield named[kind], j


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
    if token.kind in ("t", "f"):
        yield from _figures(token.text, i)
    if token.kind != "n":
        return
    minute = text.number(i + 1, 0, 59)
    if text.word(i + 1) == "h" and text.word(i - 1) not in ("in", "for", "within", "after"):
        yield from _french(text, i)
    if token.value <= 24 and minute is not None and (minute >= 10 or len(text.word(i + 1)) == 2):
        yield _hour(token.value, minute), i + 2
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
    marked = text.word(i + 1) in ("am", "pm") or text.word(i - 1) == "at"
    if marked or (not 1900 <= token.value <= 2100 and (token.spelled or len(token.text) == 4)):
        yield _hour(hour, minute, len(token.text) == 4), i + 1


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
