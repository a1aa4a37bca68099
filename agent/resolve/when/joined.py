"""Two days told together: "Thursday and Friday" is the stretch of both where they touch; "this time tomorrow".

Days with a gap between them are two times, which one span cannot hold: they are not understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nearhand.agent.resolve.when.civil import DAY, local
from nearhand.agent.resolve.when.days import Frame
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.types import Reading, Readings
from nearhand.agent.resolve.when.words import Text
from nearhand.connectors.base import Span


def joined(text: Text, frame: Frame) -> Iterator[Readings]:
    """Yield the readings of the whole text as days joined by "and"."""
    words = [token.text for token in text.tokens]
    if words.count("and") != 1:
        return
    middle = words.index("and")
    left, right = Text(text.tokens[:middle]), Text(text.tokens[middle + 1 :])
    for first in _days_only(left, frame):
        for second in _days_only(right, frame):
            yield tuple(both for start in place(first, frame) for both in _together(start, second, frame))


def _days_only(text: Text, frame: Frame) -> Iterator[Moment]:
    for moment, end in moments(text, 0, frame.clock):
        if end == text.length and moment.days and not moment.clocked and not moment.all_day:
            yield moment


def _together(start: Reading, second: Moment, frame: Frame) -> Iterator[Reading]:
    first = start.span
    if first.start is None or first.end is None:
        return
    onward = replace(frame, prefer="future", anchor=first.end.date())
    for reading in place(second, onward):
        if reading.span.start == first.end and reading.span.grain == first.grain:
            yield Reading(Span(first.start, reading.span.end, first.grain), start.approximate or reading.approximate)


def this_time(text: Text, frame: Frame) -> Iterator[Readings]:
    """Yield "this time tomorrow" and "this time next week": the clock as it is now, on another day."""
    if text.phrase(0, "this time") is None:
        return
    now = frame.clock.now
    for moment in _days_only(Text(text.tokens[2:]), frame):
        for reading in place(moment, frame):
            first, after = reading.span.start, reading.span.end
            if first is None or after is None or (after - first) > 8 * DAY:
                continue
            ahead = (now.weekday() - first.weekday()) % 7 if (after - first) > 2 * DAY else 0
            there = local(first.date() + ahead * DAY, now.hour * 60 + now.minute, frame.clock.zone)
            yield (Reading(Span(there, there, "minute")),)
