"""What a person is shown before anything happens, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nearhand.connectors.base import Risk


@dataclass(frozen=True, slots=True)
class Card:
    """One plan, in plain words. The line that other people will see comes first."""

    lines: tuple[str, ...]
    """What will happen, one line for each change."""
    reasons: tuple[str, ...] = ()
    """Why it is asked."""
    diff: str = ""
    risk: Risk = Risk.REVERSIBLE
    confidence: float = 1.0


Approve = Callable[[Card], bool]
"""Says yes or no to a card."""
