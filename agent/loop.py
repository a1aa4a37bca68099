"""The loop: request, plan, resolve, check, show, approve, act, answer. This page is the table of contents.

    Engine.do ─ plan (worker) ─ prepare (resolve every step) ─ judge (policy) ─ approve (person) ─ run (executor)
A plan is made once, from the person's words, before anything is read; nothing that is read can change it. Steps that
only look run while the plan is resolved; everything that changes something is collected, shown as one card, approved
as a whole, and then run. Deliberately not here: understanding (`resolve/`, `calls/`), taking back (`taking_back.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from nearhand.agent import turns
from nearhand.agent.approve import Approve, Card
from nearhand.agent.asking import QuestionError, RefusedError, chosen
from nearhand.agent.calls.found import Found
from nearhand.agent.calls.prepare import Prepared, prepare
from nearhand.agent.config.settings import Config, load
from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.ledger import Broken
from nearhand.agent.effects.outcomes import Outcome, summary
from nearhand.agent.effects.records import Entry, Ref, State, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.effects.steps import Step as Part
from nearhand.agent.errors import AgentError
from nearhand.agent.home import Home, Progress
from nearhand.agent.left_out import left_out
from nearhand.agent.paths import Profile
from nearhand.agent.planning import start
from nearhand.agent.policy import reaching
from nearhand.agent.policy.judging import card_of, parts_of
from nearhand.agent.policy.rules import LOOK_FIRST, PLANNED
from nearhand.agent.reply import Reply, Result, Status
from nearhand.agent.taking_back import TakingBack
from nearhand.agent.understanding import understood
from nearhand.connectors.base import Item, Risk
from nearhand.connectors.errors import NearhandError
from nearhand.models.language import Plan
from nearhand.models.worker import PlanSource
from nearhand.models.writer import StoppedError

_GUESS = 0.05
"""Below this probability a plan that changes something is not even offered."""
_HALF_CHARACTERS = "A name in this holds half a character, which cannot be written. Rename it, and ask again."
_LARGER = "The larger model on this machine planned this."


@dataclass(frozen=True, slots=True)
class _Asked:
    """A planned request on its way to being done."""

    reply: Reply
    before: Entry | None
    pointed: Found | None = None
    """What the person pointed at, if it was not said in words."""
    larger: bool = False
    """Whether a larger model planned it."""
    instead: _Asked | None = None
    """What is done if policy refuses what the larger model planned."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that needs an answer."""

    asked: _Asked
    question: QuestionError


