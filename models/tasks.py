"""What a larger model is asked for, and what it gives back: values. Deliberately not here: any runtime."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """A text to be written."""

    rules: str
    """How: the same for every text of a kind."""
    request: str
    """What: the words of the person."""
    content: str = ""
    """What it is about; others may have written it."""
    most: int = 400
    """Tokens that the text may have."""
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to be planned."""

    request: str
    before: tuple[str, str] | None = None
    """The turn before, if this one leans on it: what was said, and its plan in the plan language."""
    most: int = 400
    """Tokens that the calls may have."""
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Written:
    """A text that a model wrote."""

    text: str
    read: int = 0
    """How many characters of the content it was given."""
    cut: str = ""
    """Why it ends early: length or time; "" if it ended by itself."""
