"""What is looked for, with every word already understood except those that name the thing itself.

Deliberately not here: reading a request (`resolve/`), and searching (`index.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearhand.connectors.base import Person, Span

Role = str
"""from, to, cc, organizer, attendee, self ... as in `Item.people`."""


@dataclass(frozen=True, slots=True)
class Query:
    """The selecting slots of one step. What is left at its default does not narrow the search."""

    area: str
    """files, mail, calendar, tasks or contacts."""
    words: tuple[str, ...] = ()
    """The `what` quotes: words of its name, title, subject or content."""
    joined: Literal["guess", "all", "any"] = "guess"
    """How several quotes go together: one thing they all describe, one thing each, or decided by what is there."""
    kinds: tuple[str, ...] = ()
    """Enum words; any of them is enough, except that scanned PDFs are both."""
    place: str | None = None
    """A folder (its absolute path, or a name, or the end of a path), mailbox, calendar or list; with all inside it."""
    people: tuple[tuple[Role | None, Person | str], ...] = ()
    """All of them must take part; no role means any role."""
    span: Span | None = None
    size: tuple[int | None, int | None] = (None, None)
    """Bytes, at least and at most."""
    states: tuple[str, ...] = ()
    """Enum words that must all hold."""
    which: str | None = None
    """Which of several, counted in order of time, or by size."""
    count: int | None = None
    """How many `which` takes. Without `which` nothing is cut: the caller shows the first ones, or asks."""
    except_words: tuple[str, ...] = ()
    """What to leave out: words of title, place or people, or a word for a kind or a state."""
    refs: tuple[str, ...] | None = None
    """Only among these things; for asking whether something that has just come is selected."""
