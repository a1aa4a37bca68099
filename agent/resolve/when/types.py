"""What goes into and comes out of the time grammar. No parsing happens here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Literal

from nearhand.connectors.base import Span

Prefer = Literal["future", "past", "near"]
"""Which occurrence of "Friday" is meant where the words leave it open: the next, the last, or the closest one."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The person's now, with the habits that reading a time needs."""

    now: datetime
    week_start: int = 0
    """0 is Monday, 6 is Sunday."""
    work_start: time = time(9)
    work_end: time = time(17)

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("The clock needs a time zone: give it an aware datetime.")

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def zone(self) -> tzinfo:
        assert self.now.tzinfo is not None
        return self.now.tzinfo


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that the words can mean."""

    span: Span
    approximate: bool = False
    """Whether it was said loosely ("around 5", "early June", "two weeks ago")."""
    note: str = ""
    """What the person should know about this reading, such as an hour that the clocks skip."""


Readings = tuple[Reading, ...]
"""Empty: not understood. More than one: each is sensible, so the caller asks."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A recurrence: its first occurrence, its rule, and what is left out."""

    first: Span
    rrule: str
    """RFC 5545 RRULE text without the property name. UNTIL is in UTC, or a date when `first` is all day."""
    exclusions: tuple[Span, ...] = ()
    """Single stretches of time in which nothing takes place ("except next Tuesday")."""
    note: str = ""
