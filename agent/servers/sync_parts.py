"""What a person wishes of a synchronization, and what came of it: values that front ends, daemon and app share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Tell = Callable[[str, int, int], None]
"""(what, done, of how many); may raise to stop."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants of one run."""

    dry: bool = False
    account: str = ""
    """Only this one; "" is all."""
    accept: frozenset[str] = frozenset()
    """Names of calendars, lists and accounts' mail that may be found empty."""

    def accepts(self, name: str) -> bool:
        """Whether everything in a place may be gone."""
        return name.casefold() in self.accept


@dataclass(slots=True)
class Part:
    """What became of one area of one account."""

    account: str
    area: str
    """mail, calendar, contacts or outbox."""
    changes: list[str] = field(default_factory=list)
    """What changed, or would change, in words; one line may stand for many mails."""
    count: int = 0
    """How many mails, entries and folders these are."""
    troubles: list[str] = field(default_factory=list)
    """What went wrong, or has to be known."""


def outcome(parts: Iterable[Part], dry: bool = False) -> str:
    """Say in one sentence how much was changed, or would be."""
    count = sum(part.count for part in parts)
    if not count:
        return "Everything is in step."
    many = f"{count} change{'' if count == 1 else 's'}"
    return f"{many} would be made. Nothing was changed." if dry else f"{many} made."
