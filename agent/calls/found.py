"""What a step of a running plan works on: its words, what earlier steps came to, and the home to look in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nearhand.agent.asking import QuestionError
from nearhand.agent.effects.steps import Made
from nearhand.connectors.base import Item, Span
from nearhand.models.language import Enum, Quote, Ref, Step

if TYPE_CHECKING:
    from nearhand.agent.home import Home


@dataclass(frozen=True, slots=True)
class Found:
    """What a step came to: items of the index, or a promise of what it will make."""

    items: tuple[Item, ...] = ()
    made: int | None = None
    """The number (from 0) of the changing step whose products these will be."""
    spans: tuple[Span, ...] = ()
    """Free times."""
    named: tuple[str, ...] = ()
    """The people that a step which makes something was said to be about, in the words of the request."""
    text: str = ""
    """What a larger model wrote."""


@dataclass(frozen=True, slots=True)
class Words:
    """One step with the means to understand its words."""

    step: Step
    request: str
    home: Home
    results: Sequence[Found]
    """What the steps before it came to; number n of the plan is at n - 1."""
    before: Found = field(default_factory=Found)
    """What the turn before came to ($0)."""
    number: int = 0
    """How many acts the steps before it have."""

    def has(self, *slots: str) -> bool:
        return self.step.has(*slots)

    def quotes(self, slot: str) -> tuple[str, ...]:
        return tuple(value.text for value in self.step.values(slot) if isinstance(value, Quote))

    def quote(self, slot: str) -> str:
        """The words of a slot; "" if there are none. Words said in two places are joined."""
        return " ".join(self.quotes(slot))

    def enums(self, slot: str) -> tuple[str, ...]:
        return tuple(value.word for value in self.step.values(slot) if isinstance(value, Enum))

    def enum(self, slot: str) -> str | None:
        return next(iter(self.enums(slot)), None)

    def refs(self, slot: str) -> tuple[Found, ...]:
        """What the references of a slot point at."""
        return tuple(self.at(value.step) for value in self.step.values(slot) if isinstance(value, Ref))

    def at(self, number: int) -> Found:
        """What step `number` came to; 0 is the turn before."""
        if number == 0:
            if self.before == Found():
                raise QuestionError("what", "What do you mean? Nothing was found or made just before this.")
            return self.before
        return self.results[number - 1] if number <= len(self.results) else Found()

    def mades(self, slot: str) -> tuple[Made, ...]:
        """Promises among the references of a slot."""
        return tuple(Made(found.made) for found in self.refs(slot) if found.made is not None)
