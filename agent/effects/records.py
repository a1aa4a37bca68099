"""What the journal tells: turns, the effects in them, and how each stands. Pure; rows go in, entries come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from nearhand.agent.effects.encoding import parsed
from nearhand.agent.effects.ledger import Row
from nearhand.agent.effects.steps import Later, Ready, Step
from nearhand.agent.errors import JournalError
from nearhand.connectors.base import Effect, Risk

T = TypeVar("T")


class Kind(StrEnum):
    """What a turn is: something asked for, the taking back of it, or the taking back of that."""

    REQUEST = "request"
    UNDO = "undo"
    REDO = "redo"
    POST = "post"
    """Filing a mail that has gone; nothing can take that back."""
    RULE = "rule"
    """A standing rule that was set off; what it did is taken back by its number, never by a bare "undo"."""


class State(StrEnum):
    """How an effect stands."""

    INTENT = "intent"
    """It may or may not have happened; only looking can tell."""
    DONE = "done"
    FAILED = "failed"
    """It did not happen, and nothing was changed."""
    UNKNOWN = "unknown"
    """The world is neither as before nor as after it."""
    UNDONE = "undone"
    SKIPPED = "skipped"
    """Its turn ended before it; never in the journal."""


@dataclass(frozen=True, slots=True)
class Ref:
    """An item that a turn found or made."""

    connector: str
    ref: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request, as it goes into the journal."""

    request: str
    """The person's own words."""
    plan: str
    """The plan in its written form; an approval binds to it."""
    now: datetime
    """The moment that "today" and "tomorrow" were read from."""
    kind: Kind = Kind.REQUEST
    risk: Risk = Risk.REVERSIBLE
    of: tuple[int, ...] = ()
    """For an undo or redo: the turns that are taken back."""
    cause: str = ""
    """For a rule: the firing that it is, so that one that was cut off is found again."""


@dataclass(frozen=True, slots=True)
class Record:
    """One effect in the journal."""

    id: int
    turn: int
    effect: Effect
    inverse: Effect
    text: str
    """What it does, as the person was told."""
    at: datetime
    state: State = State.INTENT
    reason: str = ""
    """Evidence when it is done; else what went wrong."""
    ref: str = ""
    """Where the thing is after it."""
    version: str = ""
    undoes: int | None = None
    """The effect that this one takes back."""
    undone_by: int | None = None
    """The turn that took this one back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One turn in the journal, with all that became of it."""

    id: int
    turn: Turn
    at: datetime
    steps: tuple[Step, ...] = ()
    """What is to be approved, if it was left for later."""
    waiting: str = ""
    """The digest that an approval of `steps` would bind to."""
    approved: str = ""
    """The digest that was approved."""
    rejected: str = ""
    halted: str = ""
    """Why it ended early."""
    answer: str = ""
    found: tuple[Ref, ...] = ()
    effects: tuple[Record, ...] = ()
    expanded: Mapping[int, tuple[Effect, ...]] = field(default_factory=dict)
    """By the number of a later step: the effects that it came to."""

    @property
    def refs(self) -> tuple[Ref, ...]:
        """What it found and made, each once; the person's next words may point at it ($0)."""
        made = (Ref(r.effect.connector, r.ref, r.text) for r in self.effects if r.ref and r.state is State.DONE)
        return tuple({(ref.connector, ref.ref): ref for ref in (*made, *self.found)}.values())

    @property
    def open(self) -> bool:
        """Whether it still waits for an approval."""
        return bool(self.waiting) and not (self.approved or self.rejected)


def entries(rows: Iterable[Row]) -> list[Entry]:
    """Fold rows into turns, the oldest first."""
    found: dict[int, Entry] = {}
    effects: dict[int, dict[int, Record]] = {}
    for row in rows:
        body = body_of(row)
        if row.kind == "turn":
            found[row.turn], effects[row.turn] = Entry(row.turn, _turn(body), _moment(row.at)), {}
        elif row.turn not in found:
            raise JournalError(f"Entry {row.n} of the journal belongs to no turn. Run `nearhand doctor`.")
        elif row.effect is None:
            found[row.turn] = _with(found[row.turn], row, body)
        else:
            _tell(effects[row.turn], row.effect, row, body)
    return [replace(entry, effects=tuple(effects[turn].values())) for turn, entry in found.items()]


