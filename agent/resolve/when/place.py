"""Places a moment on the calendar: every span it can mean, then the ones that the preferred direction leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from itertools import product

from nearhand.agent.resolve.when.civil import DAY, Stretch, day_of, doubled, local, skipped
from nearhand.agent.resolve.when.clock import MIDNIGHT, minutes_of
from nearhand.agent.resolve.when.days import Days, Frame
from nearhand.agent.resolve.when.moment import Moment
from nearhand.agent.resolve.when.parts import MORNING
from nearhand.agent.resolve.when.types import Reading, Readings
from nearhand.connectors.base import Span

_SINGLE = timedelta(days=1)
_YEAR, _SEASON = timedelta(days=370), timedelta(days=100)


def place(moment: Moment, frame: Frame) -> Readings:
    """Every sensible reading of a moment; empty where its parts contradict one another."""
    if moment.exact is not None:
        return (Reading(moment.exact.at(frame.clock), moment.approximate),)
    variants = [replace(moment, days=days) for days in product(*((d.either or (d,)) for d in moment.days))]
    found = [reading for variant in variants for reading in _placed(variant, frame)]
    if not found and len(moment.days) > 1:  # "Friday 20 November" named by its weekday may lie the other way
        near = replace(frame, prefer="near")
        found = [r for variant in variants for r in _placed(variant, near) if _is_near(r, frame)]
    return tuple(dict.fromkeys(found))


def _is_near(reading: Reading, frame: Frame) -> bool:
    return abs(_start(reading.span) - frame.clock.now) < _SEASON


def _placed(moment: Moment, frame: Frame) -> Iterator[Reading]:
    stretches, open_days = _stretches(moment, frame)
    candidates = [c for s in stretches for c in _spans(moment, s, frame)]
    loose = moment.approximate or _loose(moment)
    for span in _pick(candidates, moment, frame, open_days):
        yield Reading(span, loose, _note(span, moment, frame))


def _loose(moment: Moment) -> bool:
    days = any(d.approximate and not (d.point and moment.clocked) for d in moment.days)
    part = moment.part is not None and moment.part.approximate and moment.hour is None
    return days or part or bool(moment.hour and moment.hour.approximate)


def _stretches(moment: Moment, frame: Frame) -> tuple[Sequence[Stretch], bool]:
    """The days that a moment may fall on, and whether one has to be chosen."""
    if not moment.days:
        zone = moment.zone or frame.clock.zone
        today = frame.clock.now.astimezone(zone).date() if frame.anchor == frame.clock.today else frame.anchor
        if moment.all_day:
            return [day_of(today)], False
        return [day_of(today + n * DAY) for n in (-1, 0, 1)], True
    days = moment.days
    if len(days) == 1:
        exact = days[0].point if moment.clocked else None
        return (exact or days[0].stretches)(frame), days[0].open
    found: Sequence[Stretch] = []
    is_open = all(d.open for d in days)
    for a, b in ((days[0], _meet(days[1:], frame)), (days[-1], _meet(days[:-1], frame))):
        found = found or _within(a, b, frame)
    if is_open:  # a weekday that fits the date only years away is a slip, not a wish
        found = [s for s in found if abs(s[0] - frame.anchor) < _YEAR]
    return found, is_open


def _meet(days: tuple[Days, ...], frame: Frame) -> Sequence[Stretch]:
    """The stretches on which all of these agree."""
    if len(days) == 1:
        return days[0].stretches(frame)
    return _within(days[0], _meet(days[1:], frame), frame) or _within(days[-1], _meet(days[:-1], frame), frame)


def _within(inner: Days, outer: Sequence[Stretch], frame: Frame) -> list[Stretch]:
    """The inner days inside each outer stretch; more than one inside the same stretch names nothing."""
    found = []
    for stretch in outer:
        inside = list(inner.inside(stretch)) if inner.inside is not None else [
            s for s in inner.stretches(frame) if stretch[0] <= s[0] and s[1] <= stretch[1]
        ]  # fmt: skip
        if len(inside) == 1:
            found.append(inside[0])
    return found


def _spans(moment: Moment, stretch: Stretch, frame: Frame) -> list[Span]:
    first, after = stretch
    zone = moment.zone or frame.clock.zone
    if not moment.clocked:
        grain = min((d.grain for d in moment.days), key=_GRAINS.index, default="day")
        return [Span(local(first, 0, zone), local(after, 0, zone), grain)]
    if after - first != _SINGLE:
        return []
    if moment.hour is None:
        assert moment.part is not None
        start, end = (_home(local(first, m, zone), frame) for m in (moment.part.start, moment.part.end))
        return [Span(start, end, "part" if end > start else "minute")]
    if moment.hour.relative:
        return []
    found = minutes_of(moment.hour, moment.part, frame.about)
    if frame.beside is not None and not moment.hour.sure and moment.part is None:
        found = [_nearest(moment.hour.minutes, frame.beside)]
    moments = [_home(local(first, m, zone), frame) for m in found]
    return [Span(m, m, "minute") for m in moments]


_GRAINS = ("minute", "part", "day", "week", "month", "year")


def _nearest(face: int, old: int) -> int:
    half = MIDNIGHT // 2
    options = [face % half, face % half + half]
    return min(options, key=lambda m: abs(m - old))


def _home(moment: datetime, frame: Frame) -> datetime:
    return moment.astimezone(frame.clock.zone)


def _pick(found: list[Span], moment: Moment, frame: Frame, is_open: bool) -> list[Span]:
    """Of many occurrences the nearest in the preferred direction; two where both are sensible."""
    if len(found) < 2:
        return found if not is_open else _allowed(found, frame) or found[:0]
    doubtful = moment.hour is not None and len(_options(moment, frame)) > 1
    if not is_open:
        return _one_of_day(found, frame) if doubtful else found
    if frame.prefer == "near" or frame.anchor != frame.clock.today:
        return _closest(found[::2] if doubtful and moment.days else found, frame)
    allowed = sorted(_allowed(found, frame), key=_start, reverse=frame.prefer == "past")
    if not moment.days:
        begun = moment.part is not None and moment.part == MORNING and moment.hour is None
        if begun and allowed and frame.prefer == "future" and _start(allowed[0]) < frame.clock.now:
            return allowed[:2]  # "in the morning", said in the morning
        return _two_hours(allowed) if doubtful else allowed[:1]
    if doubtful and allowed:
        same_day = [s for s in allowed if _start(s).date() == _start(allowed[0]).date()]
        first = _one_of_day(sorted(same_day, key=_start), frame)
        rest = [s for s in allowed if s not in same_day and _start(s).hour < 12]
        allowed = [*first, *rest]
    return _maybe_today(allowed, moment, frame)


def _options(moment: Moment, frame: Frame) -> list[int]:
    assert moment.hour is not None
    return [] if moment.hour.relative or frame.beside is not None else minutes_of(moment.hour, moment.part, frame.about)


def _start(span: Span) -> datetime:
    assert span.start is not None
    return span.start


def _allowed(found: list[Span], frame: Frame) -> list[Span]:
    now = local(frame.anchor, 0, frame.clock.zone) if frame.anchor != frame.clock.today else frame.clock.now
    if frame.prefer == "past":
        return [s for s in found if _start(s) <= now]
    if frame.prefer == "near":
        return found
    return [s for s in found if s.end is None or s.end > now or (s.instant and s.end == now)]


def _one_of_day(found: list[Span], frame: Frame) -> list[Span]:
    """Of 8:00 and 20:00 on a known day: the morning, unless it is over and a future was meant."""
    if frame.prefer == "future":
        return ([s for s in found if _start(s) >= frame.clock.now] or found)[:1]
    return found[:1]


def _two_hours(allowed: list[Span]) -> list[Span]:
    """Of 8:00 and 20:00 on no known day: this morning, else both tonight and tomorrow morning."""
    if not allowed:
        return []
    first = allowed[0]
    morning = _start(first).hour < 12
    return [first] if morning else allowed[:2]


def _closest(found: list[Span], frame: Frame) -> list[Span]:
    now = frame.clock.now if frame.anchor == frame.clock.today else local(frame.anchor, 0, frame.clock.zone)
    if frame.anchor != frame.clock.today and frame.prefer != "past":
        found = [s for s in found if _start(s) >= now] or found
    return [min(found, key=lambda s: _gap(s, now))] if found else []


def _gap(span: Span, now: datetime) -> timedelta:
    start, end = _start(span), span.end or _start(span)
    if start <= now < end:
        return timedelta()
    return start - now if start > now else now - end


def _maybe_today(allowed: list[Span], moment: Moment, frame: Frame) -> list[Span]:
    """A bare weekday that is today's: people then say "today", so the other one is just as likely."""
    if not allowed:
        return []
    weekday = len(moment.days) == 1 and moment.days[0].kind == "weekday"
    today = _start(allowed[0]).date() == frame.clock.today
    return allowed[:2] if weekday and today else allowed[:1]


def _note(span: Span, moment: Moment, frame: Frame) -> str:
    notes = []
    if moment.zone is not None and span.start is not None:
        notes.append(f"{span.start.astimezone(moment.zone):%H:%M} {moment.zone_name}")
    if moment.hour is not None and span.start is not None:
        zone = moment.zone or frame.clock.zone
        notes.extend(_clock_change(span.start, moment, zone, frame))
    return "; ".join(notes)


def _clock_change(start: datetime, moment: Moment, zone: tzinfo, frame: Frame) -> Iterator[str]:
    there = start.astimezone(zone)
    assert moment.hour is not None
    for minutes in minutes_of(moment.hour, moment.part, frame.about):
        near = abs(minutes % MIDNIGHT - there.hour * 60 - there.minute) in (30, 60)
        if near and skipped(there.date(), minutes, zone):
            yield "the clocks go forward and skip that hour"
    if doubled(there):
        yield "the clocks go back, so this hour comes twice; the first one is meant"
