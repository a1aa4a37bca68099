"""When to remind: "15 minutes before", "the day before at six", "at noon". Decides nothing about how."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from nearhand.agent.resolve.when.civil import DAY, day_of, local, shift_moment
from nearhand.agent.resolve.when.days import Frame, fixed
from nearhand.agent.resolve.when.lengths import lengths
from nearhand.agent.resolve.when.moment import moments
from nearhand.agent.resolve.when.parts import SUN
from nearhand.agent.resolve.when.place import place
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.when.words import LONGEST, WEEKDAYS, Phrases, Text, tokens

_TAILS = frozenset(
    ("before", "earlier", "ahead", "beforehand", "prior", "in advance", "ahead of time", "before it", "before that",
     "before then", "before start", "before it starts", "before hand", "early", "upfront", "", "prior to it",
     "before it begins", "notice", "before event", "before meeting", "in advance of it", "out")
)  # fmt: skip
_ON_DAY = Phrases({
    "day before": -1, "previous day": -1, "before day": -1, "same day": 0, "on day": 0, "day of": 0, "day itself": 0,
    "day it is": 0, "on same day": 0, "that day": 0, "on day itself": 0, "week before": -7, "a week before": -7,
    "day ahead": -1,
})  # fmt: skip
_ONE = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_PARTS = ("morning", "noon", "afternoon", "evening", "night")
_PARTS_BEFORE = Phrases(
    {f"{part} before": part for part in _PARTS}
    | {f"previous {part}": part for part in _PARTS}
    | {f"{lead} {part}": f"same {part}" for lead in ("that", "same") for part in _PARTS}
)
_AT_START = frozenset(("at start", "when it starts", "at time", "on time", "when it begins", "at start time",
                       "at event", "right when it starts", "when it happens"))  # fmt: skip


_BEHIND = re.compile(r"^(?:at )?(\S+(?: ?[ap]m)?) (the \w+ before)$", re.IGNORECASE)
"""Nine the day before, which without its article would be nine days."""
_NIGHTS = re.compile(r"\bnights(?= (?:before|ahead|earlier)\b)", re.IGNORECASE)
"""So many nights are as many days; one night before is the evening."""


def reminder(text: str, clock: Clock, start: datetime | None) -> timedelta | datetime | None:
    """How long before the start (positive), or the moment itself; None if not understood."""
    said = _NIGHTS.sub("days", _BEHIND.sub(r"\2 at \1", text.strip()))
    found = list(tokens(said))
    while found and found[0].text in ("remind", "me", "about", "with"):
        found.pop(0)
    if found and found[-1].text == "reminder":
        found = found[len(found) > 2 and found[0].text == "a" and found[1].kind == "n" : -1]
    cut = Text(tuple(found))
    if cut.length > LONGEST:
        return None
    words = " ".join(t.text for t in cut.tokens)
    if words in _AT_START:
        return timedelta()
    before = _before(cut)
    if before is not None:
        return before
    if start is not None:
        told = _from_start(cut, clock, start)
        if told is not None:
            return told
    return _moment(cut, clock)


def _before(text: Text) -> timedelta | None:
    """An amount of time before."""
    if text.word(0) == "eve" and text.length == 1:
        return timedelta(days=1)
    if text.word(0) in _ONE and text.word(1) == "before" and text.length == 2:
        return _ONE[text.word(0)]
    if text.word(0) in ("before", "prior"):  # "before one day"
        text = Text(text.tokens[1 + (text.word(1) == "to") :])
        if not _is_length(text):
            return None
    for length, end in lengths(text, 0):
        if " ".join(t.text for t in text.tokens[end:]) in _TAILS and not length.approximate:
            return length.delta
    return None


def _is_length(text: Text) -> bool:
    return any(end == text.length for _, end in lengths(text, 0))


def _from_start(text: Text, clock: Clock, start: datetime) -> datetime | None:
    """A clock time on the day before, the day itself, or some days ahead."""
    start = start.astimezone(clock.zone)
    far = _far_ahead(text, start)
    if far is not None:
        return far
    text = _part_first(text)
    if text.tokens[text.word(0) == "at" :] == _BREAKFAST:
        return _on(text, 0, clock, start if start > local(start.date(), 9 * 60, clock.zone) else start - DAY)
    for days, i in _offsets(text, start):
        found = _on(text, i, clock, start + days * DAY)
        if found is not None:
            return found
    if text.length == 1 and text.word(0) in _PARTS:  # "the morning"
        return _on(text, 0, clock, start)
    for said, i in _PARTS_BEFORE.match(text, 0):
        part = said.removeprefix("same ")
        day = start - DAY * (said == part)
        words = (*(t for t in text.tokens[:i] if t.text == part), *text.tokens[i:])
        if said != part:
            words = (text.tokens[i - 1], *text.tokens[i:])
        found = _on(Text(words), 0, clock, day)
        if found is not None:
            return found
    return None


def _far_ahead(text: Text, start: datetime) -> datetime | None:
    """A month before, the Friday before: at the same time of day."""
    number = WEEKDAYS.get(text.word(0))
    if number is not None and text.word(1) in _AHEAD and text.length == 2:
        return start - ((start.weekday() - number) % 7 or 7) * DAY
    for length, end in lengths(text, 0):
        if text.word(end) in _AHEAD and end + 1 == text.length and length.shift.months and not length.approximate:
            return shift_moment(start, length.shift, -1)
    return None


_AHEAD = ("before", "ahead", "earlier", "prior", "beforehand")
_BREAKFAST = tokens("breakfast")


def _part_first(text: Text) -> Text:
    """ "Ten the night before" as "the night before, ten"; "seven that morning" as "that morning, seven"."""
    if text.length > 2:
        for _, end in _PARTS_BEFORE.match(text, text.length - 2):
            if end == text.length:
                return Text((*text.tokens[-2:], *text.tokens[:-2]))
    return text


def _offsets(text: Text, start: datetime) -> list[tuple[int, int]]:
    found = list(_ON_DAY.match(text, 0))
    number = WEEKDAYS.get(text.word(0))
    if number is not None and text.word(1) in ("before", "ahead"):
        found.append((-((start.weekday() - number) % 7 or 7), 2))
    for length, end in lengths(text, 0):
        if text.word(end) in ("before", "ahead", "earlier", "prior") and length.shift.days and not length.exact:
            found.append((-length.shift.days, end + 1))
    for moment_end in range(1, text.length):
        found.extend((days, -moment_end) for days, end in _ON_DAY.match(text, moment_end) if end == text.length)
    return found


def _on(text: Text, i: int, clock: Clock, day: datetime) -> datetime | None:
    """The clock time that the rest of the text (or, for a negative index, its beginning) gives, on that day."""
    cut = Text(text.tokens[:-i]) if i < 0 else Text(text.tokens[i:])
    for moment, end in moments(cut, 0, clock):
        if end == cut.length and moment.clocked and not moment.days:
            placed = replace(moment, days=(fixed("day", "day", lambda _: day_of(day.date())),))
            readings = place(placed, Frame(clock, "near", day.date()))
            return readings[0].span.start if len(readings) == 1 else None
    return None


def _moment(text: Text, clock: Clock) -> datetime | None:
    """A moment of its own: "tomorrow at 9", "in an hour"; the sun sets no alarm, since where it stands is not known."""
    if any(word in " ".join(t.text for t in text.tokens) for words in SUN for word in words):
        return None
    for moment, end in moments(text, 0, clock):
        if end == text.length:
            readings = place(moment, Frame(clock, "future", clock.today))
            if len(readings) == 1 and readings[0].span.grain in ("minute", "part"):
                return readings[0].span.start
    return None
