"""Bounds on moments, with one end open or now: before, since, by, "tomorrow after 5", "older than a year"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from nearhand.agent.resolve.when.civil import DAY, later, local, shift_moment
from nearhand.agent.resolve.when.days import Days, Frame
from nearhand.agent.resolve.when.lengths import lengths
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.range import is_edge
from nearhand.agent.resolve.when.types import Reading, Readings
from nearhand.agent.resolve.when.words import Phrases, Text
from nearhand.connectors.base import Span

_BOUNDS = Phrases({
    "before": "before", "prior to": "before", "ahead of": "before", "earlier than": "before", "older than": "older",
    "preceding": "before", "not after": "until", "up until": "until", "up to": "until", "until": "until",
    "till": "until",
    "til": "until", "through": "until", "thru": "until", "by": "by", "no later than": "by", "not later than": "by",
    "due by": "by", "due": "by", "at latest by": "by", "after": "after", "later than": "after", "past": "after",
    "newer than": "newer", "more recent than": "newer", "younger than": "newer", "since": "since",
    "ever since": "since",
    "from": "from", "starting": "from", "starting from": "from", "starting on": "from", "beginning": "from",
    "as of": "from", "as from": "from", "not before": "from", "no earlier than": "from", "not older than": "newer",
    "no older than": "newer", "from now until": "until", "between now and": "until", "from now to": "until",
    "more than": "older", "over": "older", "less than": "newer", "within last": "newer", "at least": "older",
    "starting at": "from", "anytime after": "after", "any time after": "after", "anytime before": "before",
    "any time before": "before", "at earliest": "from", "earlier": "earlier", "this side of": "before",
    "everything after": "after", "anything after": "after", "everything before": "before",
    "anything before": "before", "any day before": "before", "any day after": "after",
})  # fmt: skip


def bounded(text: Text, frame: Frame) -> Iterator[Readings]:
    """Yield the readings of the whole text as a stretch with one end."""
    for bound, i in _BOUNDS.match(text, 0):
        for moment, j in moments(text, i, frame.clock):
            end = j + (text.word(j) in ("onwards", "onward", "on", "forward") and bound in ("from", "after"))
            end += text.word(end) == "at" and text.word(end + 1) == "latest"
            end += text.word(end) in ("latest", "inclusive")
            if end == text.length:
                yield _bound_readings(bound, moment, frame)
    for moment, i in moments(text, 0, frame.clock):
        yield from _after_day(text, i, moment, frame)


def _after_day(text: Text, i: int, moment: Moment, frame: Frame) -> Iterator[Readings]:
    """The bound behind the day: "tomorrow after 5"; and "Monday onwards", "the 3rd or later"."""
    if text.word(i) in ("onwards", "onward") and i + 1 == text.length:
        yield _bound_readings("from", moment, frame)
    for tail, bound in (("and later", "from"), ("or later", "from"), ("or earlier", "by"), ("at latest", "by")):
        if text.phrase(i, tail) == text.length:
            yield _bound_readings(bound, moment, frame)
    if moment.days and moment.hour is None:
        for bound, j in _BOUNDS.match(text, i):
            for clock, end in moments(text, j, frame.clock):
                if end == text.length and clock.clocked and not clock.days and not (moment.part and clock.part):
                    inside = replace(clock, days=moment.days, part=moment.part or clock.part, clock_first=True)
                    yield _within(moment, _bound_readings(bound, inside, frame), frame)


def _within(moment: Moment, found: Readings, frame: Frame) -> Readings:
    """What a bound leaves of the part of the day that was said with it: "tomorrow morning after 9"."""
    if moment.part is None or len(found) != 1:
        return found
    (whole, *_), span = (*place(moment, frame), *found), found[0].span
    starts = [m for m in (whole.span.start, span.start) if m is not None]
    ends = [m for m in (whole.span.end, span.end) if m is not None]
    start, end = max(starts), min(ends)
    return (replace(found[0], span=Span(start, end, span.grain)),) if start < end else ()


def _bound_readings(bound: str, moment: Moment, frame: Frame) -> Readings:
    backward = bound in ("since", "older", "newer", "earlier")
    if backward and frame.prefer != "past":
        frame = replace(frame, prefer="past")
    exact = replace(moment, days=tuple(_pointed(d) for d in moment.days))
    found = []
    for reading in place(exact, frame):
        span = _bounded_span(bound, reading.span, moment, frame)
        if span is not None:
            found.append(replace(reading, span=span, approximate=moment.approximate))
    return tuple(found)


def _pointed(days: Days) -> Days:
    return replace(days, at=days.point, grain="day", kind="day", approximate=False) if days.point else days


def _bounded_span(bound: str, span: Span, moment: Moment, frame: Frame) -> Span | None:
    start, end = span.start, span.end
    assert start is not None and end is not None
    now, whole = frame.clock.now, end - start
    inside = moment.clock_first and moment.clocked
    day = start.date()
    opening = local(day, 0, frame.clock.zone) if inside else None
    closing = local(day + DAY, 0, frame.clock.zone) if inside else None
    if bound in ("before", "older", "earlier"):
        return Span(opening, end if is_edge(moment) else start, span.grain)
    if bound in ("after", "newer"):
        return Span(end, closing, span.grain)
    if bound == "from":
        return span if frame.prefer == "past" and not moment.clocked else Span(start, closing, span.grain)
    if bound == "since":
        return Span(start, now, span.grain) if start <= now else None
    limit = end if moment.clocked or whole <= timedelta(days=1, hours=1) or is_edge(moment) else start
    first = now if frame.prefer == "future" and now < limit else opening
    return Span(first, limit, span.grain)


def aged(text: Text, frame: Frame) -> Iterator[Readings]:
    """Yield the readings of the whole text as an age: older than a year, more than two weeks ago."""
    for bound, i in _BOUNDS.match(text, 0):
        if bound in ("older", "newer", "before", "after"):
            yield from _of_age(text, i, bound, frame)


def _of_age(text: Text, i: int, bound: str, frame: Frame) -> Iterator[Readings]:
    for length, j in lengths(text, i):
        tail = text.word(j) in ("ago", "old")
        named = text.word(i - 1) == "than" and text.word(i - 2) in ("older", "newer", "younger", "recent")
        if j + tail != text.length or not (tail or named) or (bound in ("before", "after") and text.word(j) != "old"):
            continue
        edge = later(shift_moment(frame.clock.now, length.shift, -1), timedelta())
        grain = "minute" if length.exact else {"fortnight": "week", "quarter": "month"}.get(length.unit, length.unit)
        yield (Reading(Span(None, edge, grain) if bound == "older" else Span(edge, frame.clock.now, grain)),)
