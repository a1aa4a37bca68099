"""Finds free time: whether a time is free, or the stretches of working time that no event takes.

What it found are spans, so that a later step can fill them; a time that is taken is nothing found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from nearhand.agent.asking import QuestionError, describe
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.reply import Result
from nearhand.agent.resolve.selecting import span_of, tell
from nearhand.agent.resolve.when import spans as times
from nearhand.agent.search.query import Query
from nearhand.connectors.base import Item, Span


def free(words: Words) -> tuple[str, Result, Found]:
    """Free stretches of a time, or whether a time is free."""
    home = words.home
    length = _length(words)
    span = span_of(words) or Span(home.clock.now, home.clock.now + timedelta(days=7), "week")
    busy = [i for i in home.find(Query(area="calendar", span=span)) if not i.all_day and i.when]
    if span.instant or (span.grain in ("minute",) and length is None):
        if busy:
            clash = ", ".join(describe(item) for item in busy)
            return f"No, you have {clash}.", Result("calendar.free", tuple(busy)), Found()
        return f"Yes, you are free {tell(span)}.", Result("calendar.free"), Found(spans=(span,))
    one = words.enum("which") in ("first", "next")
    least = length or timedelta(hours=1 if one else 0.5)
    gaps = _gaps(home.clock, span, busy, least)
    if one:
        gaps = [Span(gap.start, gap.start + least, "minute") for gap in gaps[:1] if gap.start]
    lines = tuple(tell(gap) for gap in gaps)
    if not gaps:
        return f"There is no free time {tell(span)}.", Result("calendar.free", tuple(busy)), Found()
    return f"You are free {lines[0]}" + (f" and {len(lines) - 1} more times." if len(lines) > 1 else "."), Result(
        "calendar.free", lines=lines), Found(spans=tuple(gaps))  # fmt: skip


def _length(words: Words) -> timedelta | None:
    """How long the free time must be, if that was said; "hour" is one hour."""
    said = words.quote("for")
    length = times.duration(said) or times.duration(f"one {said}") if said else None
    if said and length is None:
        raise QuestionError("for", f"How long is “{said}”?")
    return length


def _gaps(clock: times.Clock, span: Span, busy: Sequence[Item], least: timedelta) -> list[Span]:
    """Stretches of working time inside `span` that no event takes, at least so long."""
    start = max(span.start or clock.now, clock.now)
    end = span.end or start + timedelta(days=7)
    out: list[Span] = []
    day = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < end and len(out) < 20:
        opens, closes = _hours(clock, day, span)
        at = max(start, opens)
        for item in sorted((i for i in busy if i.when), key=lambda i: i.when or start):
            assert item.when
            if item.when < closes and (item.end or item.when) > at:
                if item.when - at >= least:
                    out.append(Span(at, item.when, "minute"))
                at = max(at, item.end or item.when)
        if min(closes, end) - at >= least:
            out.append(Span(at, min(closes, end), "minute"))
        day = (day + timedelta(days=1)).replace(hour=0)
    return out


def _hours(clock: times.Clock, day: datetime, span: Span) -> tuple[datetime, datetime]:
    if span.grain in ("minute", "part") and span.start and span.end:
        return span.start, span.end
    return (
        day.replace(hour=clock.work_start.hour, minute=clock.work_start.minute),
        day.replace(hour=clock.work_end.hour, minute=clock.work_end.minute),
    )
