"""Ranges over moments: "from 3 to half past 4", "Friday for three days", "from Monday to now"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from nearhand.agent.resolve.when.civil import local, shift_moment
from nearhand.agent.resolve.when.clock import MIDNIGHT, Hour, minutes_of
from nearhand.agent.resolve.when.days import Frame
from nearhand.agent.resolve.when.lengths import Length, lengths
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.types import Reading, Readings
from nearhand.agent.resolve.when.words import Text
from nearhand.connectors.base import Span

TO = frozenset(("to", "until", "till", "til", "through", "thru", "upto"))
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
    if not (middle in TO or (middle == "and" and word == "between")):
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
    if right.exact is not None:
        return _until_now(left, right, frame)
    if left.clocked and not right.clocked and not (right.days and right.days[0].grain == "day"):
        return ()
    if left.days and not left.clocked and right.clocked and not right.days and left.days[0].grain != "day":
        return ()
    if left.clocked and right.clocked and not (left.days and right.days):
        return _clocks(left, right, frame)
    starts = place(left, replace(frame, prefer="future") if left.exact else frame)
    found: list[Reading] = []
    for start in starts if len(starts) < 2 or not _is_weekday(left) else starts[:1]:
        found.extend(_ended(start, right, frame))
    if not found and frame.prefer == "future" and any(d.kind == "day" for d in right.days):  # "1 August to today"
        return between(left, right, replace(frame, prefer="past"))
    return tuple(found)


def _until_now(left: Moment, right: Moment, frame: Frame) -> Readings:
    """From the latest Monday to now."""
    assert right.exact is not None
    now = right.exact.at(frame.clock)
    if left.exact is not None or not now.instant or now.start != frame.clock.now:
        return ()
    starts = place(left, replace(frame, prefer="past"))[:1]
    return tuple(Reading(Span(r.span.start, now.end, r.span.grain), r.approximate)
                 for r in starts if r.span.start is not None and r.span.start < frame.clock.now)  # fmt: skip


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
    if coarser and not right.clocked and not is_edge(right):
        return reading.span.start
    return reading.span.end


def is_edge(moment: Moment) -> bool:
    """Whether it names the end of something longer, which a range then takes in."""
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
