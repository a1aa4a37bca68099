"""Stops a turn anywhere: a child runs it and dies at a chosen failpoint or moment, as kill -9 would have it.

One home and one journal serve thousands of deaths: the turn is planned once, a child acts, and afterwards only what
differs is put back. Nothing is imported or indexed in between, so a death costs a few milliseconds.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time as clock_time
from pathlib import Path

from nearhand.agent.config.settings import load
from nearhand.agent.connecting import connectors as connected
from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outcomes import Outcome
from nearhand.agent.effects.records import State
from nearhand.agent.effects.steps import Step
from nearhand.agent.effects.undo import plan_undo, run_undo
from nearhand.agent.paths import Profile
from nearhand.agent.reply import Status
from nearhand.agent.resolve.when.types import Clock
from nearhand.connectors import atomic
from nearhand.connectors.base import Connector
from nearhand.connectors.sealed.parsing import HERE
from nearhand.models.written import Row

from . import home
from .snapshot import Snapshot
from .world import Bytes, World, restored

DIED = 137
Hook = Callable[[str], None]


@dataclass
class Death:
    """A turn that is ready to run, the world before it and after it, and every failpoint it passes."""

    world: World
    turn: int
    steps: Sequence[Step]
    approved: str
    before: Snapshot
    first: Bytes
    points: list[str]
    after: Bytes
    seconds: float = 0.0
    """How long the whole turn takes."""

    def run(self, hook: Hook | None = None) -> tuple[Outcome, ...]:
        """Act, here and now."""
        with self.hands() as executor, hooked(hook or atomic.hook):
            return executor.run(self.turn, self.steps, self.approved)

    @contextmanager
    def hands(self) -> Iterator[Executor]:
        """The executor of a process that has just started."""
        journal = Journal(Profile(self.world.profile).journal)
        try:
            yield Executor(connectors(self.world), journal, threading.Event())
        finally:
            journal.close()

    def die_at(self, number: int) -> int:
        """Act in a child that dies at its n-th failpoint (from 1); its exit status."""
        return in_child(lambda: self.run(counting(number, lambda: os._exit(DIED))))

    def die_after(self, seconds: float) -> int:
        """Act in a child that is killed after so long; its exit status."""
        child = os.fork()
        if child == 0:
            _live_and_leave(self.run)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def undo_and_die_at(self, number: int) -> int:
        """Act, then take it back in a child that dies at its n-th failpoint; the child's exit status."""
        self.run()
        return in_child(lambda: self._undo(counting(number, lambda: os._exit(DIED))))

    def _undo(self, hook: Hook) -> None:
        with self.hands() as executor:
            plan = plan_undo(executor.journal, executor.connectors, (self.turn,), now=home.NOW)
            with hooked(hook):
                run_undo(executor, plan)

    def judge_undo(self, told: str) -> None:
        """After a death in an undo nothing is lost, and undoing what is still done leads back to the beginning."""
        with self.hands() as executor:
            executor.recover()
            assert executor.journal.verify() is None and not executor.journal.open_intents(), told
            now = self.look()
            assert all(self.world.kept(data) for path, data in self.first.items() if path not in now), told
            if any(record.state is State.DONE for record in executor.journal.effects_of(self.turn)):
                again = run_undo(executor, plan_undo(executor.journal, executor.connectors, (self.turn,), now=home.NOW))
                assert all(outcome.state is State.DONE for outcome in again.outcomes), (told, again.outcomes)
            assert restored(self.first, self.look()), (told, set(self.look()) ^ set(self.first))

    def look(self) -> Bytes:
        """The world now, without what a dead process may leave: temporary files, which are swept away later."""
        return {path: data for path, data in self.world.look().items() if not _rubbish(path)}

    def judge(self, told: str) -> State | None:
        """After a death nothing is lost, the journal says what happened, and undo takes it back; how far it had come."""
        with self.hands() as executor:
            executor.recover()
            records = executor.journal.effects_of(self.turn)
            assert executor.journal.verify() is None and not executor.journal.open_intents(), told
            assert {record.state for record in records} <= {State.DONE, State.FAILED}, (told, records)
            done = [record for record in records if record.state is State.DONE]
            now = self.look()
            if not done:
                assert restored(self.first, now), (told, set(now) ^ set(self.first))
            if len(done) == self.points.count("execute.after_receipt"):
                assert now.keys() == self.after.keys(), (told, set(now) ^ set(self.after))
            gone = [data for path, data in self.first.items() if path not in now]
            assert all(self.world.kept(data) for data in gone), f"{told}: something is lost"
            if done:
                undo = plan_undo(executor.journal, executor.connectors, (self.turn,), now=home.NOW)
                undone = run_undo(executor, undo)
                assert all(outcome.state is State.DONE for outcome in undone.outcomes), (told, undone.outcomes)
            assert restored(self.first, self.look()), (told, set(self.look()) ^ set(self.first))
        return done[-1].state if done else None


def _rubbish(path: str) -> bool:
    parts = Path(path).parts
    return any(atomic.TEMPORARY.fullmatch(part) for part in parts) or (parts[0] == "Mail" and "tmp" in parts)


def prepared(world: World, row: Row, *earlier: Row) -> Death:
    """Plan a request, run it once to know the way and the end, and put everything back; `earlier` ones stay done."""
    with world.engine(*earlier, row) as engine:
        for before_it in earlier:
            assert engine.do(before_it.turn.request, approve=lambda card: True).status is Status.DONE
        reply = engine.do(row.turn.request)  # nobody approves: it waits in the journal
        assert reply.journal, reply.answer
        entry = engine.journal.entry(reply.journal[0])
        engine.journal.approve(entry.id, entry.waiting)
    before, first = Snapshot((world.home, world.profile), world.base.parent / f"{world.base.name}.kept"), world.look()
    death = Death(world, entry.id, entry.steps, entry.waiting, before, first, [], {})
    begun = time.perf_counter()
    outcomes = death.run(death.points.append)
    death.seconds = time.perf_counter() - begun
    assert outcomes and all(outcome.state is State.DONE for outcome in outcomes), outcomes
    death.after = death.look()
    before.restore()
    return death


class _Still:
    """All that connectors need of a home: its clock, and parsers in this very process."""

    clock = Clock(home.NOW, 0, clock_time(9), clock_time(17))
    reads = HERE


def connectors(world: World) -> dict[str, Connector]:
    """The connectors of a process that has just started."""
    profile = Profile(world.profile)
    return {each.name: each for each in connected(profile, load(profile), _Still())}  # type: ignore[arg-type]


def counting(number: int, act: Callable[[], None]) -> Hook:
    """A hook that acts at the n-th failpoint (from 1)."""
    passed = 0

    def hook(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == number:
            act()

    return hook


@contextmanager
def hooked(hook: Hook) -> Iterator[None]:
    """Have every failpoint call a hook while the block runs."""
    honest, atomic.hook = atomic.hook, hook
    try:
        yield
    finally:
        atomic.hook = honest


def in_child(work: Callable[[], object]) -> int:
    """Do it in a child; its exit status."""
    child = os.fork()
    if child == 0:
        _live_and_leave(work)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _live_and_leave(work: Callable[[], object]) -> None:
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)
