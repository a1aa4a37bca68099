"""What a rule may do without asking: exactly these actions, into or within exactly these places, for a time.

A grant is fixed when the rule is made, stands readable in its file, is listed, ends by itself, and is worth nothing in
a file that was changed by hand until the person has said yes to it again. Whatever other people see is never granted.
Deliberately not here: asking, and what the words of a rule mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from nearhand.agent.calls.act import Act
from nearhand.connectors.base import Call, Item, Risk
from nearhand.connectors.catalogue import ACTIONS

LASTS = timedelta(days=365)
"""How long a grant holds, unless the person writes another day into the file."""
MOST = 50
"""How many things a rule may act on at once without asking, unless the person writes another number."""


@dataclass(frozen=True, slots=True)
class Permit:
    """One action, and where."""

    action: str
    to: str = ""
    """The folder, mailbox or list that things go to; "" for an action that has none."""
    within: str = ""
    """The place in which things are chosen or made; "" for what set the rule off."""

    def covers(self, act: Act) -> bool:
        """Whether exactly this may be done."""
        call = act.call
        if call.action != self.action or ACTIONS[call.action].risk is not Risk.REVERSIBLE:
            return False
        within = self.within in ("", made_in(call), _around(call.items, self.within)) or _packs(call, self.within)
        return within and self.to == target(call)

    def __str__(self) -> str:
        doc = ACTIONS[self.action].doc.rstrip(".")
        return doc + (f": {self.to}" if self.to else "") + (f" (in {self.within})" if self.within else "")


@dataclass(frozen=True, slots=True)
class Grant:
    """Everything that a rule may do alone."""

    may: tuple[Permit, ...] = ()
    until: date | None = None
    """The day on which it ends."""
    most: int = MOST
    means: Mapping[str, str] = field(default_factory=dict)
    """What words of the rule were found to mean when it was made: places, and people that were picked."""

    def holds(self, today: date) -> bool:
        """Whether it has not ended."""
        return self.until is None or today < self.until

    def refuses(self, acts: Sequence[Act]) -> str:
        """Why it does not cover these acts; "" if it does."""
        for act in acts:
            if not any(permit.covers(act) for permit in self.may):
                doc = ACTIONS[act.call.action].doc.rstrip(".")
                return f"The rule may not do this alone: {doc[:1].lower()}{doc[1:]}."
        return ""


def target(call: Call) -> str:
    """The folder, mailbox or list that a call moves things to; "" where it is a time, or what an earlier step makes."""
    to = call.args.get("to")
    return to if isinstance(to, str) else ""


def made_in(call: Call) -> str:
    """The list, calendar or folder that something new is made in."""
    place = call.args.get("in")
    return place if isinstance(place, str) else ""


def _around(items: Sequence[Item], place: str) -> str | None:
    """The place, if every item lies in it."""
    inside = all(_lies(item, place) for item in items)
    return place if items and inside else None


def _packs(call: Call, folder: str) -> bool:
    """Whether the place itself is packed, which leaves it as it is."""
    return call.action == "files.zip" and bool(call.items) and all(item.ref == folder for item in call.items)


def _lies(item: Item, place: str) -> bool:
    if item.connector == "files":
        return item.ref.startswith(place.rstrip("/") + "/")
    return item.place == place or item.place.startswith(f"{place}/")
