"""The queue of what waits for the person: plans that nobody answered, and what rules may not do alone.

It is the journal's own list of planned turns, so nothing can wait twice or be lost, and nothing ever runs because time
has passed. An approval binds to the digest of the plan and of the versions it touches; if they have changed, it fails
and is asked anew. Deliberately not here: approving (`loop.py`) and running (`execute.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from nearhand.agent.effects.records import Entry
from nearhand.agent.effects.steps import Later
from nearhand.agent.loop import Engine
from nearhand.connectors.base import Effect, Risk
from nearhand.connectors.errors import NearhandError

_MOST = 50
"""Lines of one plan that are shown."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One plan in the queue."""

    id: int
    """The number of its turn, for `nearhand approve` and `reject`."""
    at: datetime
    request: str
    risk: Risk
    lines: tuple[str, ...]
    """What would be done, as it looks now."""
    cut_off: bool = False
    """It was approved, but its process ended before anything was done."""
    letters: str = ""
    """The mails in it, in full, as a diff: nobody approves words that they cannot read."""

    def to_json(self) -> dict[str, object]:
        """As `nearhand approve --json` lists it."""
        return {
            "id": self.id, "at": self.at.isoformat(), "request": self.request, "risk": self.risk.name.lower(),
            "lines": list(self.lines), "cut_off": self.cut_off, "letters": self.letters,
        }  # fmt: skip


def waiting(engine: Engine) -> tuple[Waiting, ...]:
    """Everything that waits, the oldest first."""
    return tuple(
        Waiting(e.id, e.at, e.turn.request, e.turn.risk, tuple(_lines(engine, e)), not e.open, _letters(engine, e))
        for e in (*engine.journal.waiting(), *engine.journal.cut_off())
    )


def from_json(found: dict[str, object]) -> Waiting:
    """What `to_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
    lines = found["lines"]
    if not isinstance(lines, list):
        raise TypeError(lines)
    return Waiting(
        int(str(found["id"])), datetime.fromisoformat(str(found["at"])), str(found["request"]),
        Risk[str(found["risk"]).upper()], tuple(map(str, lines)), bool(found["cut_off"]),
        str(found["letters"]),
    )  # fmt: skip


def _lines(engine: Engine, entry: Entry) -> Iterator[str]:
    count = 0
    for step in entry.steps:
        for said in (step.text,) if isinstance(step, Later) else (_said(engine, each) for each in step.effects):
            count += 1
            if count > _MOST:
                yield "… and more."
                return
            yield said


def _letters(engine: Engine, entry: Entry) -> str:
    effects = [each for step in entry.steps if not isinstance(step, Later) for each in step.effects]
    mails = [each for each in effects if each.connector == "mail" and each.verb == "add"][:_MOST]
    found: list[str] = []
    for mail in mails:
        with suppress(NearhandError):  # it is said among the lines
            found.append(engine.home.need("mail").preview(mail).diff)
    return "\n".join(found)


def _said(engine: Engine, effect: Effect) -> str:
    try:
        return engine.home.need(effect.connector).preview(effect).text
    except NearhandError as error:
        return f"(It can no longer be done as it was shown: {error})"
