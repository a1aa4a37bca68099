"""One thing a plan step will do, ready for policy, card and executor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nearhand.agent.effects.steps import Made
from nearhand.agent.policy.rules import Origin, Role, Value
from nearhand.connectors.base import Call, Effect, Person


@dataclass(frozen=True, slots=True)
class Act:
    """A call for one connector; `effects` are given where they are known already and no call describes them."""

    connector: str
    call: Call
    effects: tuple[Effect, ...] | None = None
    values: tuple[Value, ...] = ()
    """What matters for safety: recipients and paths, with where they come from."""
    text: str = ""
    """What the card says where no effect can say it yet."""
    made: tuple[int, ...] = ()
    """Earlier acts whose products are added to the items."""

    @property
    def waits(self) -> bool:
        """Whether it needs what an earlier act makes."""
        held = (part for value in self.call.args.values() for part in (value if isinstance(value, tuple) else (value,)))
        return bool(self.made) or any(isinstance(part, Made) for part in held)


def recipients(people: Iterable[Person], origins: dict[str, Origin]) -> tuple[Value, ...]:
    """Recipients as policy sees them; an address that nobody vouches for counts as written by others."""
    return tuple(
        Value(Role.RECIPIENT, person.address, origins.get(person.address.casefold(), Origin.OUTSIDE))
        for person in people
    )


def addresses(values: Iterable[Value]) -> tuple[str, ...]:
    """The addresses among some values, each once, in order."""
    return tuple(dict.fromkeys(value.text.casefold() for value in values if value.role is Role.RECIPIENT))


def path(text: str) -> Value:
    """A folder that code found among the person's own."""
    return Value(Role.PATH, text, Origin.OWN)
