"""Learning, the first step: what the person rejected or said otherwise is kept, and the same thing thrice proposed.

Everything stays in one file of the profile and in the journal, on this machine. A proposal is a sentence; it is never
applied: only what the person then says makes a rule. Deliberately not here: training (`models/train.py`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Entry, Kind, State
from nearhand.models.language import Enum, Plan, PlanError, Quote, Step, parse
from nearhand.models.trajectory import Outcome, Trajectory, from_journal, from_line, to_line

_SOON = timedelta(minutes=10)
"""How soon after a no the right thing is said."""
_TIMES = 3
_LOOKED_AT = 1000
"""Turns of the journal."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One detail of a plan that the person wanted otherwise."""

    action: str
    slot: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be so from now on, if the person says so."""

    correction: Correction
    count: int

    def __str__(self) -> str:
        one = self.correction
        was = f"“{one.before}”" if one.before else "nothing"
        became = f"“{one.after}”" if one.after else "nothing"
        area, _, verb = one.action.partition(".")
        doing = f"{verb.replace('_', ' ')} ({area})"
        return (
            f"{self.count} times you made “{one.slot}” of {doing} {became} and not {was}. If it shall be so from now"
            " on, say it as a rule (“from now on …”); nothing changes by itself."
        )


def trajectory(entry: Entry, before: Entry | None = None) -> Trajectory | None:
    """A turn as a record; None if it is no request with a plan that belongs to its words."""
    if entry.turn.kind is not Kind.REQUEST:
        return None
    context = (before.turn.request, before.turn.plan) if before else None
    for turn_before in (None, context):
        with suppress(PlanError, ValueError):
            return from_journal(
                entry.turn.request, entry.turn.plan, before=turn_before,
                states=tuple(effect.state.value for effect in entry.effects), rejected=entry.rejected,
                halted=entry.halted, waiting=entry.open,
            )  # fmt: skip
    return None


def keep(path: Path, record: Trajectory) -> None:
    """Add a record to the person's own file, unless it is there already."""
    line = to_line(record)
    if line in _lines(path):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        cut_off = path.stat().st_size and path.read_bytes()[-1:] != b"\n"
        os.write(handle, f"{chr(10) if cut_off else ''}{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def noted(journal: Journal, path: Path, turn: int) -> str:
    """Keep what a turn teaches: a no, or what was said instead; returns the proposal that it completes, or ""."""
    entries = [entry for entry in journal.turns(20) if entry.turn.kind is Kind.REQUEST and entry.id <= turn]
    if not entries or entries[0].id != turn:
        return ""
    last, before = entries[0], entries[1] if len(entries) > 1 else None
    records = [last] if last.rejected else [before, last] if before and _corrected(before, last) else []
    for each in records:
        if each is not None and (record := trajectory(each)):
            keep(path, record)
    if last.rejected or before is None:
        return ""
    mine = set(_corrections(before, last))
    return next((str(each) for each in proposals(journal) if each.correction in mine and each.count == _TIMES), "")


def exported(journal: Journal, path: Path) -> Iterator[str]:
    """Every record there is, as lines of JSON: what was kept, then the journal, each once."""
    seen: set[str] = set()
    for line in (*_lines(path), *(to_line(record) for record in _journaled(journal))):
        if line not in seen:
            seen.add(line)
            yield line


def proposals(journal: Journal) -> tuple[Proposal, ...]:
    """The corrections that came three times or more, the most frequent first."""
    entries = [e for e in reversed(journal.turns(_LOOKED_AT)) if e.turn.kind is Kind.REQUEST]
    count = Counter(each for before, after in pairwise(entries) for each in _corrections(before, after))
    return tuple(Proposal(each, many) for each, many in count.most_common() if many >= _TIMES)


def _journaled(journal: Journal) -> Iterator[Trajectory]:
    entries = list(reversed(journal.turns(_LOOKED_AT)))
    for number, entry in enumerate(entries):
        record = trajectory(entry, entries[number - 1] if number else None)
        if record is not None and record.outcome is not Outcome.WAITING:
            yield replace(record, source="journal")


def _lines(path: Path) -> Sequence[str]:
    """The records of the file; a line that a crash cut off is passed over."""
    try:
        found = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return [line for line in found if _whole(line)]


def _whole(line: str) -> bool:
    try:
        from_line(line)
    except PlanError:
        return False
    return True


def _corrected(before: Entry, after: Entry) -> bool:
    """Whether a turn says otherwise what the person had just refused or taken back."""
    refused = bool(before.rejected) or any(effect.state is State.UNDONE for effect in before.effects)
    done = any(effect.state is State.DONE for effect in after.effects) and not after.rejected
    return refused and done and after.at - before.at <= _SOON and before.turn.plan != after.turn.plan


def _corrections(before: Entry, after: Entry) -> Iterator[Correction]:
    if not _corrected(before, after):
        return
    with suppress(PlanError):
        yield from _differences(parse(before.turn.plan), parse(after.turn.plan))


def _differences(old: Plan, new: Plan) -> Iterator[Correction]:
    """What is otherwise in two plans of the same steps, if it is only details."""
    if [step.action for step in old.steps] != [step.action for step in new.steps]:
        return
    for one, other in zip(old.steps, new.steps, strict=True):
        for slot in dict.fromkeys(name for name, _ in (*one.slots, *other.slots)):
            was, became = _said(one, slot), _said(other, slot)
            if was != became:
                yield Correction(one.action, slot, was, became)


def _said(step: Step, slot: str) -> str:
    values = step.values(slot)
    return ", ".join(v.text if isinstance(v, Quote) else v.word if isinstance(v, Enum) else str(v) for v in values)
