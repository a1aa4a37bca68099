"""What a person is shown before anything happens, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearhand.connectors.base import Item, Risk

if TYPE_CHECKING:
    from nearhand.agent.policy.grants import Grant
    from nearhand.models.language import Plan


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a step."""

    slot: str
    said: str
    """The person's words; "" where code filled it in."""
    means: str = ""
    """What code made of them, where that is not the same."""


@dataclass(frozen=True, slots=True)
class CardStep:
    """One step of a card, for looking at closely and for changing."""

    number: int
    """Its place in the plan, from 0."""
    action: str
    risk: Risk
    lines: tuple[str, ...]
    arguments: tuple[Argument, ...] = ()
    items: tuple[Item, ...] = ()
    count: int = 1
    """How many things it touches."""
    diff: str = ""


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
    sure: float = 0.0
    """Below this confidence it is worth saying so."""
    plan: Plan | None = None
    steps: tuple[CardStep, ...] = ()
    grants: tuple[Grant, ...] = ()
    """What "always for this" would grant; empty where nothing narrow would do."""
    unread: bool = False
    """Whether it holds a text that a model wrote, or a larger model planned it: a yes that was given before does not
    count for it."""


Approve = Callable[[Card], bool | None]
"""Says yes or no to a card, or nothing: then it waits."""


def beforehand(card: Card) -> bool | None:
    """The yes of somebody who has not seen the card (--yes)."""
    return None if card.unread else True
