"""Undo and redo as the person meets them: what would be taken back, a card where that needs one, and the answer.

Deliberately not here: which turns are meant (`meant.py`), and how they are taken back (`effects/undo.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nearhand.agent import turns
from nearhand.agent.approve import Approve, Card
from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outcomes import summary
from nearhand.agent.effects.records import State
from nearhand.agent.effects.undo import UndoPlan, plan_redo, plan_undo, run_undo
from nearhand.agent.errors import UndoError
from nearhand.agent.home import Home
from nearhand.agent.meant import meant
from nearhand.agent.reply import Reply, Result, Status
from nearhand.connectors.base import Risk
from nearhand.connectors.errors import NearhandError


@dataclass(frozen=True, slots=True)
class TakingBack:
    """Takes turns of one journal back, and does them again."""

    home: Home
    journal: Journal
    executor: Executor

    def undo(self, ids: Sequence[int], approve: Approve | None) -> Reply:
        """Take back the last turn, or those that are named."""
        reply = Reply(Status.FAILED, "undo" + "".join(f" {n}" for n in ids), "")
        return self._told(reply, lambda: self._plan(ids), approve)

    def redo(self, approve: Approve | None) -> Reply:
        """Take back the last undo."""
        now = self.home.clock.now
        return self._told(
            Reply(Status.FAILED, "redo", ""), lambda: plan_redo(self.journal, self.home.connectors, now=now), approve
        )

    def asked(self, reply: Reply, approve: Approve | None) -> Reply:
        """Take back what the plan of a request means; raises QuestionError where several turns may be meant."""
        assert reply.plan is not None
        named = meant(reply.plan, reply.request, self.journal, self.home)
        return self._run(reply, self._plan(named.turns), approve, named.sure)

    def would(self, reply: Reply) -> str:
        """What the plan of a request would take back."""
        assert reply.plan is not None
        try:
            planned = self._plan(meant(reply.plan, reply.request, self.journal, self.home).turns)
        except UndoError as error:
            return str(error)
        return f"This would take back: {' '.join(planned.texts)}"

    def _plan(self, ids: Sequence[int]) -> UndoPlan:
        return plan_undo(self.journal, self.home.connectors, ids, now=self.home.clock.now)

    def _told(self, reply: Reply, plan: Callable[[], UndoPlan], approve: Approve | None) -> Reply:
        try:
            return self._run(reply, plan(), approve)
        except NearhandError as error:
            return replace(reply, answer=str(error))

    def _run(self, reply: Reply, planned: UndoPlan, approve: Approve | None, sure: bool = True) -> Reply:
        outward = planned.turn.risk is Risk.OUTWARD
        if outward or not sure:
            card = _card(planned, outward)
            if approve is None:
                return replace(reply, status=Status.APPROVE, answer=f"{' '.join(card.lines)} Say yes to do it (--yes).")
            if not approve(card):
                return replace(reply, status=Status.REFUSED, answer="All right, nothing was done.")
        done = run_undo(self.executor, planned)
        self.home.forget(turns.areas(done.outcomes))
        failed = [o for o in done.outcomes if o.state is not State.DONE]
        answer = summary(done.outcomes) if failed else f"Undone: {turns.said(done.outcomes)}"
        self.journal.answered(done.turn, answer, ())
        status, results = Status.FAILED if failed else Status.DONE, (Result("agent.undo", outcomes=done.outcomes),)
        return replace(reply, status=status, answer=answer, results=results, journal=(done.turn,))


def _card(planned: UndoPlan, outward: bool) -> Card:
    reason = "Other people will see this." if outward else "Is this what you mean?"
    return Card(tuple(f"Take back: {text}" for text in planned.texts), (reason,), risk=planned.turn.risk)
