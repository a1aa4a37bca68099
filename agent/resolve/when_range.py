"""Bounds and ranges over moments: before, since, by, "from 3 to half past 4", "Friday for three days"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from nearhand.agent.resolve.when_civil import DAY, later, local, shift_moment
from nearhand.agent.resolve.when_clock import MIDNIGHT, Hour, minutes_of
from nearhand.agent.resolve.when_days import Days, Frame
from nearhand.agent.resolve.when_lengths import Length, lengths
from nearhand.agent.resolve.when_moment import Moment, moments
from nearhand.agent.resolve.when_place import place
from nearhand.agent.resolve.when_types import Reading, Readings
from nearhand.agent.resolve.when_words import Phrases, Text
from nearhand.connectors.base import Span

_TO = frozenset(("to", "until", "till", "til", "through", "thru", "upto"))
"""Words and the dash (whose text is "to") between the ends of a range."""


def ranges(text: Text, frame: Frame) -> Iterator[Readings]:
    """Yield the readings of the whole text as a range."""
    for lead, i in _lead(text, frame):
        word = text.word(i)
        opened = word in ("from", "between", "starting", "beginning")
        for left, j in moments(text, i + opened, frame.clock):
            yield from _closed(text, j, lead, left, word, frame)
            yield from _lasting(text, j, _merge(lead, left), frame)


def _lead(text: Text, frame: Frame) -> Iterator[tuple[Moment, int]]:
    """Days that stand before the range: "tomorrow from 3 to 5"."""
    yield Moment(), 0
    for lead, i in moments(text, 0, frame.clock):
        if lead.days and not lead.clocked and text.word(i) in ("from", "between"):
            yield lead, i


def _closed(text: Text, i: int, lead: Moment, left: Moment, word: str, frame: Frame) -> Iterator[Readings]:
    middle = text.word(i)
    if not (middle in _TO or (middle == "and" and word == "between")):
        return
    i += 1 + (text.word(i + 1) in ("and", "including"))
    for right, end in moments(text, i, frame.clock):
        if end + (text.word(end) in ("inclusive", "included")) == text.length:
            yield between(_merge(lead, left), right, frame)


def _merge(lead: Moment, moment: Moment) -> Moment:
    return replace(moment, days=lead.days) if lead.days and not moment.days else moment


def _lasting(text: Text, i: int, left: Moment, frame: Frame) -> Iterator[Readings]:
    """A start and a length: "from 3 for two hours"."""
    if text.word(i) != "for" and text.word(i) != "lasting":
        return
    for length, end in lengths(text, i + 1):
        if end == text.length:
            yield tuple(_lengthened(reading, length) for reading in place(left, frame))


def _lengthened(reading: Reading, length: Length) -> Reading:
    start = reading.span.start
    assert start is not None
    return replace(reading, span=Span(start, shift_moment(start, length.shift), reading.span.grain))


def between(left: Moment, right: Moment, frame: Frame) -> Readings:
    """The stretch from one moment to the other; days and halves of the day said once hold for both."""
    if right.exact is not None or (left.clocked and not right.clocked and not right.days):
        return ()
    if left.clocked and right.clocked and not (left.days and right.days):
        return _clocks(left, right, frame)
    if left.clocked and not right.clocked:
        return ()
    starts = place(left, replace(frame, prefer="future") if left.exact else frame)
    found: list[Reading] = []
    for start in starts if len(starts) < 2 or not _is_weekday(left) else starts[:1]:
        found.extend(_ended(start, right, frame))
    return tuple(found)


def _is_weekday(moment: Moment) -> bool:
    return bool(moment.days) and moment.days[0].kind == "weekday"


def _ended(start: Reading, right: Moment, frame: Frame) -> Iterator[Reading]:
    first = start.span.start
    assert first is not None
    onward = replace(frame, prefer="future", anchor=first.date())
    for reading in place(right, onward)[:1]:
        end = _last(reading, right, start.span.grain)
        if end is not None and end > first:
            yield Reading(Span(first, end, start.span.grain), start.approximate or reading.approximate)


def _last(reading: Reading, right: Moment, grain: str) -> datetime | None:
    """The end of a range: what is named is included, unless it is much longer than what the range began with."""
    coarser = grain in ("minute", "day") and reading.span.grain in ("month", "year")
    if coarser and not right.clocked and not _edge(right):
        return reading.span.start
    return reading.span.end


def _edge(moment: Moment) -> bool:
    return any(d.kind == "edge end" for d in moment.days)


def _clocks(left: Moment, right: Moment, frame: Frame) -> Readings:
    """Two clock times on one day: 3 to half past 4, 10 to 2pm, 11pm to 1."""
    days = left.days or right.days
    whole = replace(left, days=days, zone=left.zone or right.zone, zone_name=left.zone_name or right.zone_name)
    if left.hour is None or right.hour is None:
        return _parts(whole, replace(right, days=days), frame)
    pair = _paired(left.hour, right.hour, left, right, frame)
    if pair is None:
        return ()
    start, end = pair
    if days and start == MIDNIGHT:
        start, end = 0, end % MIDNIGHT
    found = _stretched(whole, start, end, right.approximate, frame)
    noon = MIDNIGHT // 2
    doubtful = not days and not (left.hour.sure or right.hour.sure or left.part or right.part or frame.about)
    if doubtful and start >= 7 * 60 and end <= noon and found and _date(found[0]) > frame.clock.today:
        return (*_stretched(whole, start + noon, end + noon, right.approximate, frame), *found)  # "8 till 9" at ten
    return found


def _stretched(moment: Moment, start: int, end: int, loose: bool, frame: Frame) -> Readings:
    sure = replace(moment, hour=Hour(start % MIDNIGHT, sure=True), part=None)
    return tuple(
        replace(r, span=Span(r.span.start, _after(r.span.start, start, end), "minute"),
                approximate=r.approximate or loose)
        for r in place(sure, frame) if r.span.start is not None
    )  # fmt: skip


def _after(start: datetime, first: int, last: int) -> datetime:
    assert start.tzinfo is not None
    minutes = start.hour * 60 + start.minute + (last - first) % MIDNIGHT
    return local(start.date(), minutes, start.tzinfo)


def _parts(left: Moment, right: Moment, frame: Frame) -> Readings:
    """From morning to evening, noon till night."""
    return tuple(
        Reading(Span(a.span.start, b.span.end, "part"), a.approximate or b.approximate)
        for a in place(left, frame)[:1]
        for b in place(right, replace(frame, anchor=_date(a)))[:1]
        if a.span.start and b.span.end and a.span.start < b.span.end
    )


def _date(reading: Reading) -> date:
    assert reading.span.start is not None
    return reading.span.start.date()


def _paired(a: Hour, b: Hour, left: Moment, right: Moment, frame: Frame) -> tuple[int, int] | None:
    """Minutes of both ends; the sure one decides the other, which lies as close as it can."""
    part = left.part or right.part
    starts, ends = minutes_of(a, left.part or part, frame.about), minutes_of(b, right.part or part, frame.about)
    if a.relative or b.relative or not starts or not ends:
        return None
    half = MIDNIGHT // 2
    free_start = not a.sure and part is None
    free_end = not b.sure and right.part is None
    if free_start and not free_end:
        end = ends[0]
        options = [m for m in (a.minutes % half, a.minutes % half + half) if m < end]
        return (max(options) if options else a.minutes % half + half), end
    start = starts[0]
    if free_end:
        face = b.minutes % half
        return start, next(m for m in (face, face + half, face + 2 * half, face + 3 * half) if m > start)
    return start, ends[0]


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
    "any time before": "before", "at earliest": "from", "earlier": "earlier",
})  # fmt: skip


def bounded(text: Text, frame: Frame) -> Iterator[Readings]:
    """Yield the readings of the whole text as a stretch with one end."""
    for bound, i in _BOUNDS.match(text, 0):
        for moment, j in moments(text, i, frame.clock):
            end = j + (text.word(j) in ("onwards", "onward", "on", "forward") and bound in ("from", "after"))
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
    if moment.days and not moment.clocked:
        for bound, j in _BOUNDS.match(text, i):
            for clock, end in moments(text, j, frame.clock):
                if end == text.length and clock.clocked and not clock.days:
                    yield _bound_readings(bound, replace(clock, days=moment.days, clock_first=True), frame)


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
        return Span(opening, end if _edge(moment) else start, span.grain)
    if bound in ("after", "newer"):
        return Span(end, closing, span.grain)
    if bound == "from":
        return span if frame.prefer == "past" and not moment.clocked else Span(start, closing, span.grain)
    if bound == "since":
        return Span(start, now, span.grain) if start <= now else None
    limit = end if moment.clocked or whole <= timedelta(days=1, hours=1) or _edge(moment) else start
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
