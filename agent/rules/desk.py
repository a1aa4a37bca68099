"""What a person does with one rule: look at it, try it, run it now, let it go on, see what it did, take that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from nearhand.agent.approve import Approve, Card
from nearhand.agent.effects.outcomes import summary
from nearhand.agent.effects.records import Entry, State, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.errors import AgentError
from nearhand.agent.loop import Engine
from nearhand.agent.policy.digest import digest
from nearhand.agent.reply import Reply, Result, Status
from nearhand.agent.rules.card import standing
from nearhand.agent.rules.connector import RulesConnector
from nearhand.agent.rules.files import Rule
from nearhand.agent.rules.making import grant_of
from nearhand.agent.rules.run import Runner
from nearhand.agent.rules.shelf import WAITS, Shelf, key_of
from nearhand.agent.rules.trial import occasions, trial
from nearhand.agent.rules.trigger import settled
from nearhand.agent.senses.watch_store import WatchStore
from nearhand.agent.work import Notice
from nearhand.connectors.base import Item


class RuleDesk:
    """One engine's rules, as the person handles them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.rules = cast(RulesConnector, engine.home.connectors["rules"])

    def text(self, ref: str) -> str:
        """The file of a rule."""
        return self.rules.text(ref)

    def shown(self, ref: str) -> list[str]:
        """What a rule does, and whether it is at work."""
        rule = self.rules.rule(ref)
        shelf = Shelf(self.engine)
        shelf.active()
        lines = [f"“{rule.request}”", f"It is {shelf.idle.get(ref, 'on')}.", *standing(rule, self.engine.home)]
        return [*lines, f"Plan: {rule.plan}", f"File: {self.rules.store.path(ref)}"]

    def tried(self, ref: str) -> list[str]:
        """What a rule would have done to the last 30 days; nothing is done."""
        found = trial(self.rules.rule(ref), self.engine.home)
        lines = [found.sentence]
        for each in found.tried:
            lines.append(each.title or "Now it would:")
            lines += [f"   {line}" for line in each.lines] or [f"   {each.problem or 'nothing to do'}"]
        left = found.count - len(found.tried)
        return [*lines, *([f"… and {left} more."] if left > 0 else [])]

    def log(self, ref: str) -> tuple[Entry, ...]:
        """The turns of a rule, the newest first."""
        return self.engine.journal.caused(f"{key_of(self.rules.rule(ref))}/")[::-1]

    def undone(self, ref: str, approve: Approve | None) -> Reply:
        """Take back everything that a rule did and that still stands."""
        turns = [e.id for e in self.log(ref) if any(r.state is State.DONE for r in e.effects)]
        if not turns:
            return Reply(Status.DONE, "undo the rule", "The rule has done nothing that could be taken back.")
        return self.engine.undo(turns, approve)

    def resumed(self, ref: str, approve: Approve | None) -> Reply:
        """Let a rule go on as its file says now: after a pause, a change by hand, or when its grant has ended."""
        rule, home = self.rules.rule(ref), self.engine.home
        with settled(rule, home):
            rule = replace(rule, paused=False, grant=grant_of(rule, home))
        request = f"rules resume {rule.name}"
        card = Card((f"Let the rule “{rule.request}” go on.", *standing(rule, home)), ("This goes on by itself.",))
        waits = Reply(Status.APPROVE, request, " ".join(card.lines) + " Say yes to it (--yes).")
        if approve is None or not approve(card):
            return waits if approve is None else Reply(Status.REFUSED, request, "All right, it stays as it is.")
        steps, plan = (Ready((self.rules.allowed(ref, rule.grant),)),), f"rules.resume {rule.name}"
        turn = self.engine.journal.begin(Turn(request, plan, home.clock.now))
        named = digest(plan, steps)
        self.engine.journal.approve(turn, named)
        outcomes = self.engine.executor.run(turn, steps, named)
        failed = any(outcome.state is not State.DONE for outcome in outcomes)
        answer = summary(outcomes) if failed else f"The rule “{rule.request}” is on."
        self.engine.journal.answered(turn, answer)
        status = Status.FAILED if failed else Status.DONE
        return Reply(status, request, answer, results=(Result("rules.resume", outcomes=outcomes),), journal=(turn,))

    def run(self, ref: str, approve: Approve | None) -> Reply:
        """Let a rule act now, on everything there is that meets it; asks first where that is much."""
        said: list[str] = []

        def heard(notice: Notice) -> None:
            said.append(": ".join(filter(None, (notice.text, notice.about if notice.about not in notice.text else ""))))

        runner = Runner(self.engine, heard, WatchStore(self.engine.home.profile.watch))
        try:
            return self._run(runner, ref, approve, said)
        finally:
            runner.close()

    def _run(self, runner: Runner, ref: str, approve: Approve | None, said: list[str]) -> Reply:
        active = next((each for each in runner.shelf.active() if each.ref == ref), None)
        if active is None:
            why = runner.shelf.idle.get(ref, "gone")
            hint = " Let it go on with: nearhand rules resume NUMBER" if why in (WAITS, "paused") else ""
            raise AgentError(f"The rule cannot run: it is {why}.{hint}")
        with settled(active.rule, self.engine.home):
            items = occasions(active.trigger, self.engine.home, None) if active.trigger.sort == "come" else []
        request = f"rules run {active.rule.name}"
        if not items and active.trigger.sort == "come":
            return Reply(Status.DONE, request, "There is nothing there that it is about.")
        if len(items) > active.rule.grant.most and not (approve and approve(_many(active.rule, items))):
            much = f"It would act on {len(items)} things at once. Say yes to it (--yes)."
            return Reply(Status.APPROVE, request, much)
        replies = [runner.run(firing) for firing in runner.now(active, items)]
        return _summed(request, replies, said)


def _many(rule: Rule, items: Sequence[Item]) -> Card:
    titles = tuple(f"“{item.title}”" for item in items)
    return Card((f"Let the rule “{rule.request}” act on {len(items)} things:", *titles), ("These are many at once.",))


def _summed(request: str, replies: Sequence[Reply], said: Sequence[str]) -> Reply:
    """Many firings as one answer; the worst says how it went."""
    order = (Status.DONE, Status.APPROVE, Status.ASK, Status.REFUSED, Status.FAILED)
    worst = max(replies, key=lambda reply: order.index(reply.status))
    texts = [*said, *(reply.answer for reply in replies if reply.answer and reply.answer not in said)]
    journal = tuple(turn for reply in replies for turn in reply.journal)
    more = f" … and {len(texts) - 5} more." if len(texts) > 5 else ""
    return Reply(worst.status, request, " ".join(dict.fromkeys(texts[:5])) + more, journal=journal)
