"""What can be taken out of a text: values of a closed set of types, each with the sentence that it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from nearhand.connectors.base import Source, Span

MAX_VALUE = 200


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money."""

    number: Decimal
    currency: str
    """ISO 4217, such as EUR."""

    def __str__(self) -> str:
        return f"{self.number} {self.currency}"


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day of the year, with the year of birth if it was said."""

    month: int
    day: int
    year: int | None = None

    def __str__(self) -> str:
        named = date(self.year or 2000, self.month, self.day)
        return f"{named.day} {named:%B}" + (f" {self.year}" if self.year else "")


Value = str | Span | Amount | Birthday


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value and the stretch of the text that it was read from."""

    value: Value
    at: int
    end: int
    cue: float = 0.0
    """How strongly the words around it say that it is this sort of thing, 0 to 1."""
    others: tuple[Span, ...] = ()
    """Other sensible readings of the same words ("03/04")."""


@dataclass(frozen=True, slots=True)
class Found:
    """A typed value out of a text that others wrote."""

    field: str
    """One of `catalogue.FIELDS`."""
    value: Value
    written: str
    """The words it was read from."""
    quote: str
    """The sentence or line it stands in: at most 200 characters, one line."""
    at: int
    """Position of the words in the text."""
    score: float
    """Nearness to what it should be about; higher is better, comparable within one text."""
    others: tuple[Span, ...] = ()
    source: Source = Source.OUTSIDE


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What a text says about the event that it announces."""

    when: Span | None
    place: str | None
    title: str | None
    found: tuple[Found, ...] = ()
    """The values with their quotes, for the card."""
