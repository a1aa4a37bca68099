"""Replies and cards on their way from the daemon to a client, and back into what they were.

All that a front end shows goes along. What it never shows stays behind: the text of items, the bytes in effects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from nearhand.agent.approve import Card
from nearhand.agent.daemon.protocol import WireError
from nearhand.agent.effects.encoding import Json, decode, encode
from nearhand.agent.effects.outcomes import Outcome
from nearhand.agent.effects.records import State
from nearhand.agent.errors import JournalError
from nearhand.agent.reply import Reply, Result, Status
from nearhand.connectors.base import Effect, Item, Receipt, Risk
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
        "action": result.action, "items": [encode(replace(item, text="")) for item in result.items],
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
    return _guarded(_reply, found)


def _reply(found: Mapping[str, object]) -> Reply:
    plan = found["plan"]
    return Reply(
        status=Status(_is(found["status"], str)), request=_is(found["request"], str), answer=_is(found["answer"], str),
        plan=None if plan is None else parse(_is(plan, str)),
        results=tuple(_read_result(each) for each in _is(found["results"], list)),
        question=_is(found["question"], str), missing=_is(found["missing"], str), choices=_texts(found["choices"]),
        journal=tuple(_is(each, int) for each in _is(found["journal"], list)),
        confidence=_number(found["confidence"]),
        timings_ms={str(k): float(v) for k, v in _is(found["timings_ms"], dict).items()},
    )  # fmt: skip


def _read_result(found: dict[str, Json]) -> Result:
    facts = _is(found["facts"], dict)
    return Result(
        action=_is(found["action"], str),
        items=tuple(_is(decode(each), Item) for each in _is(found["items"], list)),
        outcomes=tuple(_read_outcome(each) for each in _is(found["outcomes"], list)),
        lines=_texts(found["lines"]), diff=_is(found["diff"], str),
        facts={str(name): _is(value, str) for name, value in facts.items()}, skipped=_is(found["skipped"], str),
    )  # fmt: skip


def _read_outcome(found: dict[str, Json]) -> Outcome:
    effect, receipt, number = decode(found["effect"]), decode(found["receipt"]), found["id"]
    return Outcome(
        _is(found["text"], str), State(_is(found["state"], str)), _is(found["reason"], str),
        None if effect is None else _is(effect, Effect), None if receipt is None else _is(receipt, Receipt),
        None if number is None else _is(number, int),
    )  # fmt: skip


def card_written(card: Card) -> dict[str, Json]:
    """A card as JSON; what can be edited on it stays behind."""
    return {"lines": list(card.lines), "reasons": list(card.reasons), "diff": card.diff, "risk": int(card.risk),
            "confidence": card.confidence, "sure": card.sure}  # fmt: skip


def card_read(found: object) -> Card:
    """The card that `card_written` made JSON of; raises WireError for anything else."""
    return _guarded(_card, found)


def _card(found: Mapping[str, object]) -> Card:
    return Card(
        _texts(found["lines"]), _texts(found["reasons"]), _is(found["diff"], str), Risk(_is(found["risk"], int)),
        _number(found["confidence"]), _number(found["sure"]),
    )  # fmt: skip


def _guarded(make: Callable[[Mapping[str, object]], T], found: object) -> T:
    try:
        return make(_is(found, dict))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, JournalError, PlanError) as error:
        raise WireError("The background service gave an answer that cannot be read. Restart it: nearhand daemon stop, "
                        "then nearhand daemon start.") from error  # fmt: skip


def _texts(found: object) -> tuple[str, ...]:
    each: Sequence[object] = _is(found, list)
    return tuple(_is(one, str) for one in each)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int) else _is(value, float)


def _is(value: object, sort: type[T]) -> T:
    if not isinstance(value, sort):
        raise TypeError(value)
    return value
