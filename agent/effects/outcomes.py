"""What became of each effect of a turn, and how a person is told. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nearhand.agent.effects.records import State
from nearhand.connectors.base import Effect, Receipt
from nearhand.connectors.errors import NearhandError

STOPPED = "You stopped it before this."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one effect."""

    text: str
    """What it was to do."""
    state: State
    reason: str = ""
    """Evidence, or what went wrong."""
    effect: Effect | None = None
    """None for a later call that was never expanded."""
    receipt: Receipt | None = None
    id: int | None = None
    """Its number in the journal, if it got that far."""


def summary(outcomes: Sequence[Outcome]) -> str:
    """One text for the person: what went wrong, what was done, what was not."""
    done = [o.text for o in outcomes if o.state is State.DONE]
    wrong = [o for o in outcomes if o.state in (State.FAILED, State.UNKNOWN)]
    left = [o for o in outcomes if o.state is State.SKIPPED]
    said = [f"{o.text.rstrip('.')}: {o.reason}" for o in wrong]
    said += [STOPPED] if not wrong and any(o.reason == STOPPED for o in left) else []
    said += [f"Done, and can be undone: {_listed(done)}"] if done else []
    said += ["Nothing was done."] if not done and not any(o.state is State.UNKNOWN for o in wrong) else []
    said += [f"Not done: {_listed([o.text for o in left])}"] if left else []
    return " ".join(said)


def words(error: Exception) -> str:
    """An error as a sentence; one that is not ours is named, for a report."""
    if isinstance(error, NearhandError):
        return str(error)
    return f"Something unexpected happened ({type(error).__name__}: {error})."


def _listed(texts: Sequence[str], most: int = 5) -> str:
    more = f" … and {len(texts) - most} more." if len(texts) > most else ""
    return " ".join(texts[:most]) + more
