"""The journal: every request, what was approved, every effect with its inverse, and how it ended.

A turn is one request; its number is what people type (`nearhand undo 12`). An effect goes intent -> done | failed |
unknown, and done -> undone; each state is a row of its own, so nothing is ever overwritten. Only what is needed to
take things back and to talk about them is kept. Deliberately not here: acting (`execute.py`) and choosing what to undo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from nearhand.agent.effects.encoding import canonical
from nearhand.agent.effects.ledger import Broken, Ledger
from nearhand.agent.effects.records import Entry, Kind, Record, Ref, State, Turn, body_of, entries, get, record_from
from nearhand.agent.effects.steps import Step
from nearhand.agent.errors import ApprovalError, JournalError
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Effect

_STILL_DONE = (
    "SELECT DISTINCT turn FROM rows d WHERE kind = 'done' AND NOT EXISTS"
    " (SELECT 1 FROM rows u WHERE u.effect = d.effect AND u.kind = 'undone') ORDER BY turn DESC"
)
_UNDECIDED = (
    "SELECT i.effect FROM rows i INDEXED BY rows_of_effect WHERE i.kind = 'intent' AND NOT EXISTS"
    " (SELECT 1 FROM rows e WHERE e.effect = i.effect AND e.kind IN ('done', 'failed', 'unknown'))"
    " AND i.effect > ? ORDER BY i.effect"
)
_MADE = "SELECT effect FROM rows WHERE kind = 'done' AND json_extract(body, '$.of.ref') = ? ORDER BY n DESC"
_WITH_VERSION = "SELECT effect FROM rows WHERE kind = 'done' AND json_extract(body, '$.of.version') = ?"
_TAKING_BACK = "SELECT effect FROM rows WHERE kind = 'intent' AND json_extract(body, '$.of.undoes') = ?"
_CAUSED = (
    "SELECT turn FROM rows INDEXED BY rows_by_cause WHERE kind = 'turn'"
    " AND json_extract(body, '$.of.cause') >= ? AND json_extract(body, '$.of.cause') < ? ORDER BY turn"
)
_PAGE = 50


def _utc() -> datetime:
    return datetime.now(UTC)


class Journal:
    """The journal in one file."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = _utc) -> None:
        self._ledger = Ledger(path)
        self._clock = clock
        self._decided = 0
        """Every effect up to this one is decided, and stays so; a long journal need not be looked through again."""

    def close(self) -> None:
        """Let go of the file."""
        self._ledger.close()

    def verify(self) -> Broken | None:
        """Check the chain; None if all is well, else the first broken entry."""
        return self._ledger.verify()

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        return self._ledger.head()

    def acting(self, wait: float = 10.0) -> AbstractContextManager[None]:
        """Hold the right to change the world while the block runs; raises BusyError."""
        return self._ledger.acting(wait)

    def begin(self, turn: Turn) -> int:
        """Start a turn and return its number."""
        body = {
            "request": turn.request, "plan": turn.plan, "now": turn.now, "kind": turn.kind, "risk": turn.risk,
            "of": turn.of,
        } | ({"cause": turn.cause} if turn.cause else {})  # fmt: skip
        with self._ledger.transaction():
            number = self._ledger.next_number("turn")
            self._add("turn", number, None, body)
        return number

    def plan(self, turn: int, steps: Sequence[Step]) -> str:
        """Keep what is to be approved, so that another process can run it; returns the digest to approve."""
        named = digest(self.entry(turn).turn.plan, steps)
        self._add("planned", turn, None, {"steps": tuple(steps), "digest": named})
        return named

    def fired(self, turn: Turn, steps: Sequence[Step], granted: bool) -> tuple[int, str]:
        """Start and plan the turn of a rule, and approve it if its grant does, all at once; its number and digest."""
        named = digest(turn.plan, steps)
        with self._ledger.transaction():
            number = self.begin(turn)
            self._add("planned", number, None, {"steps": tuple(steps), "digest": named})
            if granted:  # nobody else can have touched a turn that begins here, so it need not be read again
                self._add("approved", number, None, {"digest": named})
        return number, named

    def caused(self, cause: str) -> tuple[Entry, ...]:
        """The turns whose cause begins so, the oldest first."""
        return tuple(self._entries(self._ledger.numbers(_CAUSED, cause, cause + "\U0010ffff"))) if cause else ()

    def expanded(self, turn: int, step: int, effects: Sequence[Effect]) -> None:
        """Note what a later step came to, so that a turn that is cut off can go on."""
        self._add("expanded", turn, None, {"step": step, "effects": tuple(effects)})

    def approve(self, turn: int, approved: str) -> None:
        """Note that the person approved exactly what has this digest."""
        with self._ledger.transaction():
            entry = self.entry(turn)
            if entry.rejected or entry.effects or (entry.waiting and entry.waiting != approved):
                raise ApprovalError(f"Turn {turn} was rejected, has run, or has changed. Ask for it again.")
            self._add("approved", turn, None, {"digest": approved})

    def reject(self, turn: int, reason: str) -> None:
        """Note that the person said no; it can never be approved after that."""
        with self._ledger.transaction():
            if self.entry(turn).effects:
                raise ApprovalError(f"Turn {turn} has already run. Undo it instead.")
            self._add("rejected", turn, None, {"reason": reason or "The person said no."})

    def intend(self, turn: int, effect: Effect, inverse: Effect, text: str, undoes: int | None = None) -> int:
        """Write down, durably, what is about to happen and how to take it back; returns the effect's number."""
        body = {"effect": effect, "inverse": inverse, "text": text, "undoes": undoes}
        with self._ledger.transaction():
            number = self._ledger.next_number("effect")
            self._add("intent", turn, number, body)
        return number

    def done(self, effect: int, ref: str, version: str, evidence: str) -> None:
        """An effect has happened; what it takes back counts as undone from the same moment."""
        with self._ledger.transaction():
            record = self._undecided(effect)
            self._add("done", record.turn, effect, {"ref": ref, "version": version, "evidence": evidence})
            if record.undoes is not None:
                self.undone(record.undoes, record.turn)

    def undone(self, effect: int, by: int) -> None:
        """An effect has been taken back by a turn, or was found to be when that turn looked."""
        with self._ledger.transaction():
            record = self.record(effect)
            if record.state is not State.DONE:
                raise JournalError(f"Effect {effect} is {record.state}, so it cannot be undone.")
            self._add("undone", record.turn, effect, {"by": by})

    def failed(self, effect: int, reason: str) -> None:
        """An effect did not happen, and nothing was changed."""
        with self._ledger.transaction():
            self._add("failed", self._undecided(effect).turn, effect, {"reason": reason})

    def unknown(self, effect: int, reason: str) -> None:
        """It could not be told whether an effect happened."""
        with self._ledger.transaction():
            self._add("unknown", self._undecided(effect).turn, effect, {"reason": reason})

    def halted(self, turn: int, reason: str) -> None:
        """A turn ended before its last effect."""
        self._add("halted", turn, None, {"reason": reason})

    def answered(self, turn: int, answer: str, found: Iterable[Ref] = ()) -> None:
        """What the person was told, and what was found; also for turns that only read."""
        refs = tuple((ref.connector, ref.ref, ref.title) for ref in found)
        self._add("answered", turn, None, {"answer": answer, "found": refs})

    def entry(self, turn: int) -> Entry:
        """One turn with everything about it; raises JournalError if there is none of this number."""
        found = self._entries((turn,))
        if not found:
            raise JournalError(f"There is no turn {turn}. `nearhand log` lists them.")
        return found[0]

    def effects_of(self, turn: int) -> tuple[Record, ...]:
        """The effects of a turn, in the order in which they were done."""
        return self.entry(turn).effects

    def record(self, effect: int) -> Record:
        """One effect; raises JournalError if there is none of this number."""
        record = record_from(self._ledger.rows("effect = ?", effect))
        if record is None:
            raise JournalError(f"There is no effect {effect} in the journal.")
        return record

    def open_intents(self) -> tuple[Record, ...]:
        """Effects of which nobody knows yet whether they happened."""
        last = self._ledger.next_number("effect") - 1
        found = self._ledger.numbers(_UNDECIDED, self._decided)
        self._decided = min(found, default=last + 1) - 1
        return tuple(self.record(effect) for effect in found)

    def made(self, connector: str, ref: str) -> Record | None:
        """The last effect that is done, not undone, and left something at this ref."""
        return next((record for record in self.made_ever(connector, ref) if record.state is State.DONE), None)

    def made_ever(self, connector: str, ref: str) -> Iterator[Record]:
        """Every effect that ever left something at this ref, the newest first."""
        records = map(self.record, self._ledger.numbers(_MADE, ref))
        return (record for record in records if record.effect.connector == connector)

    def successors(self, connector: str, version: str) -> Iterator[str]:
        """Versions of what was made again by redoing the effects that had left this version behind."""
        known, waiting = {version}, [version]
        while waiting:
            for effect in self._redone(connector, waiting.pop()):
                if effect.version and effect.version not in known:
                    known.add(effect.version)
                    waiting.append(effect.version)
                    yield effect.version

    def _redone(self, connector: str, version: str) -> Iterator[Record]:
        for made in self._ledger.numbers(_WITH_VERSION, version):
            if self.record(made).effect.connector == connector:
                for undo in self._ledger.numbers(_TAKING_BACK, made):
                    yield from map(self.record, self._ledger.numbers(_TAKING_BACK, undo))

    def last_undoable(self) -> Entry | None:
        """The last turn of which something can be taken back; undoing is not itself taken back here."""
        turns = self._ledger.numbers(_STILL_DONE)
        return next((e for e in map(self.entry, turns) if e.turn.kind in (Kind.REQUEST, Kind.REDO)), None)

    def last_redoable(self) -> Entry | None:
        """The last undo that was not taken back, unless the person has asked for something else since."""
        for entry in map(self.entry, self._ledger.numbers(_STILL_DONE)):
            if entry.turn.kind in (Kind.REQUEST, Kind.UNDO):
                return entry if entry.turn.kind is Kind.UNDO else None
        return None

    def turns(self, limit: int = _PAGE, text: str = "", since: datetime | None = None) -> tuple[Entry, ...]:
        """The last turns, the newest first; those whose request, answer or effects have the text in them."""
        found: list[Entry] = []
        last = self._ledger.next_number("turn")
        size = _PAGE if text else min(limit, _PAGE)
        while last > 1 and len(found) < limit:
            first = max(1, last - size)
            page = reversed(self._entries(range(first, last)))
            found += [e for e in page if _mentions(e, text.casefold()) and (since is None or e.at >= since)]
            last = first
        return tuple(found[:limit])

    def waiting(self) -> tuple[Entry, ...]:
        """Turns that wait for an approval, the oldest first."""
        query = (
            "SELECT turn FROM rows p WHERE kind = 'planned' AND NOT EXISTS (SELECT 1 FROM rows a"
            " WHERE a.turn = p.turn AND a.kind IN ('approved', 'rejected')) ORDER BY turn"
        )
        return tuple(self._entries(self._ledger.numbers(query)))

    def cut_off(self) -> tuple[Entry, ...]:
        """Turns that waited and were approved, and whose process ended before anything was done, the oldest first."""
        query = (
            "SELECT turn FROM rows p WHERE kind = 'planned' AND NOT EXISTS (SELECT 1 FROM rows a WHERE a.turn = p.turn"
            " AND a.kind IN ('rejected', 'intent', 'halted', 'answered')) AND EXISTS (SELECT 1 FROM rows b"
            " WHERE b.turn = p.turn AND b.kind = 'approved') ORDER BY turn"
        )
        return tuple(self._entries(self._ledger.numbers(query)))

    def context(self) -> Entry | None:
        """The turn before the one that is about to begin: its request, plan, and `refs` for `$0`."""
        return next((entry for entry in self.turns(limit=_PAGE) if entry.turn.kind is not Kind.RULE), None)

    def mail_moved_on(self, effect: int, state: str, detail: str) -> None:
        """Note how a mail stands on its way out, by the number of the effect that put it into the Outbox."""
        with self._ledger.transaction():
            self._add(f"mail.{state}", self.record(effect).turn, effect, {"detail": detail})

    def mail_states(self, effect: int) -> tuple[tuple[str, str], ...]:
        """What became of a mail on its way out, the oldest first: (state, detail)."""
        rows = self._ledger.rows("effect = ? AND kind LIKE 'mail.%'", effect)
        return tuple((row.kind.removeprefix("mail."), get(body_of(row), "detail", str)) for row in rows)

    def _entries(self, turns: Iterable[int]) -> list[Entry]:
        wanted = list(turns)
        marks = ",".join("?" * len(wanted))
        return entries(self._ledger.rows(f"turn IN ({marks})", *wanted))

    def _undecided(self, effect: int) -> Record:
        record = self.record(effect)
        if record.state is not State.INTENT:
            raise JournalError(f"Effect {effect} is already {record.state}; that cannot be changed.")
        return record

    def _add(self, kind: str, turn: int, effect: int | None, body: dict[str, object]) -> None:
        self._ledger.append(kind, turn, effect, self._clock().astimezone(UTC).isoformat(), canonical(body))


def _mentions(entry: Entry, text: str) -> bool:
    said = (entry.turn.request, entry.answer, *(record.text for record in entry.effects))
    return not text or any(text in each.casefold() for each in said)
