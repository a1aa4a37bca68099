"""Parts of the day ("this evening", "after lunch", "dusk") in minutes after midnight; clock times live in `clock.py`.

Where the sun stands is known only loosely: dawn and dusk are stretches that hold both of most places and seasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.when.words import Phrases, Text


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
_BREAKFAST, _SUPPER = _part("morning", 7, 9), _part("evening", 18, 20)
SUN = (("dawn", "crack of dawn", "sunrise", "sunup", "daybreak", "1th light", "break of day"),
       ("dusk", "sunset", "sundown", "nightfall"))  # fmt: skip
"""What the sun decides: a stretch to look in, but no hour to be woken at."""
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
    "breakfast time": _BREAKFAST, "dinner time": _part("evening", 18, 20),
    "dinnertime": _part("evening", 18, 20), "teatime": _part("evening", 16, 18), "tea time": _part("evening", 16, 18),
    "early": _part("early", 6, 9, True), "forenoon": MORNING, "am": MORNING, "pm": _AFTERNOON,
    "breakfast": _BREAKFAST, "after breakfast": _part("morning", 9, 10, True),
    "before breakfast": _part("morning", 6, 7, True), "elevenses": _part("morning", 10.5, 11.5, True),
    "just before lunch": _part("morning", 11, 12, True), "lunch hour": _part("lunch", 12, 14),
    "lunch break": _part("lunch", 12, 14), "suppertime": _SUPPER, "supper time": _SUPPER, "supper": _SUPPER,
    "after supper": _part("evening", 20, 22, True),
    **{f"{when}after lunch": _part("afternoon", 13, 14, True) for when in ("just ", "right ", "straight ")},
    "post lunch": _part("afternoon", 13, 15, True), "after dark": _part("night", 18, 24, True),
    **dict.fromkeys(SUN[0], _part("morning", 5, 9, True)), **dict.fromkeys(SUN[1], _part("evening", 16, 22, True)),
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
    if text.word(i) in ("early", "late") and text.word(i - 1) == part.name:  # "this morning early"
        yield from ((found, i + 1) for found, end in _PARTS.match(Text((text[i], text[i - 1])), 0) if end == 2)


def _working(text: Text, i: int, clock: Clock) -> Iterator[tuple[Part, int]]:
    start, end = _minutes(clock.work_start), _minutes(clock.work_end)
    named = {
        "start": Part("morning", start, start, True), "end": Part("end of day", end, end, True),
        "hours": Part("work", start, end), "after": Part("evening", end, 22 * 60, True),
        "before": Part("morning", 6 * 60, start, True),
    }  # fmt: skip
    for kind, j in _WORK.match(text, i):
        yield named[kind], j
