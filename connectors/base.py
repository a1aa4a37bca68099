"""The words of the field, as types. No I/O happens here.

Glossary
    item      one thing a person has: a file, a folder, a mail, an event, a task, a contact
    ref       the name of an item inside its connector; stable while the item stays where it is
    version   an opaque token that changes when the item changes (inode+size+mtime, etag, UID+flags)
    action    something a person can ask for, declared once in `catalogue.py`
    slot      a named place of an action that the person's words fill
    call      one action whose slots code has resolved to items, people, times and paths
    effect    the smallest change of the world: one verb on one ref; every call is a list of effects
    receipt   what an effect left behind, read back from the world
    inverse   the effect that takes an effect back; stored before the effect happens
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Protocol


class Risk(IntEnum):
    """How much an action can matter. There is no irreversible class, because no such action exists."""

    READ = 0
    REVERSIBLE = 1
    OUTWARD = 2


class Source(Enum):
    """Where a value comes from. A value from OUTSIDE never picks an action, a recipient, an account or a root."""

    USER = "user"
    OWN = "own"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: a display name and an address, either of which may be empty."""

    name: str = ""
    address: str = ""

    def __str__(self) -> str:
        if self.name and self.address:
            return f"{self.name} <{self.address}>"
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, half open: `start <= t < end`. Both ends are timezone-aware; None is an open end.

    An instant ("at 4") has `end == start`. `grain` says how finely it was said.
    """

    start: datetime | None
    end: datetime | None
    grain: str = "day"
    """One of: minute, part (of a day), day, week, month, year."""

    @property
    def instant(self) -> bool:
        return self.start is not None and self.start == self.end


@dataclass(frozen=True, slots=True)
class Shift:
    """An amount to move by: calendar months and days (wall clock), then exact time. Negative is earlier."""

    months: int = 0
    days: int = 0
    time: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing, as an index or a person sees it. Times are aware; `text` is what full-text search reads."""

    connector: str
    """files, mail, calendar, tasks or contacts."""
    ref: str
    version: str
    kind: str
    """file, folder, mail, event, task, list or contact; finer kinds are in `tags`."""
    title: str
    """File name, subject, summary, or full name."""
    place: str = ""
    """Folder path under its root, mailbox, calendar or list it lies in."""
    when: datetime | None = None
    """Modification, receipt, start or due time."""
    end: datetime | None = None
    """End of an event (exclusive)."""
    all_day: bool = False
    size: int = 0
    """Bytes."""
    people: tuple[tuple[str, Person], ...] = ()
    """(role, person): from, to, cc, organizer, attendee, or self for a contact."""
    tags: frozenset[str] = frozenset()
    """Enum words of the catalogue that hold: kinds (photo, pdf, newsletter) and states (unread, flagged, recurring)."""
    text: str = ""
    source: Source = Source.OWN
    extra: Mapping[str, str] = field(default_factory=dict)
    """What one connector wants to remember (message-id, thread, rrule, location, phone), all strings."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One verb on one ref. Everything in it can be written to the journal as JSON and read back equal."""

    connector: str
    verb: str
    ref: str
    """What it touches: the ref as it is *before* the effect ("" where the effect makes something new)."""
    seen: str = ""
    """The version the plan was made for; "" means there must be nothing there."""
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an effect left behind, read back from the world after it happened."""

    effect: Effect
    ref: str
    """Where the thing is now."""
    version: str
    evidence: str
    """One plain sentence: what was looked at to know it is done."""


class World(Enum):
    """What looking at the world says about an effect whose receipt is missing."""

    BEFORE = "before"
    AFTER = "after"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Call:
    """One action with every slot resolved by code.

    `items` are what the selecting slots found. `args` holds the rest by slot name: str, Span, Shift, timedelta,
    Person tuples, paths (str), repeat rules (RRULE text) and enum words.
    """

    action: str
    items: tuple[Item, ...] = ()
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person is shown before an effect: one sentence, and a unified diff where something changes."""

    text: str
    diff: str = ""


class Connector(Protocol):
    """A place where items live. `scan` and `load` feed the index, `expand` and `apply` act.

    A crash is decided by `probe`, never by guessing: it looks whether the world is as before or as after an effect.
    """

    name: str

    def scan(self) -> Iterator[tuple[str, str]]:
        """Yield (ref, version) of every item, cheaply, without parsing."""

    def load(self, ref: str) -> Item:
        """Read and parse one item. Raises NotFoundError, LimitError or UnreadableError."""

    def expand(self, call: Call) -> Sequence[Effect]:
        """Turn a call into effects without touching the world; deterministic for the same world."""

    def preview(self, effect: Effect) -> Preview:
        """Say what the effect will do; pure."""

    def inverse(self, effect: Effect) -> Effect:
        """The effect that takes this one back; computed before it, and enough on its own to do so."""

    def apply(self, effect: Effect) -> Receipt:
        """Do it durably, then read it back. Raises ConflictError if the world has moved on."""

    def probe(self, effect: Effect) -> World:
        """Look whether the effect has happened."""
