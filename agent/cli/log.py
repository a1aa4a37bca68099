"""`nearhand log`: what was asked, what was done about it, and whether the journal is whole."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from nearhand.agent.cli.session import NoPlanner, Session
from nearhand.agent.effects.records import Entry, Kind, State
from nearhand.agent.showing import show
from nearhand.agent.showing.show import Paint

_STATES = (
    (State.INTENT, "cut off"),
    (State.UNKNOWN, "unclear"),
    (State.FAILED, "failed"),
    (State.UNDONE, "undone"),
    (State.DONE, "done"),
)
"""What an effect's state makes of its turn; the first that one of its effects has."""


def log(session: Session, options: Namespace) -> int:
    """List turns, the newest first, or check the journal."""
    with session.engine(NoPlanner()) as engine:
        if options.verify:
            broken = engine.verify()
            said = f"The journal is broken at entry {broken.n}: {broken.why}." if broken else "The journal is whole."
            _say(session, said, {"status": "failed" if broken else "done", "broken_at": broken.n if broken else None})
            return 1 if broken else 0
        if options.export:
            from nearhand.agent.rules.learn import exported  # it knows the plan language, which a list does not need

            for line in exported(engine.journal, engine.home.profile.trajectories):
                print(line)
            return 0
        entries = engine.entries(options.limit, " ".join(options.text))
    if session.json:
        session.tell({"status": "done", "answer": _heading(entries), "entries": [entry_json(e) for e in entries]})
    else:
        session.say(lines(entries, session.paint, session.columns))
    return 0


def lines(entries: Sequence[Entry], paint: Paint, columns: int = 100) -> list[str]:
    """The journal as a person reads it: one line a turn, what came of it below."""
    rows = [(str(e.id), show.moment(e.at, e.turn.now.tzinfo), standing(e), _whose(e)) for e in entries]
    told = [_heading(entries)]
    for entry, row in zip(entries, show.table(rows, columns), strict=True):
        told.append(row)
        said = show.plain(entry.halted or entry.answer)
        if said:
            told.append(paint.faint(show.cut(f"      {said}", columns)))
    return told


def _whose(entry: Entry) -> str:
    """What was asked; what a rule did was not asked for now."""
    return f"Rule: {entry.turn.request}" if entry.turn.kind is Kind.RULE else entry.turn.request


def standing(entry: Entry) -> str:
    """How a turn stands, in a word."""
    if entry.open:
        return "waits for you"
    if entry.rejected:
        return "rejected"
    states = {effect.state for effect in entry.effects}
    partly = {State.UNDONE, State.DONE} <= states
    return "partly undone" if partly else next((word for state, word in _STATES if state in states), "answered")


def entry_json(entry: Entry) -> dict[str, object]:
    """A turn of the journal, as `log --json` lists it."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "kind": entry.turn.kind.value,
        "request": entry.turn.request,
        "plan": entry.turn.plan,
        "risk": entry.turn.risk.name.lower(),
        "state": standing(entry),
        "answer": entry.answer,
        "halted": entry.halted,
        "effects": [
            {"id": e.id, "state": e.state.value, "text": e.text, "ref": e.ref, "evidence": e.reason}
            for e in entry.effects
        ],
    }


def _heading(entries: Sequence[Entry]) -> str:
    if not entries:
        return "Nothing in the journal fits."
    waiting = sum(entry.open for entry in entries)
    more = f" {waiting} of them wait{'s' if waiting == 1 else ''} for you." if waiting else ""
    return f"The last {len(entries)} requests, the newest first.{more}" if len(entries) > 1 else f"One request.{more}"


def _say(session: Session, sentence: str, value: dict[str, object]) -> None:
    if session.json:
        session.tell(value | {"answer": sentence})
    else:
        session.say([show.plain(sentence)])
