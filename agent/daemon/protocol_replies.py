"""Replies on their way from the daemon to a client, and back into what they were.

All that a front end shows goes along. What it never shows stays behind: the text of items, the bytes in effects.
Deliberately not here: cards and what is pointed at (`protocol_cards.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from nearhand.agent.daemon.protocol import WireError
from nearhand.agent.effects.encoding import Json, decode, encode
from nearhand.agent.effects.outcomes import Outcome
from nearhand.agent.effects.records import State
from nearhand.agent.errors import JournalError
from nearhand.agent.reply import Reply, Result, Status
from nearhand.connectors.base import Effect, Item, Receipt
from nearhand.models.language import PlanError, parse

T = TypeVar("T")


def written(reply: Reply) -> dict[str, Json]:
    """A reply as JSON."""
    return {
        "status": reply.status.value, "request": reply.request, "answer": reply.answer,
        "plan": None if reply.plan is None else str(reply.plan), "results": [_result(each) for each in reply.results],
        "question": reply.question, "missing": reply.missing, "choices": list(reply.choices),
        "journal": list(reply.journal), "confidence": reply.confidence, "timings_ms": dict(reply.timings_ms),
    }  # fmt: skip


def _result(result: Result) -> Json:
    return {
        "action": result.action, "items": items_written(result.items),
        "outcomes": [_outcome(each) for each in result.outcomes], "lines": list(result.lines), "diff": result.diff,
        "facts": dict(result.facts), "skipped": result.skipped,
    }  # fmt: skip


def _outcome(outcome: Outcome) -> Json:
    receipt = outcome.receipt and replace(outcome.receipt, effect=_bare(outcome.receipt.effect))
    effect = outcome.effect and _bare(outcome.effect)
    return {
        "text": outcome.text, "state": outcome.state.value, "reason": outcome.reason, "id": outcome.id,
        "effect": encode(effect), "receipt": encode(receipt),
    }  # fmt: skip


def _bare(effect: Effect) -> Effect:
    return replace(effect, args={})


def read(found: object) -> Reply:
    """The reply that `written` made JSON of; raises WireError for anything else."""
    return guarded(_reply, found)


def _reply(found: Mapping[str, object]) -> Reply:
    plan = found["plan"]
    return Reply(
        status=Status(checked(found["status"], str)), request=checked(found["request"], str),
        answer=checked(found["answer"], str),
        plan=None if plan is None else parse(checked(plan, str)),
        results=tuple(_read_result(each) for each in checked(found["results"], list)),
        question=checked(found["question"], str), missing=checked(found["missing"], str),
        choices=texts(found["choices"]),
        journal=tuple(checked(each, int) for each in checked(found["journal"], list)),
        confidence=a_number(found["confidence"]),
        timings_ms={str(k): float(v) for k, v in checked(found["timings_ms"], dict).items()},
    )  # fmt: skip


def _read_result(found: dict[str, Json]) -> Result:
    facts = checked(found["facts"], dict)
    return Result(
        action=checked(found["action"], str),
        items=items_read(checked(found["items"], list)),
        outcomes=tuple(_read_outcome(each) for each in checked(found["outcomes"], list)),
        lines=texts(found["lines"]), diff=checked(found["diff"], str),
        facts={str(name): checked(value, str) for name, value in facts.items()}, skipped=checked(found["skipped"], str),
    )  # fmt: skip


def _read_outcome(found: dict[str, Json]) -> Outcome:
    effect, receipt, number = decode(found["effect"]), decode(found["receipt"]), found["id"]
    return Outcome(
        checked(found["text"], str), State(checked(found["state"], str)), checked(found["reason"], str),
        None if effect is None else checked(effect, Effect), None if receipt is None else checked(receipt, Receipt),
        None if number is None else checked(number, int),
    )  # fmt: skip


def items_written(items: Sequence[Item]) -> Json:
    """Items without their text."""
    return [encode(replace(item, text="")) for item in items]


def items_read(found: Sequence[Json]) -> tuple[Item, ...]:
    """The items that `items_written` made JSON of; raises TypeError, or what a wrong value raises."""
    return tuple(checked(decode(each), Item) for each in found)


def guarded(make: Callable[[Mapping[str, object]], T], found: object) -> T:
    """What is made of an object; raises WireError for anything else, or if it lacks something."""
    try:
        return make(checked(found, dict))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, JournalError, PlanError) as error:
        raise WireError("The background service gave an answer that cannot be read. Restart it: nearhand daemon stop, "
                        "then nearhand daemon start.") from error  # fmt: skip


def texts(found: object) -> tuple[str, ...]:
    """A list of texts."""
    each: Sequence[object] = checked(found, list)
    return tuple(checked(one, str) for one in each)


def a_number(value: object) -> float:
    """A number, whole or not."""
    return float(value) if isinstance(value, int) else checked(value, float)


def checked(value: object, sort: type[T]) -> T:
    """The value, if it is of this sort."""
    if not isinstance(value, sort):
        raise TypeError(value)
    return value
