"""Write the VTIMEZONE that explains an IANA zone to other programs, from what the zone's clock really does.

Changes that come every year on "the last Sunday of March" are written as such a rule, others as a list of dates.
(icalendar's `Timezone.from_tzid` writes the onset of summer time on the new clock instead of the old, an hour late.)
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from nearhand.connectors.vdir.contentlines import Block, Line, block
from nearhand.connectors.vdir.stamps import UTC_ID

_STEP = timedelta(days=7)
_YEARS = (-1, 10)
"""How many years around an event are looked at."""
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_Sort = tuple[timedelta, timedelta, str]
"""Offset before, offset after, and the name of the time after a change."""


@lru_cache(maxsize=64)
def vtimezone(tzid: str, year: int) -> Block | None:
    """The VTIMEZONE of an IANA zone around a year; None for UTC, which needs none."""
    if tzid == UTC_ID:
        return None
    zone = ZoneInfo(tzid)
    first, last = (datetime(year + years, 1, 1, tzinfo=UTC) for years in _YEARS)
    onsets: dict[_Sort, list[datetime]] = {}
    for onset, sort in _changes(zone, first, last):
        onsets.setdefault(sort, []).append(onset)
    if not onsets:
        offset = first.astimezone(zone).utcoffset() or timedelta()
        onsets = {(offset, offset, first.astimezone(zone).tzname() or tzid): [datetime(1970, 1, 1)]}
    parts = [_observance(sort, walls) for sort, walls in onsets.items()]
    return block("VTIMEZONE", Line("TZID", tzid), *parts)


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, _Sort]]:
    """Each change of offset: when it comes on the old clock, and what it does."""
    now = first
    while now < last:
        then = now + _STEP
        if _offset(zone, now) != _offset(zone, then):
            moment = _boundary(zone, now, then)
            before, after = _offset(zone, now), _offset(zone, then)
            yield (moment + before).replace(tzinfo=None), (before, after, moment.astimezone(zone).tzname() or "")
        now = then


def _boundary(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    old = _offset(zone, low)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if _offset(zone, middle) == old else (low, middle)
    return (high + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _observance(sort: _Sort, walls: list[datetime]) -> Block:
    before, after, name = sort
    lines = [Line("DTSTART", f"{walls[0]:%Y%m%dT%H%M%S}"), Line("TZNAME", name)]
    lines += [Line("TZOFFSETFROM", _written(before)), Line("TZOFFSETTO", _written(after))]
    rule = _yearly(walls)
    if rule:
        lines.append(Line("RRULE", rule))
    elif len(walls) > 1:
        lines.append(Line("RDATE", ",".join(f"{wall:%Y%m%dT%H%M%S}" for wall in walls[1:])))
    return block("DAYLIGHT" if after > before else "STANDARD", *lines)


def _written(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}"


def _yearly(walls: list[datetime]) -> str:
    """The yearly rule that gives just these walls, "" if there is none."""
    years = [wall.year for wall in walls]
    if len(walls) < 5 or years != list(range(years[0], years[0] + len(years))):
        return ""
    for place in (_from_end, _from_start):
        found = {(wall.month, place(wall), wall.weekday(), wall.time()) for wall in walls}
        if len(found) == 1:
            return f"FREQ=YEARLY;BYMONTH={walls[0].month};BYDAY={place(walls[0])}{_DAYS[walls[0].weekday()]}"
    return ""


def _from_end(wall: datetime) -> int:
    return -((gregorian.monthrange(wall.year, wall.month)[1] - wall.day) // 7 + 1)


def _from_start(wall: datetime) -> int:
    return (wall.day - 1) // 7 + 1
