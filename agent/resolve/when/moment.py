"""A moment: days, a clock time, a part of the day and a zone in any order; and how they become spans.

Bounds and ranges ("before", "from ... to") are built on top of this in `range.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo

from nearhand.agent.resolve.when.clock import Hour, hours
from nearhand.agent.resolve.when.dates import container, days
from nearhand.agent.resolve.when.days import Days, days_away
from nearhand.agent.resolve.when.parts import LAST_NIGHT, Part, parts, refined
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.resolve.when.windows import Exact, windows
from nearhand.agent.resolve.when.words import UNITS, Phrases, Text
from nearhand.agent.resolve.when.zones import NAMES, SHORT, offset_zone, zone_named


@dataclass(frozen=True, slots=True)
class Moment:
    """What was said about one time, not yet placed."""

    days: tuple[Days, ...] = ()
    hour: Hour | None = None
    part: Part | None = None
    zone: tzinfo | None = None
    zone_name: str = ""
    exact: Exact | None = None
    all_day: bool = False
    approximate: bool = False
    clock_first: bool = False
    """Whether the clock time stands before the day ("after 5 on Friday"), so that a bound stays inside the day."""

    @property
    def clocked(self) -> bool:
        """Whether it says anything finer than days."""
        return self.hour is not None or self.part is not None

    @property
    def empty(self) -> bool:
        return not (self.days or self.clocked or self.exact or self.all_day)


Found = Iterator[tuple[Moment, int]]

_JOINTS = frozenset(("on", "at", "in", "during", "over", "of", "for", "throughout"))
_LOOSE = Phrases(dict.fromkeys(
    ("around", "about", "approximately", "roughly", "approx", "circa", "close to", "near", "at around", "at about",
     "ca", "some time around", "more or less", "or so", "or thereabouts", "round about", "round", "gone", "like",
     "say"), True))  # fmt: skip
_ALL_DAY = Phrases(dict.fromkeys(("all day long", "all day", "whole day", "entire day", "full day"), True))
_DAY_PARTS = {"this": 0, "today": 0, "tomorrow": 1, "yesterday": -1, "last": -1, "next": 1}
_ZONES = Phrases({name: name for name in NAMES})


def moments(text: Text, i: int, clock: Clock) -> Found:
    """Yield every moment that begins here, longest first."""
    yield from _grow(text, i, clock, Moment())


def _grow(text: Text, i: int, clock: Clock, moment: Moment) -> Found:
    j = i
    while text.word(j) in _JOINTS and j - i < 2:
        j += 1
    if j == i or j < text.length:
        for k in range(j, i - 1, -1):
            for grown, end in _piece(text, k, clock, moment):
                yield from _grow(text, end, clock, grown)
    if not moment.empty:
        yield moment, i


def _piece(text: Text, i: int, clock: Clock, moment: Moment) -> Found:
    if i >= text.length:
        return
    for _, j in _LOOSE.match(text, i):
        yield replace(moment, approximate=True), j
    if moment.exact is None:
        yield from _daily(text, i, moment)
        yield from _clocked(text, i, clock, moment)
        yield from _zoned(text, i, moment)
    if moment.empty:
        for exact, j in windows(text, i):
            yield replace(moment, exact=exact, approximate=moment.approximate or exact.approximate), j


def _daily(text: Text, i: int, moment: Moment) -> Found:
    for _, j in _ALL_DAY.match(text, i):
        if not moment.all_day and not moment.clocked:
            yield replace(moment, all_day=True), j
    if len(moment.days) < 3:
        for found, j in days(text, i):
            yield replace(moment, days=(*moment.days, found)), j
    if moment.days and text.word(i - 1) == "of" and text.word(i) in UNITS:
        for found, j in container(text, i):
            yield replace(moment, days=(*moment.days, found)), j


def _clocked(text: Text, i: int, clock: Clock, moment: Moment) -> Found:
    first = moment.clock_first or not moment.days
    if moment.part is not None:
        yield from ((replace(moment, part=part), j) for part, j in refined(moment.part, text, i))
    elif not moment.all_day:
        yield from _parted(text, i, clock, moment, first)
    if moment.hour is None and not moment.all_day:
        for hour, j in hours(text, i):
            yield replace(moment, hour=hour, clock_first=first), j


def _parted(text: Text, i: int, clock: Clock, moment: Moment, first: bool) -> Found:
    for part, j in parts(text, i, clock):
        yield replace(moment, part=part, clock_first=first), j
    if moment.days:
        return
    if text.word(i) == "tonight":
        yield from _part_today(text, i, clock, moment)
    if text.word(i) in ("this", "last", "next"):
        for part, j in parts(text, i + 1, clock):
            if part.name == "night" and text.word(i) == "last":
                part = LAST_NIGHT
            yield replace(moment, part=part, days=(days_away(_DAY_PARTS[text.word(i)]),), clock_first=True), j


def _part_today(text: Text, i: int, clock: Clock, moment: Moment) -> Found:
    for night, _ in parts(Text((text[i]._replace(text="night"),)), 0, clock):
        yield replace(moment, part=night, days=(days_away(0),), clock_first=True), i + 1


def _zoned(text: Text, i: int, moment: Moment) -> Found:
    if moment.zone is not None:
        return
    for name, j in _ZONES.match(text, i):
        zone, end = zone_named(name), j
        if name in ("utc", "gmt") and text.word(j) in ("plus", "minus") and text.number(j + 1, 0, 14) is not None:
            sign = 1 if text.word(j) == "plus" else -1
            minutes = text.number(j + 2, 15, 45)
            shifted = offset_zone(sign, text[j + 1].value, minutes or 0)
            if shifted is not None:
                yield replace(moment, zone=shifted, zone_name=name.upper()), j + 2 + (minutes is not None)
        if text.word(end) == "time":
            yield replace(moment, zone=zone, zone_name=name.title()), end + 1
        elif name in SHORT and moment.hour is not None:
            yield replace(moment, zone=zone, zone_name=name.upper()), end
