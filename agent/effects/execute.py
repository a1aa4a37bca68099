"""Runs what was approved, one effect at a time, and is the only place that changes the world.

    approval ─► stop? ─► inverse ─► journal intent ─► stop? ─► apply ─► journal receipt ─► next
An effect that fails ends its turn; what was done before stays done and can be undone. A connector that refuses
(NotFound, Conflict, Exists, Denied, Limit, Unreadable) has changed nothing; after any other error the world is looked
at. Deliberately not here: deciding what may run (`policy/rules.py`), and asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outcomes import STOPPED, Outcome, summary, words
from nearhand.agent.effects.records import Record, State
from nearhand.agent.effects.renewal import renewed
from nearhand.agent.effects.settle import settle, settle_open
from nearhand.agent.effects.steps import Later, Ready, Step, bounds, filled, moved_on, products
from nearhand.agent.errors import AgentError, ApprovalError, BusyError
from nearhand.agent.policy.digest import digest
from nearhand.connectors.atomic import failpoint
from nearhand.connectors.base import Call, Connector, Effect, Item, Receipt
from nearhand.connectors.errors import (
    ConflictError,
    DeniedError,
    ExistsError,
    LimitError,
    NotFoundError,
    UnreadableError,
)

FAILPOINTS = ("execute.before_intent", "execute.after_intent", "execute.after_apply", "execute.after_receipt")
"""Where tests may stop the operations of this module."""
_REFUSALS = (NotFoundError, ConflictError, ExistsError, DeniedError, LimitError, UnreadableError)

Progress: TypeAlias = Callable[[Outcome], None]
Check: TypeAlias = Callable[[Call, Sequence[Effect]], None]
Receipts: TypeAlias = Sequence[Sequence[Receipt]]
Effects: TypeAlias = Sequence[Effect]
_NONE: Mapping[int, Effects] = {}


class Flag(Protocol):
    """What `threading.Event` is to the executor."""

    def is_set(self) -> bool:
        """Whether the person wants it to stop."""


def _quiet(outcome: Outcome) -> None:
    """Tell nobody."""


def _no_check(call: Call, effects: Sequence[Effect]) -> None:
    """The bounds of the approval are enough."""


class Executor:
    """The hands of the agent."""

    def __init__(
        self,
        connectors: Mapping[str, Connector],
        journal: Journal,
        stop: Flag,
        progress: Progress = _quiet,
        check: Check = _no_check,
    ) -> None:
        """`check` sees every later call when it has been expanded, and raises what it does not allow."""
        self.connectors = connectors
        self.journal = journal
        self._stop = stop
        self._progress = progress
        self._check = check

    def run(self, turn: int, steps: Sequence[Step], approved: str) -> tuple[Outcome, ...]:
        """Do the steps of an approved turn; raises ApprovalError, BusyError or JournalError before doing anything."""
        with self.journal.acting():
            settle_open(self.journal, self.connectors)
            self._admit(turn, steps, approved)
            outcomes = tuple(self._told(self._outcomes(turn, steps)))
            if any(outcome.state is not State.DONE for outcome in outcomes):
                self.journal.halted(turn, summary(outcomes))
            return outcomes

    def resume(self, turn: int) -> tuple[Outcome, ...]:
        """Go on with an approved turn that was cut off: what is done stays done, the rest is done now, once."""
        with self.journal.acting():
            settle_open(self.journal, self.connectors)
            entry = self.journal.entry(turn)
            if not entry.approved or entry.rejected or entry.halted:
                raise ApprovalError(f"Turn {turn} was not approved, or has ended. Ask again.")
            if entry.approved != digest(entry.turn.plan, entry.steps):
                raise ApprovalError(f"Turn {turn} is no longer what was approved. Look at it and approve it again.")
            past = [record for record in entry.effects if record.state is not State.FAILED]
            outcomes = tuple(self._told(self._outcomes(turn, entry.steps, past, entry.expanded)))
            if any(outcome.state is not State.DONE for outcome in outcomes):
                self.journal.halted(turn, summary(outcomes))
            return outcomes

    def recover(self) -> tuple[Outcome, ...]:
        """Decide by looking what became of effects that a crash cut off; for the start of every process."""
        if not self.journal.open_intents():
            return ()
        try:
            with self.journal.acting(0.0):
                return settle_open(self.journal, self.connectors)
        except BusyError:  # whoever acts has decided the others, and what is open is its own
            return ()

    def _admit(self, turn: int, steps: Sequence[Step], approved: str) -> None:
        """Raise ApprovalError unless exactly this was approved and has not run yet."""
        entry = self.journal.entry(turn)
        if not approved or approved != entry.approved or entry.rejected:
            raise ApprovalError(f"Turn {turn} was not approved. Approve it, or ask again.")
        if approved != digest(entry.turn.plan, steps):
            raise ApprovalError(f"Turn {turn} is no longer what was approved. Look at it and approve it again.")
        if entry.effects or entry.halted:
            raise ApprovalError(f"Turn {turn} has already run. Ask again to do it once more.")
        for number in (each for step in steps if isinstance(step, Ready) for each in step.undoes):
            if self.journal.record(number).state is not State.DONE:
                raise ApprovalError("Part of this has been undone meanwhile. Look at `nearhand log`.")

    def _told(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            self._progress(outcome)
            yield outcome

    def _outcomes(
        self, turn: int, steps: Sequence[Step], past: Sequence[Record] = (), expanded: Mapping[int, Effects] = _NONE
    ) -> Iterator[Outcome]:
        """Do the steps; `past` are the effects that an earlier run got to, in order."""
        receipts: list[tuple[Receipt, ...]] = []
        going, left = True, list(past)
        for number, step in enumerate(steps):
            made: list[Receipt] = []
            step = Ready(tuple(expanded[number])) if number in expanded else step
            for outcome in self._step(turn, number, step, receipts, left) if going else self._skipped(step):
                yield outcome
                going = going and outcome.state is State.DONE
                made += [outcome.receipt] if outcome.receipt else []
            receipts.append(tuple(made))

    def _step(
        self, turn: int, place: int, step: Step, receipts: Receipts, past: list[Record]
    ) -> Iterator[Outcome]:
        if isinstance(step, Later):
            text = step.text
            try:
                step = Ready(tuple(self._expanded(step, receipts)))
            except Exception as error:
                yield Outcome(text, State.FAILED, words(error))
                return
            self.journal.expanded(turn, place, step.effects)
        for number, effect in enumerate(step.effects):
            if past and past[0].effect == effect:
                outcome = _before(past.pop(0))
            else:
                outcome = self._effect(turn, effect, step.undoes[number] if step.undoes else None)
            yield outcome
            if outcome.state is not State.DONE:
                yield from self._skipped(Ready(step.effects[number + 1 :]))
                return

    def _skipped(self, step: Step) -> Iterator[Outcome]:
        if isinstance(step, Later):
            yield Outcome(step.text, State.SKIPPED)
        else:
            yield from (Outcome(self._say(effect), State.SKIPPED, effect=effect) for effect in step.effects)

    def _expanded(self, later: Later, receipts: Receipts) -> Sequence[Effect]:
        """Expand a later call now that what it works on exists; it may touch nothing that was not approved."""
        call = filled(later, receipts, {step: self._items(receipts, step) for step in later.made})
        changed = moved_on(call, receipts)
        items = (self._left(changed[each.ref], receipts) if each.ref in changed else each for each in call.items)
        call = replace(call, items=tuple(items))
        effects = self._connector(later.connector).expand(call)
        allowed = bounds(later, call, receipts)
        for effect in effects:
            allowed.require(effect)
        self._check(call, effects)
        return effects

    def _items(self, receipts: Receipts, step: int) -> tuple[Item, ...]:
        made = products(receipts[step]) if 0 <= step < len(receipts) else ()
        return tuple(self._left(receipt, receipts) for receipt in made if receipt.ref)

    def _left(self, receipt: Receipt, receipts: Receipts) -> Item:
        """What an effect of this turn left behind; raises ConflictError if somebody else has changed it since."""
        name, ref = receipt.effect.connector, receipt.ref
        last = [r for step in receipts for r in step if (r.effect.connector, r.ref) == (name, ref)][-1]
        item = self._connector(name).load(ref)
        if item.version != last.version:
            raise ConflictError(f"“{item.title}” was changed by something else a moment ago. Look at it and ask again.")
        return item

    def _effect(self, turn: int, effect: Effect, undoes: int | None) -> Outcome:
        text = self._say(effect)
        if self._stop.is_set():
            return Outcome(text, State.SKIPPED, STOPPED, effect)
        failpoint("execute.before_intent")
        try:
            connector = self._connector(effect.connector)
            effect = effect if undoes is None else renewed(self.journal, connector, effect)
            inverse = connector.inverse(effect)
        except Exception as error:
            return Outcome(text, State.FAILED, words(error), effect)
        number = self.journal.intend(turn, effect, inverse, text, undoes)
        failpoint("execute.after_intent")
        if self._stop.is_set():
            self.journal.failed(number, STOPPED)
            return Outcome(text, State.SKIPPED, STOPPED, effect, id=number)
        return self._apply(connector, number, effect, text)

    def _apply(self, connector: Connector, number: int, effect: Effect, text: str) -> Outcome:
        try:
            receipt = connector.apply(effect)
        except _REFUSALS as error:
            self.journal.failed(number, str(error))
            return Outcome(text, State.FAILED, str(error), effect, id=number)
        except Exception as error:
            return settle(self.journal, self.connectors, self.journal.record(number), error)
        failpoint("execute.after_apply")
        self.journal.done(number, receipt.ref, receipt.version, receipt.evidence)
        failpoint("execute.after_receipt")
        return Outcome(text, State.DONE, receipt.evidence, effect, receipt, number)

    def _connector(self, name: str) -> Connector:
        try:
            return self.connectors[name]
        except KeyError:
            raise AgentError(f"“{name}” is not connected. Run `nearhand connect`.") from None

    def _say(self, effect: Effect) -> str:
        try:
            return self._connector(effect.connector).preview(effect).text
        except Exception:  # a sentence is not worth failing for
            return f"{effect.connector}: {effect.verb} {effect.ref}".rstrip()


def _before(record: Record) -> Outcome:
    """What an earlier run of a turn that goes on came to."""
    receipt = Receipt(record.effect, record.ref, record.version, record.reason)
    return Outcome(record.text, record.state, record.reason, record.effect, receipt, record.id)
