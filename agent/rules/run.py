"""Runs what the rules are set off by: each firing once, whatever dies when, and nothing that was not granted.

    firing ─ load the thing ─ prepare (the fixed plan, $1 = the thing) ─ judge and grant ─┬─ journal, run, done
                                                                                         └─ journal, wait for a yes
The turn carries the firing's id as its cause, so one that was cut off is found again and goes on where it was. Reading
runs at once; what other people would see, and what the grant does not cover, becomes a turn that waits in the queue.
Deliberately not here: what sets a rule off (`rules/finding.py`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nearhand.agent import turns
from nearhand.agent.asking import QuestionError, RefusedError
from nearhand.agent.calls.found import Found
from nearhand.agent.calls.prepare import Prepared, prepare
from nearhand.agent.effects.outcomes import Outcome, summary
from nearhand.agent.effects.records import Entry, Kind, Ref, State, Turn
from nearhand.agent.effects.steps import Ready, Step
from nearhand.agent.errors import BusyError
from nearhand.agent.loop import Engine
from nearhand.agent.policy.judging import parts_of
from nearhand.agent.reply import Reply, Status
from nearhand.agent.rules.finding import Finder
from nearhand.agent.rules.firings import Occasion, Standing
from nearhand.agent.rules.held import RELEASE
from nearhand.agent.rules.judging import ask_first
from nearhand.agent.rules.match import matched
from nearhand.agent.rules.shelf import Active, Shelf
from nearhand.agent.rules.times import around, next_due
from nearhand.agent.rules.trigger import settled
from nearhand.agent.senses.watch_store import WatchStore
from nearhand.agent.work import Change, Event, Firing, Notice, Notify
from nearhand.connectors.base import Effect, Item, Risk
from nearhand.connectors.errors import NearhandError
from nearhand.connectors.files.versions import version_of

_FAR = timedelta(days=1)
"""A moment that is further away is worked out anew each time: the clock may have been wrong."""
_NEVER = 4e12
"""When a firing is due that only the person runs."""
_TELLS = frozenset({"agent.notify", "agent.briefing", "agent.lookup"})
"""Actions whose whole point is that the person hears of it."""


def runner(engine: Engine, notify: Notify) -> Runner:
    """The RuleRunner of the daemon for one engine."""
    return Runner(engine, notify, WatchStore(engine.home.profile.watch))


class Runner:
    """The person's standing rules at work; one thread calls it, and it owns the engine while it does."""

    def __init__(self, engine: Engine, notify: Notify, store: WatchStore) -> None:
        self.engine, self.store = engine, store
        self.shelf = Shelf(engine, store)
        self.finder = Finder(engine.home, engine.journal, store, self.shelf)
        self.firings = self.finder.firings
        self._notify = notify
        self._moments: tuple[object, datetime | None] = (None, None)

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()

    # --- what is due --------------------------------------------------------------------------------------------------

    def due(self, event: Event | datetime) -> Sequence[Firing]:
        """The rules that an event fires, or those that waited for a moment; each says what it is for ever."""
        self.finder.match()
        if isinstance(event, datetime):
            self.finder.come(event)
            self._moments = (None, None)
            found = self.firings.due(event.timestamp())
        else:
            if event.connector in ("calendar", "tasks"):
                self._moments = (None, None)
            now = self.engine.home.clock.now.timestamp()
            found = self.firings.of_event(event.connector, event.ref, event.version, now)
        return [_firing(each) for each in (*self.finder.in_order(found), *self.firings.unasked())]

    def next(self) -> datetime | None:
        """The moment for which `due` is to be asked next."""
        zone = self.engine.home.zone
        self.finder.begin()
        waiting = self.firings.next()
        if self.firings.unasked():
            waiting = 0.0
        found = [datetime.fromtimestamp(max(waiting, 0.0), zone)] if waiting is not None and waiting < 4e12 else []
        found += [moment for moment in (self._next_moment(), self.shelf.turn()) if moment]
        return min(found, default=None)

    def _next_moment(self) -> datetime | None:
        """The next moment that a rule names, or that an event gives it; worked out anew when something changed."""
        rules, now = self.shelf.active(), self.engine.home.clock.now
        known, moment = self._moments
        state = (rules, now.date())
        if known != state or (moment is not None and (moment <= now or moment > now + _FAR)):
            moment = min(filter(None, (self._moment(rule, now) for rule in rules)), default=None)
            self._moments = (state, moment)
        return moment

    def _moment(self, rule: Active, now: datetime) -> datetime | None:
        if rule.trigger.sort == "time":
            last = max(self.finder.believed(now).get(rule.key, rule.since), rule.since)
            since = datetime.fromtimestamp(last, self.engine.home.zone)
            return next_due(rule.trigger, since, self.engine.home.clock)
        if rule.trigger.sort != "near":
            return None
        self.engine.home.forget()
        left = [each for each in around(rule.trigger, self.engine.home, now) if each.gone > now]
        fresh = self.firings.known([f"{rule.key}/near:{each.key}" for each in left])
        return min((e.due for e in left if f"{rule.key}/near:{e.key}" not in fresh), default=None)

    def now(self, rule: Active, items: Sequence[Item]) -> list[Firing]:
        """Firings for the person who wants a rule to run now, on these things (or just so); nobody else runs them."""
        now = self.engine.home.clock.now
        things = [(item.connector, item.ref, item.version) for item in items] or [("time", rule.rule.name, "")]
        run = f"{rule.key}/run:{now.isoformat()}"
        made = [
            Occasion(f"{run}:{n}", rule.key, None, area, ref, version, 0, _NEVER, at=now.timestamp())
            for n, (area, ref, version) in enumerate(things)
        ]
        with self.store.writing():
            self.firings.add(made)
        return [_firing(each) for each in made]

    # --- running ------------------------------------------------------------------------------------------------------

    def run(self, firing: Firing) -> Reply:
        """Do what the rule says, unless it was done already; nothing that goes wrong with it is raised."""
        occasion = self.firings.get(firing.id)
        rule = self.shelf.named(occasion.rule) if occasion else None
        said = rule.rule.request if rule else firing.rule
        blank = Reply(Status.DONE, said, "")
        if occasion is None or (occasion.state is not Standing.DUE and occasion.state is not Standing.HELD):
            return blank
        if rule is None:
            self.firings.ended(occasion, Standing.MOOT, "The rule is paused, changed, over or gone.")
            return blank
        if occasion.state is Standing.HELD:
            return self._ask_about(rule, occasion, blank)
        try:
            return self._once(rule, occasion, blank)
        except (QuestionError, RefusedError) as question:
            return self._ended(rule, occasion, replace(blank, status=Status.ASK, answer=str(question)), Standing.ASKED)
        except BusyError:  # somebody else acts; nothing is wrong with the rule, and its firing comes again
            raise
        except NearhandError as error:
            return self._ended(rule, occasion, replace(blank, status=Status.FAILED, answer=str(error)), Standing.FAILED)

    def _once(self, rule: Active, occasion: Occasion, blank: Reply) -> Reply:
        for entry in reversed(self.engine.journal.caused(occasion.id)):
            if entry.turn.cause == occasion.id:
                return self._went_on(rule, occasion, entry, blank)
        item = None
        if occasion.area != "time":
            item = self._thing(rule, occasion)
            if item is None:
                self.firings.ended(occasion, Standing.MOOT, "It is gone, or it no longer meets the rule.")
                return blank
        with settled(rule.rule, self.engine.home):
            found = Found(items=(item,) if item else ())
            prepared = prepare(rule.work, rule.rule.request, self.engine.home, Found(), (found,))
            parts = parts_of(self.engine.home, prepared)
        return self._did(rule, occasion, item, prepared, parts, blank)

    def _thing(self, rule: Active, occasion: Occasion) -> Item | None:
        """What set the rule off, as it is now and where it is now; None if it no longer meets the rule."""
        home = self.engine.home
        ref = occasion.ref if not occasion.born else self.store.where(occasion.area, occasion.born) or occasion.ref
        item = self._as_seen(occasion) or home.load(occasion.area, ref.partition("#")[0])
        if item is None or occasion.born == 0:
            return self._time_of(item, occasion)
        if (item.version, ref) != (occasion.version, occasion.ref) or rule.trigger.waits:
            home.index.take(occasion.area, {ref: item.version})
            return matched(home, rule.trigger, (ref,)).get(ref)
        return item

    def _as_seen(self, occasion: Occasion) -> Item | None:
        """A file that is still just as it was matched need not be read again."""
        if occasion.area != "files" or not occasion.born:
            return None
        try:
            same = version_of(os.lstat(occasion.ref)) == occasion.version
        except OSError:
            return None
        return self.engine.home.index.get("files", occasion.ref) if same else None

    def _time_of(self, item: Item | None, occasion: Occasion) -> Item | None:
        """The occurrence of a series that is meant; None if it was moved since."""
        at = occasion.id.rpartition("@")[2]
        if item is None or "/near:" not in occasion.id or (item.when and item.when.astimezone(UTC).isoformat() == at):
            return item
        items = [] if rule_gone(self.shelf, occasion) else self._around(occasion)
        return next((each for each in items if each.ref == occasion.ref and _at(each) == at), None)

    def _around(self, occasion: Occasion) -> list[Item]:
        rule = self.shelf.named(occasion.rule)
        assert rule is not None
        return [each.item for each in around(rule.trigger, self.engine.home, self.engine.home.clock.now)]

    def _did(
        self, rule: Active, occasion: Occasion, item: Item | None, prepared: Prepared, parts: Sequence[Step],
        blank: Reply,
    ) -> Reply:  # fmt: skip
        """Run it, or leave it for the person."""
        journal, now = self.engine.journal, self.engine.home.clock.now
        idle = all(isinstance(part, Ready) and not part.effects for part in parts)
        risk, why = ask_first(self.engine.home, rule, prepared, parts) if not idle else (Risk.READ, "")
        turn = Turn(rule.rule.request, str(rule.work), now, Kind.RULE, risk, cause=occasion.id)
        refs = turns.refs(prepared) or (() if item is None else (Ref(item.connector, item.ref, item.title),))
        if idle:
            number = journal.begin(turn)
            said = _answer(prepared)
            journal.answered(number, said, refs)
            return self._done(rule, occasion, item, number, said, (), blank)
        number, named = journal.fired(turn, parts, not why)
        if why:
            reply = replace(blank, status=Status.APPROVE, answer=why, journal=(number,))
            return self._ended(rule, occasion, reply, Standing.WAITING)
        outcomes = self.engine.executor.run(number, parts, named)
        self.engine.home.forget(turns.areas(outcomes))
        return self._done(rule, occasion, item, number, prepared.answer, outcomes, blank)

    def _went_on(self, rule: Active, occasion: Occasion, entry: Entry, blank: Reply) -> Reply:
        """A firing that was cut off: go on with its turn."""
        if entry.open:
            reply = replace(blank, status=Status.APPROVE, answer="It waits for you.", journal=(entry.id,))
            return self._ended(rule, occasion, reply, Standing.WAITING)
        outcomes: tuple[Outcome, ...] = ()
        if entry.approved and not (entry.halted or entry.answer or entry.rejected):
            outcomes = self.engine.executor.resume(entry.id)
        home = self.engine.home
        item = home.load(occasion.area, occasion.ref) if occasion.area in home.connectors else None
        return self._done(rule, occasion, item, entry.id, entry.answer, outcomes, blank)

    def _done(
        self, rule: Active, occasion: Occasion, item: Item | None, turn: int, said: str, outcomes: Sequence[Outcome],
        blank: Reply,
    ) -> Reply:  # fmt: skip
        wrong = any(outcome.state is not State.DONE for outcome in outcomes)
        answer = summary(outcomes) if wrong else f"{said} {turns.said(outcomes)}".strip()
        if outcomes:
            self.engine.journal.answered(turn, answer)
        status, standing = (Status.FAILED, Standing.FAILED) if wrong else (Status.DONE, Standing.DONE)
        if not wrong and any(step.action in _TELLS or not outcomes for step in rule.work.steps):
            self._notify(Notice(_cut(rule.rule.request), _cut(said or answer), item.title if item else "", turn))
        return self._ended(rule, occasion, replace(blank, status=status, answer=answer, journal=(turn,)), standing)

    def _ended(self, rule: Active, occasion: Occasion, reply: Reply, standing: Standing) -> Reply:
        turn = reply.journal[0] if reply.journal else None
        if turn is None and standing in (Standing.ASKED, Standing.FAILED):
            turn = self._noted(rule, occasion, reply.answer)
        self.firings.ended(occasion, standing, reply.answer, turn)
        return replace(reply, journal=(turn,) if turn is not None else ())

    def _noted(self, rule: Active, occasion: Occasion, answer: str) -> int:
        """A turn that says why nothing was done."""
        now, journal = self.engine.home.clock.now, self.engine.journal
        turn = Turn(rule.rule.request, str(rule.work), now, Kind.RULE, Risk.READ, cause=occasion.id)
        number = journal.begin(turn)
        journal.answered(number, answer)
        return number

    def _ask_about(self, rule: Active, occasion: Occasion, blank: Reply) -> Reply:
        """A large batch: one turn that waits for the person, and lets it go when they say yes."""
        if occasion.turn is not None:
            return blank
        held, _ = self.firings.counted(occasion.said)
        effect = Effect("held", RELEASE, occasion.said, "", {"count": str(held), "rule": rule.rule.request})
        turn = Turn(rule.rule.request, str(rule.work), self.engine.home.clock.now, Kind.RULE, cause=occasion.said)
        known = [e.id for e in self.engine.journal.caused(occasion.said) if e.turn.cause == occasion.said]
        number = known[-1] if known else self.engine.journal.fired(turn, (Ready((effect,)),), False)[0]
        self.firings.asked(occasion.said, number)
        answer = f"The rule is about to act on {held} things at once. Let it with: nearhand approve {number}"
        return replace(blank, status=Status.APPROVE, answer=answer, journal=(number,))


def rule_gone(shelf: Shelf, occasion: Occasion) -> bool:
    """Whether the rule of an occasion is at work no more."""
    return shelf.named(occasion.rule) is None


def _firing(each: Occasion) -> Firing:
    change = Change.DUE if each.area == "time" or each.event is None else Change.NEW
    at = datetime.fromtimestamp(min(each.due, 4e9), UTC)
    return Firing(each.id, each.rule.rpartition("@")[0], Event(each.area, change, each.ref, each.version, at))


def _at(item: Item) -> str:
    return item.when.astimezone(UTC).isoformat() if item.when else ""


def _answer(prepared: Prepared) -> str:
    """What the steps that only looked have to say; a text that was written comes first, for a notice is short."""
    texts = (line for result in prepared.results if "author" in result.facts for line in result.lines)
    return " ".join(filter(None, (*texts, prepared.answer)))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"
