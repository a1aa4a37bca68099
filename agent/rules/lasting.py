"""What the `when` of a rule about things that come means: how long they wait first, or from when until when it holds.

    after 3 days, older than a week, four days      how long a thing has to be there
    until Friday, between the 5th and the 12th, August      when the rule begins and ends
    after 6 pm, on weekdays, at night       when a thing has to come; of events and tasks, when they are
    on Friday afternoon (of events and tasks)       what the time of the thing itself has to be
    until I'm back on the 9th                       the day that is said, whatever the person does until then
    while I'm away, until I'm back                  no end that anybody could know; the person pauses it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from nearhand.agent.resolve.when import spans as times
from nearhand.agent.resolve.when.types import Clock, Repeat
from nearhand.agent.resolve.when.words import MONTHS
from nearhand.agent.rules.hours import hours, within
from nearhand.connectors.base import Item

_DELAY = re.compile(
    r"^(?:after|older than|more than|over|for(?: more than)?|(?:once|when) (?:they|it)(?:['’]s|['’]re| is| are))\s+"
    r"(?P<how>.+?)(?:\s+old)?$|^(?P<late>.+?)\s+(?:old|later|after(?:wards)?)$",
    re.I,
)  # fmt: skip
_UNTIL = re.compile(r"^(?:until|till|as long as|up to|before|through)\b", re.I)
_SPAN = re.compile(r"^(?:(?:till|until|up to)\s+)", re.I)
_WINDOW = re.compile(
    r"^(?:between|from|during|over|starting|as of|the (?:next|coming)|the (?:week|month|rest) (?:of|from))\b"
    rf"|^(?:in |all )?(?:{'|'.join(MONTHS)})\b"
    r"|^(?:this|next) (?:week|weekend|month)$"
    r"|\b(?:to|through|until|till)\b|-",
    re.I,
)
_AWAY = re.compile(r"^(?:while|when|as long as|whenever)\s+(?:i|we)\s*(?:'m|’m|'re|’re|am|are)\b", re.I)
_ONESELF = re.compile(
    r"^(?:until|till)\s+(?:i|we)\s*(?:'m|’m|'re|’re|am|are|get|come)\s+\w+(?:\s+again)?\b[\s,]*", re.I
)


@dataclass(frozen=True, slots=True)
class Lasting:
    """What the words mean; nothing of it is set where they only say that it goes on until the person ends it."""

    delay: timedelta | None = None
    begins: datetime | None = None
    until: datetime | None = None
    at: Repeat | None = None
    """The days, and the part of them, on which the thing has to come, or itself has to be."""


def lasting(said: str, clock: Clock, timed: bool) -> Lasting | None:
    """Read them; `timed` is whether the things have a time of their own. None if they mean nothing here."""
    if (delay := _delayed(said)) is not None:
        return Lasting(delay=delay)
    if (part := hours(said, clock)) is not None:
        return Lasting(at=part)
    if (ends := _ends(said, clock)) is not None:
        return Lasting(until=ends)
    if _AWAY.match(said) or _ONESELF.fullmatch(said):
        return Lasting()
    readings = times.span(said, clock) if _WINDOW.search(said) else ()
    if len(readings) == 1 and (readings[0].span.start or readings[0].span.end):
        span = readings[0].span
        return Lasting(begins=span.start, until=span.end if span.end != span.start else None)
    weekly = times.repeat(f"every {re.sub(r'^(?:on )?(?:an? )?', '', said, flags=re.I)}", clock) if timed else None
    return Lasting(at=weekly) if weekly and weekly.rrule.startswith("FREQ=WEEKLY") else None


def _delayed(said: str) -> timedelta | None:
    found = _DELAY.match(said)
    how = found["how"] or found["late"] if found else said
    shift = times.amount(re.sub(r"\bnight(s?)$", r"day\1", how, flags=re.I), "")
    if shift is None:
        return None
    return abs(timedelta(days=shift.days + 30 * shift.months) + shift.time)


def _ends(said: str, clock: Clock) -> datetime | None:
    """The end of "until the end of February"."""
    if not _UNTIL.match(said):
        return None
    said = _ONESELF.sub("until ", said)
    readings = times.span(said, clock) or times.span(_SPAN.sub("", said), clock)
    return readings[0].span.end or readings[0].span.start if readings else None


def in_days(span: timedelta) -> str:
    """A length of time in words."""
    minutes = int(span.total_seconds()) // 60
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes % size == 0:
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("every number of minutes is a number of minutes")


def fits(item: Item, at: Repeat, clock: Clock) -> bool:
    """Whether the time of a thing is one of those."""
    if item.when is None or (item.all_day and at.first.grain in ("minute", "part")):
        return False
    return within(item.when, at, clock)