@dataclass(slots=True)
class Engine:
    """One person's agent: a home, a planner, a journal. Synchronous; `stop` may be set from another thread."""

    home: Home
    planner: PlanSource
    journal: Journal
    executor: Executor
    stop: threading.Event = field(default_factory=threading.Event)
    waiting: _Waiting | None = None
    """A request that was asked about, until the next one."""
    last: _Asked | None = None
    """The last request as it was planned."""

    @property
    def config(self) -> Config:
        return self.home.config

    # --- a request ----------------------------------------------------------------------------------------------------

    def do(self, text: str, approve: Approve | None = None) -> Reply:
        """Plan, resolve, check, show and act. `approve` answers for the person; else what must be asked waits."""
        return self._timed(text, lambda reply: self._act(reply, approve))

    def plan(self, text: str) -> Reply:
        """The plan and what it would do, without doing anything."""
        return self._timed(text, self._shown)

    def point(self, text: str, plan: Plan, items: Sequence[Item], approve: Approve | None = None) -> Reply:
        """Do a plan whose $0 are things that the person pointed at; judged and shown like any other."""
        pointed = _Asked(Reply(Status.FAILED, text, "", plan), None, Found(items=tuple(items)))
        return self._timed(text, lambda asked: self._act(asked, approve), pointed)

    def do_plan(self, plan: Plan, approve: Approve | None = None) -> Reply:
        """Act on the last request again, with a plan that the person has changed on its card."""
        if self.last is None:
            raise AgentError("There is no request whose plan could be changed.")
        changed = replace(self.last, reply=replace(self.last.reply, plan=plan, confidence=1.0), instead=None)
        return self._timed(changed.reply.request, lambda asked: self._act(asked, approve), changed)

    def _timed(self, text: str, then: Callable[[_Asked], Reply], known: _Asked | None = None) -> Reply:
        begun = time.perf_counter()
        self.home.forget()
        asked = _Asked(Reply(Status.FAILED, text, ""), None)
        try:
            asked = self.last = known or self._picked(text) or self._planned(asked)
            reply = turns.stopped(asked.reply) if self.stop.is_set() else then(asked)
        except QuestionError as question:
            reply = self._asks(asked, question)
        except RefusedError as refusal:
            refused = replace(asked.reply, status=Status.REFUSED, answer=str(refusal))
            reply = self._timed(text, then, asked.instead) if asked.instead else refused
        except (NearhandError, UnicodeEncodeError) as error:
            told = _HALF_CHARACTERS if isinstance(error, UnicodeEncodeError) else str(error)
            reply = replace(asked.reply, status=Status.FAILED, answer=told)
            ended = reply.plan is None or isinstance(error, StoppedError)
            reply = turns.stopped(reply) if self.stop.is_set() and ended else reply
        total = (time.perf_counter() - begun) * 1000
        return replace(reply, timings_ms={"plan": 0.0, **reply.timings_ms, "total": total})

    def _planned(self, asked: _Asked) -> _Asked:
        """The request with its plan; with what the action model made of it, if a larger model's plan was taken."""
        made = understood(asked.reply.request, self.planner, self.home, self.journal)
        larger, small = made.instead is not None, made.instead or made
        reply = replace(asked.reply, plan=small.plan, confidence=small.confidence, timings_ms=made.took)
        alone = replace(asked, reply=reply, before=made.before)
        return replace(alone, reply=replace(reply, plan=made.plan), larger=True, instead=alone) if larger else alone

    def _picked(self, text: str) -> _Asked | None:
        """The request that was asked about, if these words pick one of the choices; it goes on with the same plan."""
        waiting, self.waiting = self.waiting, None
        number = chosen(text, waiting.question.choices) if waiting and waiting.question.picks else None
        if waiting is None or number is None:
            self.home.picked = {}
            return None
        self.home.picked[waiting.question.key] = waiting.question.picks[number]
        return waiting.asked

    def _asks(self, asked: _Asked, question: QuestionError) -> Reply:
        """A question, kept so that the next words can answer it."""
        reply, text = asked.reply, str(question)
        self._note(reply, text)
        self.waiting = _Waiting(replace(asked, instead=None), question)
        return replace(
            reply, status=Status.ASK, answer=text, question=text, missing=question.slot, choices=question.choices
        )

    def _note(self, reply: Reply, answer: str, found: Sequence[Ref] = ()) -> int:
        """Remember a turn that changed nothing."""
        turn = self.journal.begin(Turn(reply.request, str(reply.plan), self.home.clock.now, risk=Risk.READ))
        self.journal.answered(turn, answer, found)
        return turn

    # --- resolving ----------------------------------------------------------------------------------------------------

    def _prepared(self, asked: _Asked) -> Prepared:
        plan = asked.reply.plan
        assert plan is not None
        before = asked.pointed or self._found_before(asked.before)
        made = prepare(plan, asked.reply.request, self.home, before)
        return replace(made, answer=f"{made.answer} {_LARGER}") if asked.larger and not made.acts else made

    def _found_before(self, entry: Entry | None) -> Found:
        if entry is None:
            return Found()
        items = (self.home.load(ref.connector, ref.ref) for ref in entry.refs if ref.connector in self.home.connectors)
        return Found(items=tuple(item for item in items if item), spans=turns.free_times(entry, self.home),
                     text=turns.text_of(entry))  # fmt: skip

    def _shown(self, asked: _Asked) -> Reply:
        """What a plan would do."""
        if asked.reply.plan and asked.reply.plan.steps[0].action == "agent.undo":
            return replace(asked.reply, status=Status.APPROVE, answer=self._back.would(asked.reply))
        done = turns.idle(asked.reply)
        if done:
            return done
        prepared = self._prepared(asked)
        if not prepared.acts:
            return replace(asked.reply, status=Status.DONE, answer=prepared.answer, results=prepared.results)
        card = self._card(asked, prepared, parts_of(self.home, prepared))
        said = (prepared.answer, *card.lines, *((PLANNED,) if asked.larger else ()))
        return replace(asked.reply, status=Status.APPROVE, answer=" ".join(said).strip(),
                       results=turns.planned(prepared, card))  # fmt: skip

    def _act(self, asked: _Asked, approve: Approve | None) -> Reply:
        done = turns.idle(asked.reply)
        if done:
            self._note(asked.reply, done.answer)
            return done
        plan = asked.reply.plan
        assert plan is not None
        if plan.steps[0].action == "agent.undo" and len(plan.steps) == 1:
            return self._back.asked(asked.reply, approve)
        prepared = self._prepared(asked)
        if not prepared.acts:
            return self._looked(asked.reply, prepared)
        return self._changed(asked, prepared, approve)

    def _looked(self, reply: Reply, prepared: Prepared) -> Reply:
        turn = self._note(reply, prepared.answer, turns.refs(prepared))
        return replace(reply, status=Status.DONE, answer=prepared.answer, results=prepared.results, journal=(turn,))

    # --- changing -----------------------------------------------------------------------------------------------------

    def _card(self, asked: _Asked, prepared: Prepared, parts: Sequence[Part]) -> Card:
        reply, sure = asked.reply, self.planner.threshold
        assert reply.plan is not None
        left = left_out(reply.request, reply.plan)
        return card_of(self.home, reply.plan, prepared, parts, reply.confidence, sure, asked.larger, left)

    def _changed(self, asked: _Asked, prepared: Prepared, approve: Approve | None) -> Reply:
        reply = asked.reply
        parts = parts_of(self.home, prepared)
        if all(isinstance(part, Ready) and not part.effects for part in parts):
            answer = f"{prepared.answer} It is that way already; nothing was changed.".strip()
            return self._looked(reply, replace(prepared, answer=answer))
        card = self._card(asked, prepared, parts)
        if reply.confidence < _GUESS and not asked.larger:
            told = f"I am not sure that I understood. This is what I made of it: {' '.join(card.lines)}"
            raise QuestionError("what", f"{told} Nothing was done; say it in other words.")
        turn = self.journal.begin(Turn(reply.request, str(reply.plan), self.home.clock.now, risk=card.risk))
        named = self.journal.plan(turn, parts)
        yes = approve(card) if card.reasons and approve else None
        if card.reasons and yes is None:
            first = (text for text in LOOK_FIRST if text in " ".join(card.reasons))
            answer = f"{' '.join((*card.lines, *first))} Approve it with: nearhand approve {turn}"
            return replace(
                reply, status=Status.APPROVE, answer=answer, results=turns.planned(prepared, card), journal=(turn,)
            )
        if card.reasons and not yes:
            self.journal.reject(turn, "The person said no.")
            self._learned(turn)
            return replace(reply, status=Status.REFUSED, answer="All right, nothing was done.", journal=(turn,))
        self.journal.approve(turn, named)
        return self._ran(reply, prepared, turn, parts, named)

    def _ran(self, reply: Reply, prepared: Prepared, turn: int, parts: Sequence[Part], named: str) -> Reply:
        outcomes = self.executor.run(turn, parts, named)
        self.home.forget(turns.areas(outcomes))
        failed = [o for o in outcomes if o.state in (State.FAILED, State.UNKNOWN, State.SKIPPED)]
        answer = summary(outcomes) if failed else f"{prepared.answer} {turns.said(outcomes)}".strip()
        self.journal.answered(turn, answer, turns.refs(prepared))
        if not failed and (proposed := self._learned(turn)):
            answer = f"{answer} {proposed}"
        results = turns.results(prepared, parts, outcomes)
        status = Status.FAILED if failed else Status.DONE
        return replace(reply, status=status, answer=answer, results=results, journal=(turn,))

    # --- taking back, and what waits ----------------------------------------------------------------------------------

    def undo(self, ids: Sequence[int] = (), approve: Approve | None = None) -> Reply:
        """Take back the last turn, or those that are named."""
        return self._back.undo(ids, approve)

    def redo(self, approve: Approve | None = None) -> Reply:
        """Take back the last undo."""
        return self._back.redo(approve)

    @property
    def _back(self) -> TakingBack:
        return TakingBack(self.home, self.journal, self.executor)

    def approve(self, number: int) -> Reply:
        """Run a turn that was left waiting, exactly as it was shown."""
        entry = self.journal.entry(number)
        reply = Reply(Status.FAILED, entry.turn.request, "")
        try:
            self.journal.approve(number, entry.waiting)
            outcomes = self.executor.run(number, entry.steps, entry.waiting)
        except NearhandError as error:
            return replace(reply, answer=str(error), journal=(number,))
        self.home.forget(turns.areas(outcomes))
        failed = [o for o in outcomes if o.state is not State.DONE]
        answer = summary(outcomes) if failed else turns.said(outcomes)
        self.journal.answered(number, answer, ())
        status = Status.FAILED if failed else Status.DONE
        return replace(reply, status=status, answer=answer, results=(Result("", outcomes=outcomes),), journal=(number,))

    def reject(self, number: int) -> Reply:
        """Say no to a turn that was left waiting; it can never run after that."""
        entry = self.journal.entry(number)
        self.journal.reject(number, "The person said no.")
        self._learned(number)
        return Reply(Status.DONE, entry.turn.request, "All right, it will not be done.", journal=(number,))

    def _learned(self, turn: int) -> str:
        """Keep what a no, or what was said after it, teaches; what could be proposed, if it is the third time."""
        from nearhand.agent.rules import learn  # only few turns teach anything

        return learn.noted(self.journal, self.home.profile.trajectories, turn)

    def entries(self, limit: int = 20, text: str = "") -> tuple[Entry, ...]:
        """The latest turns, the newest first."""
        return self.journal.turns(limit, text)

    def verify(self) -> Broken | None:
        """Check the journal's chain."""
        return self.journal.verify()

    def recover(self) -> tuple[Outcome, ...]:
        """Decide by looking what became of effects that a crash cut off."""
        return self.executor.recover()

    def close(self) -> None:
        """Let go of everything."""
        with suppress(OSError):
            self.planner.close()
        self.home.close()
        self.journal.close()


@contextmanager
def open_engine(
    profile_dir: Path | None,
    now: datetime | None = None,
    planner: PlanSource | None = None,
    progress: Progress | None = None,
) -> Iterator[Engine]:
    """Open a profile; the planner's process starts at once, and loads while the rest is opened."""
    profile = Profile(profile_dir)
    config = load(profile)
    source: PlanSource = planner or start(config)
    try:
        home = Home(profile, config, now, progress)
        journal = Journal(profile.journal)
    except BaseException:
        source.close()
        raise
    stop = home.writing.stop
    engine = Engine(home, source, journal, Executor(home.connectors, journal, stop, check=reaching.check), stop)
    try:
        engine.recover()
        yield engine
    finally:
        engine.close()
