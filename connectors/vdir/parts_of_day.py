"""The hours that a whole part of the day stands for when something is put into it: nobody means 6 in the morning.

Looking for something goes on meaning the whole part. Shown on the card like any time, so that it can be put right.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo

from nearhand.connectors.base import Span

_USUAL = {(6, 12): (9, 12), (12, 18): (13, 17), (18, 0): (18, 22)}
"""Morning, afternoon and evening, from hour to hour."""


def usual_hours(span: Span, zone: tzinfo) -> Span:
    """The usual hours where a whole morning, afternoon or evening was said; any other span as it is."""
    if span.grain != "part" or span.start is None or span.end is None:
        return span
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    hours = _USUAL.get((start.hour, end.hour)) if start.minute == end.minute == 0 else None
    if hours is None:
        return span
    return replace(span, start=_at(start, hours[0]), end=_at(start, hours[1]))


def inside(moment: datetime, span: Span, zone: tzinfo) -> bool:
    """Whether the time of day of a moment lies in the part of the day that a span is."""
    if span.start is None or span.end is None:
        return False
    start, end, clock = (time.astimezone(zone).time() for time in (span.start, span.end, moment))
    return start <= clock < end if start < end else clock >= start or clock < end


def _at(day: datetime, hour: int) -> datetime:
    return day.replace(hour=hour, minute=0)
