"""Times in words, read exactly or not at all: "Friday week at half seven", "since March", "between 2 and 4".

The resolver's front door. `prefer` settles which occurrence an open phrase means:
    future   the next one that is not over
    past     the latest one that has begun
    near     the closest one, or the one that is now
Conventions that people should know: a bare hour follows working habits (see `clock.py`); "next Friday" is the Friday
of next week; "by" and "until" include a named day but stop where a named week, month or year begins, and start now
under `future`; "since" ends now; "before" and "after" stay inside the day when a clock time follows them ("after 5
tomorrow"); a single weekday that is today's has two readings, and so has "at 8" once 8 in the morning is over.
Words that are not understood make the answer empty: nothing is guessed, and nothing is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from nearhand.agent.resolve.when.amount import amount
from nearhand.agent.resolve.when.bounds import aged, bounded
from nearhand.agent.resolve.when.days import Frame
from nearhand.agent.resolve.when.joined import joined, this_time
from nearhand.agent.resolve.when.lasting import lasting
from nearhand.agent.resolve.when.lengths import all_day, duration
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.moved import moved
from nearhand.agent.resolve.when.often import question
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.range import ranges
from nearhand.agent.resolve.when.remind import reminder
from nearhand.agent.resolve.when.repeat import repeat
from nearhand.agent.resolve.when.types import Clock, Prefer, Reading, Readings, Repeat
from nearhand.agent.resolve.when.untouched import plain
from nearhand.agent.resolve.when.words import LONGEST, Text, tokens

__all__ = [
    "Clock", "Prefer", "Reading", "Readings", "Repeat", "all_day", "amount", "duration", "lasting", "moved",
    "question", "reminder", "repeat", "span", "spans",
]  # fmt: skip


def span(text: str, clock: Clock, prefer: Prefer = "future", about: str = "") -> Readings:
    """Every sensible reading of a time expression; `about` (a title such as "dinner") may settle morning or evening."""
    return _read(Text(tokens(plain(text))), Frame(clock, prefer, clock.today, about))


def spans(parts: Sequence[str], clock: Clock, prefer: Prefer = "future", about: str = "") -> Readings:
    """The readings of several quotes of one request taken together ("Tuesday" and "at noon"), in any order."""
    for order in permutations(parts) if len(parts) <= 4 else [tuple(parts)]:
        found = span(" ".join(order), clock, prefer, about)
        if found:
            return found
    return ()


def _read(text: Text, frame: Frame) -> Readings:
    if not 0 < text.length <= LONGEST:
        return ()
    for readings in aged(text, frame):
        return readings
    found, doubtful = _plain(text, frame)
    if found and not doubtful:
        return found
    for rule in (ranges, bounded, _alternatives, joined, this_time):
        for readings in rule(text, frame):
            if readings:
                return tuple(dict.fromkeys((*found, *readings)))
    return found


def _plain(text: Text, frame: Frame) -> tuple[Readings, bool]:
    """The text as one moment, and whether it might be a range as well ("ten to four")."""
    for moment, end in moments(text, 0, frame.clock):
        if end == text.length:
            readings = place(moment, frame)
            if readings:
                return readings, moment.hour is not None and moment.hour.or_range
    return (), False


def _alternatives(text: Text, frame: Frame) -> Iterator[Readings]:
    """This or that: both, sharing the day or the clock time that only one of them has."""
    words = [token.text for token in text.tokens]
    if words.count("or") != 1:
        return
    middle = words.index("or")
    left, right = (Text(text.tokens[:middle]), Text(text.tokens[middle + 1 :]))
    for a, i in moments(left, 0, frame.clock):
        for b, j in moments(right, 0, frame.clock):
            if i == left.length and j == right.length:
                first, second = _shared(a, b), _shared(b, a)
                yield (*place(first, frame), *place(second, frame))


def _shared(one: Moment, other: Moment) -> Moment:
    if one.clocked and not one.days:
        return replace(one, days=other.days)
    if one.days and not one.clocked:
        return replace(one, hour=other.hour, part=other.part, zone=other.zone, zone_name=other.zone_name)
    return one
