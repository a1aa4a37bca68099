"""Takes turns back, and takes that back again: the stored inverses, in reverse order, as a turn of their own.

Before anything moves every item is looked at; if one is no longer as the turn left it, nothing is undone and that one
is named, unless the person wants the rest (`partial`). Deliberately not here: working out inverses, which happened
before each effect, and finding the turns that "this morning" means (`Journal.turns`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outbox import has_gone
from nearhand.agent.effects.outcomes import Outcome, words
from nearhand.agent.effects.records import Entry, Kind, Record, State, Turn
from nearhand.agent.effects.renewal import renewed
from nearhand.agent.effects.steps import Ready
from nearhand.agent.errors import UndoError
from nearhand.agent.policy.digest import digest
from nearhand.agent.policy.touched import Touched
from nearhand.connectors.base import Connector, Effect, Risk, World
from nearhand.connectors.mail.mailboxes import OUTBOX


@dataclass(frozen=True, slots=True)
class Obstacle:
    """An effect that cannot be taken back now, and why."""

    record: Record
    reason: str


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing would do; nothing has been done yet."""

    turn: Turn
    step: Ready
    digest: str
    """What an approval binds to."""
    texts: tuple[str, ...]
    """For each effect of `step`: what it takes back."""
    obstacles: tuple[Obstacle, ...] = ()
    """What is left out."""
    back: tuple[Record, ...] = ()
    """What is already as it was, because somebody else took it back."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did."""

    turn: int
    """The turn of the undo, which can be taken back in turn."""
    outcomes: tuple[Outcome, ...]
    obstacles: tuple[Obstacle, ...]


def plan_undo(
    journal: Journal,
    connectors: Mapping[str, Connector],
    turns: Sequence[int] = (),
    *,
    now: datetime,
    partial: bool = False,
) -> UndoPlan:
    """Work out how to take back the turns, the last one if none is named; raises UndoError with the reason."""
    found = [journal.entry(turn) for turn in sorted(set(turns), reverse=True)] if turns else _last(journal)
    records = _done(found)
    if not records:
        raise UndoError(_nothing(found))
    if any(entry.turn.kind is Kind.POST for entry in found):
        raise UndoError("A mail that has gone cannot be taken back.")
    obstacles, back = _looked(journal, records, connectors)
    settled = {record.id for record in (*back, *(obstacle.record for obstacle in obstacles))}
    kept = [record for record in records if record.id not in settled]
    if obstacles and not (partial and kept):
        raise UndoError(_refusal(obstacles))
    step = Ready(tuple(record.inverse for record in kept), tuple(record.id for record in kept))
    texts = tuple(record.text for record in kept)
    turn = _turn(found, _risk(journal, found, step), now)
    return UndoPlan(turn, step, digest(turn.plan, (step,)), texts, tuple(obstacles), tuple(back))


def plan_redo(journal: Journal, connectors: Mapping[str, Connector], *, now: datetime) -> UndoPlan:
    """Work out how to take back the last undo; raises UndoError if there is none to take back."""
    last = journal.last_redoable()
    if last is None:
        raise UndoError("There is nothing to redo.")
    return plan_undo(journal, connectors, (last.id,), now=now)


def run_undo(executor: Executor, plan: UndoPlan) -> Undone:
    """Do what was planned; asking for it was its approval, so ask first where `plan.turn.risk` is OUTWARD."""
    turn = executor.journal.begin(plan.turn)
    executor.journal.approve(turn, plan.digest)
    outcomes = executor.run(turn, (plan.step,), plan.digest)
    for record in plan.back:
        executor.journal.undone(record.id, turn)
    return Undone(turn, outcomes, plan.obstacles)


def _last(journal: Journal) -> list[Entry]:
    last = journal.last_undoable()
    return [last] if last else []


def _done(found: Iterable[Entry]) -> list[Record]:
    """The effects that can be taken back, the newest first."""
    records = [record for entry in found for record in entry.effects if record.state is State.DONE]
    return sorted(records, key=lambda record: record.id, reverse=True)


def _turn(found: Sequence[Entry], risk: Risk, now: datetime) -> Turn:
    of = tuple(entry.id for entry in found)
    again = all(entry.turn.kind is Kind.UNDO for entry in found)
    word, kind = ("redo", Kind.REDO) if again else ("undo", Kind.UNDO)
    named = " ".join(map(str, of))
    return Turn(f"{word} {named}", f"agent.undo {named}", now, kind, risk, of)


def _risk(journal: Journal, found: Sequence[Entry], step: Ready) -> Risk:
    """Taking an undo back does the request again, mails and all; taking a request back reaches nobody."""
    if any(effect.connector == "mail" and effect.args.get("to") == OUTBOX for effect in step.effects):
        return Risk.OUTWARD
    again = [journal.entry(turn).turn.risk for entry in found if entry.turn.kind is Kind.UNDO for turn in entry.turn.of]
    return max(again, default=Risk.REVERSIBLE)


def _looked(
    journal: Journal, records: Sequence[Record], connectors: Mapping[str, Connector]
) -> tuple[list[Obstacle], list[Record]]:
    """Look at everything; what something later in the same undo puts back first may stand otherwise until then."""
    found: list[Obstacle] = []
    back: list[Record] = []
    stuck, later = Touched(), Touched()
    for number, record in enumerate(records):
        world, reason = _look(journal, record, connectors)
        first, pending = stuck.by(record), later.by(record) is not None
        if world is World.AFTER and not pending:
            back.append(record)
            continue
        later.add(record, number)
        if world is World.NEITHER and (first is not None or not pending):
            said = "" if first is None else f"what was done to it later cannot be undone ({found[first].reason})"
            stuck.add(record, len(found))
            found.append(Obstacle(record, said or reason))
    return found, back


def _look(journal: Journal, record: Record, connectors: Mapping[str, Connector]) -> tuple[World, str]:
    """How the world stands to the inverse of an effect, and why it cannot be applied if it cannot."""
    inverse = record.inverse
    if has_gone(journal, record):
        return World.NEITHER, "the mail has gone"
    if inverse.connector not in connectors:
        return World.NEITHER, f"“{inverse.connector}” is not connected"
    try:
        connector = connectors[inverse.connector]
        world = connector.probe(renewed(journal, connector, inverse))
    except Exception as error:
        return World.NEITHER, f"it cannot be looked at: {words(error)}"
    return world, f"{_named(inverse)} has changed since, or is gone"


def _named(effect: Effect) -> str:
    return effect.args.get("title") or effect.ref or "it"


def _refusal(obstacles: Sequence[Obstacle]) -> str:
    said = " ".join(f"“{o.record.text}” cannot be undone: {o.reason}." for o in obstacles[:5])
    more = f" And {len(obstacles) - 5} more." if len(obstacles) > 5 else ""
    return f"{said}{more} Nothing was undone. Put it right, or undo the rest without it."


def _nothing(found: Sequence[Entry]) -> str:
    if not found:
        return "There is nothing to undo."
    numbers = ", ".join(str(entry.id) for entry in found)
    gone = any(record.state is State.UNDONE for entry in found for record in entry.effects)
    return f"Turn {numbers} {'has already been undone' if gone else 'changed nothing'}."
