"""Cards on their way to a client, so that it can show, grant and change what it would alone; and what is pointed at.

A card from the wire is only looked at: what is done is what the daemon holds, and it asks again for a changed plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from nearhand.agent.approve import Argument, Card, CardStep
from nearhand.agent.daemon.protocol import WireError
from nearhand.agent.daemon.protocol_replies import a_number, checked, guarded, items_read, items_written, texts
from nearhand.agent.effects.encoding import Json
from nearhand.agent.errors import JournalError
from nearhand.agent.policy.grants import Grant
from nearhand.connectors.base import Item, Risk
from nearhand.models.language import parse

LATER = "later"
"""What a client says to a card that is to wait."""


def card_written(card: Card) -> dict[str, Json]:
    """A card as JSON."""
    return {
        "lines": list(card.lines), "reasons": list(card.reasons), "diff": card.diff, "risk": int(card.risk),
        "confidence": card.confidence, "sure": card.sure, "plan": None if card.plan is None else str(card.plan),
        "steps": [_step(each) for each in card.steps], "grants": [_grant(each) for each in card.grants],
        "unread": card.unread,
    }  # fmt: skip


def _step(step: CardStep) -> Json:
    return {
        "number": step.number, "action": step.action, "risk": int(step.risk), "lines": list(step.lines),
        "arguments": [[each.slot, each.said, each.means] for each in step.arguments],
        "items": items_written(step.items), "count": step.count, "diff": step.diff,
    }  # fmt: skip


def _grant(grant: Grant) -> Json:
    return [grant.action, grant.scope, grant.until.isoformat()]


def card_read(found: object) -> Card:
    """The card that `card_written` made JSON of; raises WireError for anything else."""
    return guarded(_card, found)


def _card(found: Mapping[str, object]) -> Card:
    plan = found["plan"]
    return Card(
        texts(found["lines"]), texts(found["reasons"]), checked(found["diff"], str), Risk(checked(found["risk"], int)),
        a_number(found["confidence"]), a_number(found["sure"]), None if plan is None else parse(checked(plan, str)),
        tuple(_read_step(checked(each, dict)) for each in checked(found["steps"], list)),
        tuple(_read_grant(texts(each)) for each in checked(found["grants"], list)), checked(found["unread"], bool),
    )  # fmt: skip


def _read_step(found: Mapping[str, Json]) -> CardStep:
    arguments = tuple(Argument(*_three(texts(each))) for each in checked(found["arguments"], list))
    return CardStep(
        checked(found["number"], int), checked(found["action"], str), Risk(checked(found["risk"], int)),
        texts(found["lines"]), arguments, items_read(checked(found["items"], list)), checked(found["count"], int),
        checked(found["diff"], str),
    )  # fmt: skip


def _read_grant(found: Sequence[str]) -> Grant:
    action, scope, until = _three(found)
    return Grant(action, scope, datetime.fromisoformat(until))


def _three(found: Sequence[str]) -> tuple[str, str, str]:
    first, second, third = found
    return first, second, third


def pointed_read(found: Sequence[object]) -> tuple[Item, ...]:
    """What a client pointed at; raises WireError for anything but items."""
    try:
        return items_read(checked(list(found), list))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, JournalError) as error:
        raise WireError("“items” holds something that is no item, so nothing was done.") from error
