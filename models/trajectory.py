"""One record for every kind of example: written, labelled, made, and the person's own approved plans.

A record says what was asked, after what, which plan it got, where it comes from, which split it belongs to and how it
ended. It is kept as one line of JSON. The formats that other models are trained in are in `chatformats.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nearhand.models.language import Plan, PlanError, check, parse
from nearhand.models.written import Row, Turn


class Split(StrEnum):
    """What a record may be used for."""

    TRAIN = "train"
    HELD = "held"
    SUITE = "suite"
    OWN = "own"
    """The person's own; it never leaves the machine."""


class Outcome(StrEnum):
    """How a plan ended."""

    GOLD = "gold"
    """Never run: a person wrote it down as right."""
    ANSWERED = "answered"
    DONE = "done"
    UNDONE = "undone"
    REJECTED = "rejected"
    FAILED = "failed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A request, its context, its plan, and what became of it."""

    request: str
    plan: Plan
    context: Turn | None = None
    """The turn before."""
    source: str = ""
    split: Split = Split.TRAIN
    outcome: Outcome = Outcome.GOLD

    @property
    def right(self) -> bool:
        """Whether the plan was what the person wanted, as far as anybody can tell."""
        return self.outcome in (Outcome.GOLD, Outcome.ANSWERED, Outcome.DONE)

    def row(self) -> Row:
        """The record as a training row."""
        return Row(Turn(self.request, self.plan), self.context, self.source)


def from_row(row: Row, split: Split = Split.TRAIN) -> Trajectory:
    """A written, labelled or made row as a record."""
    return Trajectory(row.turn.request, row.turn.plan, row.before, row.source, split)


def from_journal(
    request: str,
    plan: str,
    *,
    before: tuple[str, str] | None = None,
    states: Sequence[str] = (),
    rejected: str = "",
    halted: str = "",
    waiting: bool = False,
    source: str = "journal",
) -> Trajectory:
    """A turn of the journal, given as plain values: words, plan text, and the states of its effects.

    Raises PlanError if the plan is no plan, or does not belong to the request.
    """
    context = Turn(before[0], parse(before[1])) if before else None
    made = parse(plan)
    check(made, request, before[0] if before else "")
    return Trajectory(request, made, context, source, Split.OWN, outcome(states, rejected, halted, waiting))


def outcome(states: Sequence[str], rejected: str = "", halted: str = "", waiting: bool = False) -> Outcome:
    """How a turn ended, the worst first: no, not yet, broken, taken back, done, or only answered."""
    if rejected:
        return Outcome.REJECTED
    if waiting:
        return Outcome.WAITING
    if halted or set(states) & {"failed", "unknown", "intent"}:
        return Outcome.FAILED
    if "undone" in states:
        return Outcome.UNDONE
    return Outcome.DONE if states else Outcome.ANSWERED


def to_line(record: Trajectory) -> str:
    """A record as one line of JSON."""
    context = [{"request": record.context.request, "plan": str(record.context.plan)}] if record.context else []
    fields = {
        "request": record.request, "context": context, "plan": str(record.plan), "source": record.source,
        "split": record.split.value, "outcome": record.outcome.value,
    }  # fmt: skip
    return json.dumps(fields, ensure_ascii=False)


def from_line(line: str) -> Trajectory:
    """Read a record. Raises PlanError if the line is not one."""
    try:
        told = json.loads(line)
        context = [Turn(turn["request"], parse(turn["plan"])) for turn in told["context"]]
        return Trajectory(
            told["request"], parse(told["plan"]), context[-1] if context else None, told["source"],
            Split(told["split"]), Outcome(told["outcome"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(f"this is no record of a request and its plan: {line[:60]} ({error!r})") from None


def read(lines: Iterable[str]) -> Iterator[Trajectory]:
    """Read every record of a file; blank lines are passed over."""
    return (from_line(line) for line in lines if line.strip())
