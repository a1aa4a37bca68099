"""Decides what became of an effect by looking at the world, never by guessing: after a crash, or after an odd error.

An effect whose connector is missing or cannot look right now stays open and is looked at again next time.
"""

from __future__ import annotations

from collections.abc import Mapping

from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outcomes import Outcome, words
from nearhand.agent.effects.records import Record, State
from nearhand.connectors.base import Connector, Receipt, World

_CRASH = "It was cut off by a crash."


def settle_open(journal: Journal, connectors: Mapping[str, Connector]) -> tuple[Outcome, ...]:
    """Decide every open intent; hold the right to act, so that none of them is still under way elsewhere."""
    return tuple(settle(journal, connectors, record) for record in journal.open_intents())


def settle(
    journal: Journal, connectors: Mapping[str, Connector], record: Record, error: Exception | None = None
) -> Outcome:
    """Look, and write down what was seen: done, failed (nothing changed) or unknown."""
    said = words(error) if error else ""
    try:
        world = connectors[record.effect.connector].probe(record.effect)
    except Exception as unseen:
        blind = f"“{record.effect.connector}” is not connected." if isinstance(unseen, KeyError) else words(unseen)
        reason = f"{said or _CRASH} It cannot be looked at now: {blind} It will be when Nearhand starts next."
        return Outcome(record.text, State.UNKNOWN, reason, record.effect, id=record.id)
    match world:
        case World.AFTER:
            return _done(journal, record, f"Looked: it is done. {said}" if said else "Found done after a crash.")
        case World.BEFORE:
            reason = f"{said or _CRASH} It was not done, and nothing has changed."
            journal.failed(record.id, reason)
            return Outcome(record.text, State.FAILED, reason, record.effect, id=record.id)
    reason = f"{said or _CRASH} What is there now is neither as before nor as after: look at it."
    journal.unknown(record.id, reason)
    return Outcome(record.text, State.UNKNOWN, reason, record.effect, id=record.id)


def _done(journal: Journal, record: Record, evidence: str) -> Outcome:
    """The inverse knows where the thing is now and how it looks: it was made to find it there."""
    ref, version = record.inverse.ref, record.inverse.seen
    journal.done(record.id, ref, version, evidence)
    receipt = Receipt(record.effect, ref, version, evidence)
    return Outcome(record.text, State.DONE, evidence, record.effect, receipt, record.id)
