"""The hours of the day and the days of the week in which the things of a rule come, or are themselves.

    after 6 pm, before 8, between 9 and 5, at night      these hours of every day
    on weekdays, at weekends, Mondays      these days of every week
    after 6 on weekdays      both
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from nearhand.agent.resolve.when import spans as times
from nearhand.agent.resolve.when.types import Clock, Repeat

_NAMED = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days"
_DAYS = re.compile(
    r"\b(?:(?:on|at|over|during)\s+)?(?:the\s+|all\s+|every\s+)?"
    rf"(?P<days>week(?:day|end)s?|work(?:ing )?days?|monday (?:to|through) friday|{_NAMED}|week\b)",
    re.I,
)
_NIGHT = re.compile(r"(?:(?:at|by|(?:in|during|through) the) )?nights?", re.I)
_LEADING = re.compile(r"^(?:on|at|over|during)\s+(?:an?\s+|the\s+)?", re.I)
_ONCE = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|this|next|last|coming|of|now|until|till|up to|as long)\b", re.I
)
_NAMES_OF_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ANOTHER_DAY = timedelta(days=40)


def hours(said: str, clock: Clock) -> Repeat | None:
    """Read hours of the day, days of the week or both; None if the words name one day only, or something else."""
    if _ONCE.search(said):
        return None
    plain = "overnight" if _NIGHT.fullmatch(said.strip()) else said
    found = _DAYS.search(plain)
    if found is None:
        return _daily(plain, clock)
    if (whole := times.repeat(f"every {_LEADING.sub('', plain)}", clock)) and "BYDAY" in whole.rrule:
        return whole
    days = times.repeat(f"every {_one(found['days'])}", clock)
    rest = (plain[: found.start()] + plain[found.end() :]).strip(" ,")
    if not rest:
        return days
    part = _daily(rest, clock)
    return replace(part, rrule=days.rrule) if part and days else None


def within(when: datetime, at: Repeat, clock: Clock) -> bool:
    """Whether a moment is in them; of hours that go on past midnight the day is the one on which they begin."""
    start, end = at.first.start, at.first.end
    if start is None:
        return False
    days = re.search(r"BYDAY=([A-Z,]+)", at.rrule)
    fit = days[1].split(",") if days else _NAMES_OF_DAYS if "DAILY" in at.rrule else [_NAMES_OF_DAYS[start.weekday()]]
    lasts = max((end or start) - start, timedelta(minutes=1))
    here = when.astimezone(clock.zone)
    today = here.replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    begun = (today - timedelta(days=back) for back in (0, 1))
    return any(begin <= here < begin + lasts and _NAMES_OF_DAYS[begin.weekday()] in fit for begin in begun)


def _one(days: str) -> str:
    """A name of days as `every` takes it: "every weekday", also for the week as against its end."""
    return "weekday" if days.casefold() == "week" else days.rstrip("sS")


def _daily(said: str, clock: Clock) -> Repeat | None:
    """Hours without a date: read from another day they are the same hours of that day."""
    here, there = (times.span(said, replace(clock, now=clock.now + ahead)) for ahead in (timedelta(), _ANOTHER_DAY))
    if len(here) != 1 or len(there) != 1 or here[0].span.grain not in ("minute", "part"):
        return None
    (start, end), later = ((each[0].span.start, each[0].span.end) for each in (here, there))
    if start is None or end is None or later != (start + _ANOTHER_DAY, end + _ANOTHER_DAY):
        return None
    if start.date() < clock.today < end.date() + timedelta(days=1) and end.time() != start.min.time():
        start, end = start + timedelta(days=1), end + timedelta(days=1)
    if start.date() != clock.today or not timedelta() < end - start < timedelta(days=1):
        return None
    return Repeat(replace(here[0].span, start=start, end=end), "FREQ=DAILY")
