"""What a person can answer to a card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Yes:
    """Once, exactly this."""


@dataclass(frozen=True, slots=True)
class Always:
    """This, and from now on without asking."""


@dataclass(frozen=True, slots=True)
class No:
    """Not this."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Not this, but the same with another argument."""

    number: int
    slot: str
    text: str


Decision = Yes | Always | No | Edit
