"""What the person gets back: one sentence, and everything behind it. Its JSON form is a contract (DESIGN.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nearhand.agent.effects.outcomes import Outcome
from nearhand.connectors.base import Item, Person
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.language import Plan, Value


class Status(StrEnum):
    """How a request ended; the value is what `--json` says."""

    DONE = "done"
    ASK = "ask"
    APPROVE = "approve"
    REFUSED = "refused"
    FAILED = "failed"


EXIT_CODES = {Status.DONE: 0, Status.FAILED: 1, Status.ASK: 3, Status.REFUSED: 4, Status.APPROVE: 5}


@dataclass(frozen=True, slots=True)
class Result:
    """What one step found or did."""

    action: str
    items: tuple[Item, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    lines: tuple[str, ...] = ()
    """What it is to do, or found, for reading; for steps still to be approved, what they will do."""
    diff: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Numbers and values: count, bytes, free times, an extracted value and its source."""
    skipped: str = ""
    """Why the step did not run, when its condition did not hold."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The whole answer to a request."""

    status: Status
    request: str
    answer: str
    plan: Plan | None = None
    results: tuple[Result, ...] = ()
    question: str = ""
    missing: str = ""
    choices: tuple[str, ...] = ()
    journal: tuple[int, ...] = ()
    confidence: float = 1.0
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """The object that `--json` prints."""
        out: dict[str, object] = {
            "status": self.status.value,
            "request": self.request,
            "plan": plan_json(self.plan),
            "results": [result_json(result) for result in self.results],
            "answer": self.answer,
            "journal": list(self.journal),
            "confidence": round(self.confidence, 4),
            "timings_ms": {name: round(ms, 1) for name, ms in self.timings_ms.items()},
        }
        if self.status is Status.ASK:
            out |= {"question": self.question, "missing": self.missing, "choices": list(self.choices)}
        return out


def plan_json(plan: Plan | None) -> list[dict[str, object]]:
    """The steps as `{action, args, risk}`; a guard and a question are told beside the arguments."""
    if plan is None or plan.steps[0].action == "none":
        return []
    out = []
    for step in plan.steps:
        row: dict[str, object] = {
            "action": step.action,
            "args": args_json(step.slots),
            "risk": ACTIONS[step.action].risk.name.lower(),
        }
        if step.guard:
            row["guard"] = str(step.guard)
        if step.ask:
            row["ask"] = step.ask
        out.append(row)
    return out


def args_json(slots: Sequence[tuple[str, Value]]) -> dict[str, object]:
    """Arguments by slot; a slot that came several times holds a list."""
    out: dict[str, object] = {}
    for name, value in slots:
        text = getattr(value, "text", None) or str(value)
        held = out.get(name)
        out[name] = text if held is None else [*(held if isinstance(held, list) else [held]), text]
    return out


def result_json(result: Result) -> dict[str, object]:
    """One step's result."""
    out: dict[str, object] = {"action": result.action}
    if result.items:
        out["items"] = [item_json(item) for item in result.items]
    if result.outcomes:
        out["receipts"] = [
            {
                "state": outcome.state.value,
                "text": outcome.text,
                "ref": outcome.receipt.ref if outcome.receipt else "",
                "evidence": outcome.reason,
                "journal": outcome.id,
            }
            for outcome in result.outcomes
        ]
    out |= {k: v for k, v in (("lines", list(result.lines)), ("diff", result.diff), ("skipped", result.skipped)) if v}
    return out | dict(result.facts)


def item_json(item: Item) -> dict[str, object]:
    """An item without its text."""
    out: dict[str, object] = {
        "ref": item.ref, "kind": item.kind, "title": item.title, "place": item.place, "source": item.source.value,
    }  # fmt: skip
    if item.when:
        out["when"] = item.when.isoformat()
    if item.end:
        out["end"] = item.end.isoformat()
    if item.size:
        out["size"] = item.size
    if item.people:
        out["people"] = [{"role": role, **person_json(person)} for role, person in item.people]
    if item.tags:
        out["tags"] = sorted(item.tags)
    return out


def person_json(person: Person) -> dict[str, str]:
    return {"name": person.name, "address": person.address}
