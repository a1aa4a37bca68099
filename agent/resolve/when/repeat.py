"""Recurrences in words: "every other Tuesday until June", "daily at 7 for two weeks", "weekly on Tue and Thu".

Public holidays differ by country and are not known here, so "not on holidays" is not understood.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from nearhand.agent.resolve.when.civil import day_of, local, shift_moment
from nearhand.agent.resolve.when.clock import MIDNIGHT, minutes_of
from nearhand.agent.resolve.when.cycle import cycles
from nearhand.agent.resolve.when.days import Days, Frame, fixed
from nearhand.agent.resolve.when.lengths import lengths
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.range import between
from nearhand.agent.resolve.when.rule import Rule, until_text
from nearhand.agent.resolve.when.series import Found, Series, clock_times, ends
from nearhand.agent.resolve.when.types import Clock, Repeat
from nearhand.agent.resolve.when.words import WEEKDAYS, Phrases, Text, tokens
from nearhand.connectors.base import Span

_START = Phrases(dict.fromkeys(("starting", "starting on", "starting from", "starting in", "from", "beginning",
                                "beginning on", "beginning in", "as of", "as from", "starting with", "after",
                                "starts", "starting at"), 1))  # fmt: skip
_EXCEPT = Phrases(dict.fromkeys(("except", "except for", "except on", "except in", "but not", "but not on",
                                 "but not in", "excluding", "not", "not on", "not in", "apart from", "other than",
                                 "without", "but", "but on", "skipping", "unless", "bar", "except during",
                                 "besides"), 1))  # fmt: skip
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_NTH = "(?:first|second|third|fourth|last)"
_IN_OTHER_WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (r"\bnightly\b", "every night"),
        (rf"\b({_DAY})/(?={_DAY}\b)", r"\1 "),
        (r"^(?:on )?(the (?:\d{1,2}(?:st|nd|rd|th)|first))$", r"every month on \1"),
        (r"^(?:on |each |every )?(?:the )?(\d{1,2}) of (?:the |each |every )?month$", r"every month on the \1th"),
        (rf"^(?:on )?(?:the )?(\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH})$", r"every year on \1"),
        (rf"^(?:on )?(?:the )?({_NTH} {_DAY}(?: at .+|,? \d.*)?)$", r"every month on the \1"),
        (rf"^(?:on )?(?:the )?({_NTH} {_DAY} (?:in|of) {_MONTH}\b.*)$", r"every year on the \1"),
        (rf"^({_DAY} (?:at )?\d{{1,2}}(?:[:.]\d\d| ?[ap]m)(?: ?[ap]m)?)$", r"every \1"),
        (rf"^(?:twice|two times) a year,? (?:in )?({_MONTH} and {_MONTH})$", r"every \1"),
        (r"\btwice weekly\b", "twice a week"),
    )
)
"""What is a recurrence only because it was said as one."""
_PARTS = {"mornings": "morning", "evenings": "evening", "nights": "night", "afternoons": "afternoon",
          "lunchtimes": "lunchtime"}  # fmt: skip


def repeat(text: str, clock: Clock, about: str = "") -> Repeat | None:
    """The recurrence that the words describe; None if they are none, or not wholly understood."""
    text = text.strip()
    for pattern, plain in _IN_OTHER_WORDS:
        text = pattern.sub(plain, text)
    found = tokens(text)
    plural = any(t.text in _PARTS for t in found)  # "Monday mornings"
    cut = Text(tuple(t._replace(text=_PARTS.get(t.text, t.text)) for t in found))
    if not 0 < cut.length <= 40:
        return None
    frame = Frame(clock, "future", clock.today, about)
    for series, end in _grow(cut, 0, clock, Series(Rule(), plural)):
        if end == cut.length and series.said and series.rule.frequency:
            built = _built(series, frame)
            if built is not None:
                return built
    return None


def _grow(text: Text, i: int, clock: Clock, series: Series) -> Found:
    for grown, end in _piece(text, i, clock, series) if i < text.length else ():
        yield from _grow(text, end, clock, grown)
    yield series, i


def _piece(text: Text, i: int, clock: Clock, series: Series) -> Found:
    for rule, said, j in cycles(text, i, series.rule, series.said):
        yield replace(series, rule=rule, said=said), j
    if text.word(i) in ("and", "repeat", "repeating", "recurring", "repeats", "only"):
        yield series, i + 1
    yield from clock_times(text, i, clock, series)
    yield from ends(text, i, clock, series)
    yield from _starts(text, i, clock, series)
    for _, j in _EXCEPT.match(text, i):
        yield from _leaving_out(text, j, clock, series)


def _starts(text: Text, i: int, clock: Clock, series: Series) -> Found:
    for _, j in _START.match(text, i):
        for moment, k in moments(text, j, clock) if series.start is None else ():
            if moment.days and not moment.clocked:
                yield replace(series, start=moment), k
    inside = text.word(i) in ("in", "during", "throughout", "over", "this", "next", "of", "all")
    if inside and series.window is None:
        for moment, j in moments(text, i, clock):
            if moment.days and not moment.clocked and any(d.grain in ("week", "month", "year") for d in moment.days):
                yield replace(series, window=moment), j


def _leaving_out(text: Text, i: int, clock: Clock, series: Series) -> Found:
    """Weekdays and months that the rule can leave out by itself; other days become exclusions."""
    rule = series.rule
    for other, _, j in cycles(text, i, Rule(), True):
        if other.weekdays and not (other.nth or other.freq) and (not rule.nth and not rule.month_days):
            kept = tuple(d for d in rule.weekdays or range(7) if d not in other.weekdays)
            if kept and (rule.weekdays or rule.freq == "DAILY"):
                yield replace(series, rule=replace(rule, weekdays=kept)), j
    for moment, j in moments(text, i, clock):
        if moment.clocked or not moment.days:
            continue
        months = _whole_months(moment, clock)
        kept = tuple(m for m in rule.months or range(1, 13) if m not in months)
        if months and kept:
            yield replace(series, rule=replace(rule, months=kept)), j
        elif not months and text.word(i) not in WEEKDAYS:
            yield replace(series, without=(*series.without, moment)), j


def _whole_months(moment: Moment, clock: Clock) -> frozenset[int]:
    """The months of "August" or "the summer", which come again every year."""
    if len(moment.days) != 1 or moment.days[0].kind not in ("month", "season") or moment.days[0].inside is None:
        return frozenset()
    first, after = moment.days[0].stretches(Frame(clock, "future", clock.today))[-1]
    count = (after.year - first.year) * 12 + after.month - first.month
    return frozenset((first.month - 1 + n) % 12 + 1 for n in range(count))


def _built(series: Series, frame: Frame) -> Repeat | None:
    series = _in_months(series, frame)
    start, limit = _bounds(series, frame)
    if start is None:
        return None
    first, text = _first(series, start, frame), series.rule.text(frame.clock.week_start)
    if first is not None and series.hours:
        first, hours = _several(series, first, frame)
        text += hours
    if first is None or first.start is None:
        return None
    limit = _limit(series, first.start, limit, frame)
    if series.count:
        text += f";COUNT={series.count}"
    elif limit is not None:
        if limit <= first.start:
            return None
        text += ";" + until_text(limit, first.grain == "day")
    without = tuple(r.span for moment in series.without for r in place(moment, frame)[:1])
    if len(without) != len(series.without):
        return None
    return Repeat(first, text, without, _note(series))


def _in_months(series: Series, frame: Frame) -> Series:
    """The second Tuesday in April of every year: the month belongs to the rule and ends nothing."""
    if series.window is None or not series.rule.nth or series.rule.freq != "YEARLY":
        return series
    months = tuple(sorted(_whole_months(series.window, frame.clock)))
    return replace(series, rule=replace(series.rule, months=months), window=None) if months else series


def _several(series: Series, first: Span, frame: Frame) -> tuple[Span | None, str]:
    """The first of several times of a day that is still to come, and the times as a part of the rule."""
    if series.rule.frequency not in ("DAILY", "WEEKLY") or series.length is not None or first.start is None:
        return None, ""
    part = series.time.part if series.time is not None else None
    day, found = first.start.date(), [first.start.hour * 60 + first.start.minute]
    for hour in series.hours:
        options = [m for m in minutes_of(hour, part, frame.about) if m < MIDNIGHT]
        following = options if hour.sure else [m for m in options if m > found[-1]]  # they are told in order
        if not following:
            return None, ""
        found.append(following[0])
    today = min(day, frame.clock.today) if series.rule.holds(frame.clock.today) else day
    starts = [local(d, m, frame.clock.zone) for d in dict.fromkeys((today, day)) for m in sorted(found)]
    start = next(s for s in starts if s >= frame.clock.now)
    hours = ",".join(map(str, sorted({m // 60 for m in found})))
    return Span(start, start, "minute"), f";BYHOUR={hours};BYMINUTE={start.minute}"


def _note(series: Series) -> str:
    if any(n > 28 for n in series.rule.month_days) and series.rule.frequency == "MONTHLY":
        return "months without that day are skipped"
    return ""


def _bounds(series: Series, frame: Frame) -> tuple[date | None, datetime | None]:
    """The day from which the first one is looked for, and the end of a window ("every Tuesday in June")."""
    today = frame.clock.today
    for moment in (series.window, series.start):
        if moment is not None:
            readings = place(moment, frame)
            if not readings or readings[0].span.start is None:
                return None, None
            start = max(today, readings[0].span.start.date())
            return start, readings[0].span.end if moment is series.window else None
    return today, None


def _limit(series: Series, first: datetime, limit: datetime | None, frame: Frame) -> datetime | None:
    if series.lasting is not None:
        return shift_moment(local(first.date(), 0, frame.clock.zone), series.lasting.shift)
    if series.until is None:
        return limit
    readings = place(series.until, replace(frame, anchor=first.date()))
    if readings and readings[0].span.grain == "month" and _start(readings[0].span, first) <= first:
        readings = place(series.until, replace(frame, anchor=(readings[0].span.end or first).date()))
    if not readings:
        return first
    span = readings[0].span
    days = series.until.days
    long = span.start is not None and span.end is not None and span.end - span.start > timedelta(days=7, hours=1)
    whole = span.grain in ("minute", "part", "day") and not long and not any(d.kind == "weekend" for d in days)
    ranged = series.start is not None and any(d.grain == span.grain for d in series.start.days)
    return span.end if whole or ranged or any(d.kind.startswith("edge") for d in days) else span.start


def _start(span: Span, first: datetime) -> datetime:
    return span.start if span.start is not None else first


def _first(series: Series, start: date, frame: Frame) -> Span | None:
    """The first occurrence that is not over yet."""
    if series.rule.freq == "HOURLY" and series.time is None:
        moment = shift_moment(frame.clock.now, _HOUR.shift).replace(minute=0, second=0, microsecond=0)
        return Span(moment, moment, "minute")
    day = series.rule.first(start)
    for _ in range(400):
        if day is None:
            return None
        span = _on(series, day, frame)
        if span is None or span.start is None:
            return None
        if span.grain in ("day", "part") or span.start >= frame.clock.now:
            return span
        day = series.rule.following(day)
    return None


_HOUR = next(lengths(Text(tokens("1 hour")), 0))[0]


def _on(series: Series, day: date, frame: Frame) -> Span | None:
    """The occurrence on one day."""
    there = replace(frame, prefer="near", anchor=day)
    days: tuple[Days, ...] = (fixed("day", "day", lambda _: day_of(day)),)
    moment = replace(series.time or Moment(), days=days)
    readings = between(moment, series.to, there) if series.to else place(moment, there)
    if len(readings) != 1 or readings[0].span.start is None:
        return None
    span = readings[0].span
    if series.length is not None and span.start is not None and span.instant:
        return Span(span.start, shift_moment(span.start, series.length.shift), span.grain)
    return span
