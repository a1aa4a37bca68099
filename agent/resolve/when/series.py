"""What is understood of a recurrence besides its days: its times of the day, how often it comes and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nearhand.agent.resolve.when.clock import Hour, hours
from nearhand.agent.resolve.when.lengths import Length, lengths
from nearhand.agent.resolve.when.moment import Moment, moments
from nearhand.agent.resolve.when.range import TO
from nearhand.agent.resolve.when.rule import Rule
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.when.words import PLURAL_DAYS, Phrases, Text


@dataclass(frozen=True, slots=True)
class Series:
    """What has been understood of a recurrence so far."""

    rule: Rule
    said: bool = False
    time: Moment | None = None
    to: Moment | None = None
    length: Length | None = None
    start: Moment | None = None
    until: Moment | None = None
    lasting: Length | None = None
    count: int = 0
    window: Moment | None = None
    hours: tuple[Hour, ...] = ()
    """More times of the same day, each at the same minute of its hour."""
    without: tuple[Moment, ...] = ()


Found = Iterator[tuple[Series, int]]

_UNTIL = Phrases(dict.fromkeys(("until", "till", "til", "through", "up to", "up until", "ending", "ending on", "to",
                                "until end of", "thru"), 1))  # fmt: skip


def clock_times(text: Text, i: int, clock: Clock, series: Series) -> Found:
    """A clock time, a part of the day, both ends of a stretch of the day, or several times of the day."""
    yield from _more_hours(text, i, series)
    said = series.time
    if said is not None and (series.to is not None or (said.hour is not None) == (said.part is not None)):
        return
    opened = text.word(i) in ("from", "between", "before")
    for left, j in moments(text, i + opened, clock):
        if not left.clocked or left.days:
            continue
        both = _merged(said, left)
        if both is None or (opened and left.hour is not None and left.hour.or_range):  # "from ten to six"
            continue
        if text.word(i) != "before" and (said is None or opened):
            yield from _stretch(text, j, clock, series, both, opened)
        if text.word(i) != "between":
            yield replace(series, time=both), j


def _merged(said: Moment | None, found: Moment) -> Moment | None:
    """ "Every morning" and "at six": the hour of the one in the part of the day of the other."""
    if said is None:
        return found
    if (said.hour and found.hour) or (said.part and found.part):
        return None
    return replace(said, hour=said.hour or found.hour, part=said.part or found.part)


def _stretch(text: Text, i: int, clock: Clock, series: Series, left: Moment, opened: bool) -> Found:
    if text.word(i) in TO or (opened and text.word(i) == "and"):
        for right, j in moments(text, i + 1, clock):
            if right.clocked and not right.days:
                yield replace(series, time=left, to=right), j


def _listed(text: Text, i: int) -> bool:
    """Whether here stand the times before the last of a list: the "14" of "8, 14 and 20"."""
    j = i
    while text[j].kind in ("n", "t"):
        j += 1
    return j > i and text.word(j) == "and"


def _more_hours(text: Text, i: int, series: Series) -> Found:
    """The "and at 20" of "daily at 8 and 20"; the times must lie at the same minute of their hours."""
    first = series.time.hour if series.time is not None and series.to is None else None
    j = i + (text.word(i) == "and")
    listed = j > i or _listed(text, i)
    if first is None or not listed:
        return
    for hour, k in hours(text, j + (text.word(j) == "at")):
        if not hour.relative and hour.minutes % 60 == first.minutes % 60 and hour.minutes != first.minutes:
            yield replace(series, hours=(*series.hours, hour)), k


def ends(text: Text, i: int, clock: Clock, series: Series) -> Found:
    for _, j in _UNTIL.match(text, i):
        for moment, k in moments(text, j, clock) if series.until is None else ():
            if moment.days and not _ends_occurrence(series, moment):
                yield replace(series, until=moment), k
    j = i + (text.word(i) == "for")
    k = j + (text.word(j) == "next")
    number = text.number(k, 1, 999)
    if number and text.word(k + 1) in ("times", "occurrences", "sessions", "weekdays") and not series.count:
        yield replace(series, count=number), k + 2
    times = text.number(i + 1, 2, 999) if text.word(i) == "x" else None
    if times and not series.count:  # "x 10"
        yield replace(series, count=times, said=True), i + 2
    day = PLURAL_DAYS.get(text.word(k + 1))
    if number and number > 1 and day is not None and not (series.count or series.rule.pinned or series.rule.freq):
        end = k + 2 + (text.word(k + 2) in ("running", "straight"))  # "ten Mondays running"
        yield replace(series, rule=replace(series.rule, weekdays=(day,)), count=number, said=True), end
    if j > i or text.word(i) == "next":
        for length, end in lengths(text, k):
            if length.exact and series.length is None and k == j:
                yield replace(series, length=length), end
            elif not length.exact and series.lasting is None:
                yield replace(series, lasting=length), end


def _ends_occurrence(series: Series, moment: Moment) -> bool:
    """Whether "every Friday from 4 until Monday morning" tells when each one ends, which a rule cannot hold."""
    weekday = any(d.kind == "weekday" for d in moment.days)
    return weekday and (moment.clocked or series.rule.frequency == "WEEKLY")