def _tell(effects: dict[int, Record], number: int, row: Row, body: Mapping[str, object]) -> None:
    """Fold a row about one effect into those of its turn."""
    if row.kind == "intent":
        effects[number] = _record(row, body)
    elif number in effects:
        effects[number] = _moved_on(effects[number], row, body)


def record_from(rows: Iterable[Row]) -> Record | None:
    """Fold the rows of one effect."""
    record: Record | None = None
    for row in rows:
        if row.kind == "intent":
            record = _record(row, body_of(row))
        elif record is not None:
            record = _moved_on(record, row, body_of(row))
    return record


def _turn(body: Mapping[str, object]) -> Turn:
    of = tuple(each for each in get(body, "of", tuple) if isinstance(each, int))
    try:
        kind, risk = Kind(get(body, "kind", str)), Risk(get(body, "risk", int))
    except ValueError:
        said = "A turn of the journal is of no kind that is known here. Run `nearhand doctor` to see which."
        raise JournalError(said) from None
    cause = str(body.get("cause", ""))
    return Turn(get(body, "request", str), get(body, "plan", str), get(body, "now", datetime), kind, risk, of, cause)


def _with(entry: Entry, row: Row, body: Mapping[str, object]) -> Entry:
    match row.kind:
        case "planned":
            steps = tuple(step for step in get(body, "steps", tuple) if isinstance(step, Ready | Later))
            return replace(entry, steps=steps, waiting=get(body, "digest", str))
        case "approved":
            return replace(entry, approved=get(body, "digest", str))
        case "rejected":
            return replace(entry, rejected=get(body, "reason", str))
        case "halted":
            return replace(entry, halted=get(body, "reason", str))
        case "answered":
            return replace(entry, answer=get(body, "answer", str), found=(*entry.found, *_refs(body)))
        case "expanded":
            effects = tuple(each for each in get(body, "effects", tuple) if isinstance(each, Effect))
            return replace(entry, expanded={**entry.expanded, get(body, "step", int): effects})
    return entry


def _record(row: Row, body: Mapping[str, object]) -> Record:
    undoes = body.get("undoes")
    return Record(
        id=row.effect or 0,
        turn=row.turn,
        effect=get(body, "effect", Effect),
        inverse=get(body, "inverse", Effect),
        text=get(body, "text", str),
        at=_moment(row.at),
        undoes=undoes if isinstance(undoes, int) else None,
    )


def _moved_on(record: Record, row: Row, body: Mapping[str, object]) -> Record:
    match row.kind:
        case "done":
            ref, version = get(body, "ref", str), get(body, "version", str)
            return replace(record, state=State.DONE, reason=get(body, "evidence", str), ref=ref, version=version)
        case "failed" | "unknown":
            return replace(record, state=State(row.kind), reason=get(body, "reason", str))
        case "undone":
            return replace(record, state=State.UNDONE, undone_by=get(body, "by", int))
    return record


def _refs(body: Mapping[str, object]) -> Iterable[Ref]:
    for each in get(body, "found", tuple):
        if isinstance(each, tuple) and len(each) == 3:
            yield Ref(*map(str, each))


def body_of(row: Row) -> Mapping[str, object]:
    """What an entry says, as a mapping."""
    body = parsed(row.body)
    if not isinstance(body, dict):
        raise JournalError(f"Entry {row.n} of the journal cannot be read. Run `nearhand doctor`.")
    return body


def get(body: Mapping[str, object], name: str, sort: type[T]) -> T:
    """A field of an entry's body; raises JournalError if it is missing or something else."""
    value = body.get(name)
    if not isinstance(value, sort):
        raise JournalError(f"An entry of the journal lacks its “{name}”. Run `nearhand doctor` to see which.")
    return value


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)
