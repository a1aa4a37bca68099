"""The loop of the rules over a fake clock: order, errors, stops, and a simulated day."""

from __future__ import annotations

import gc
import os
import threading
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nearhand.agent.daemon.loop import Works
from nearhand.agent.errors import AgentError
from nearhand.agent.reply import Reply, Status
from nearhand.agent.work import Change, Event, Firing, Notice
from nearhand.models import footprint

from .daemon_world import GivenRules, GivenWatcher, client, make_home, served

START = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
EVENTS = [Event("files", Change.NEW, f"{n}", "v") for n in range(5)]


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Bench:
    """Works with everything given."""

    clock: Clock = field(default_factory=Clock)
    watcher: GivenWatcher = field(default_factory=GivenWatcher)
    rules: GivenRules = field(default_factory=GivenRules)
    stop: threading.Event = field(default_factory=threading.Event)
    told: list[Notice] = field(default_factory=list)

    def works(self) -> Works:
        return Works(self.watcher, self.rules, self.stop, self.told.append, self.clock)


def test_an_event_counts_as_seen_when_all_it_fired_has_run() -> None:
    bench = Bench()
    bench.watcher.events = list(EVENTS)

    def work(firing: Firing) -> Reply:
        assert firing.event in bench.watcher.events
        return Reply(Status.DONE, "rule", "Done.")

    bench.rules.work = work
    bench.works().step()
    assert bench.watcher.events == [] and len(bench.rules.ran) == 5


def test_a_rule_that_raises_loses_nothing_and_is_tried_again_later() -> None:
    bench = Bench()
    bench.watcher.events = list(EVENTS)
    full = [True]

    def work(firing: Firing) -> Reply:
        if full[0] and firing.event is EVENTS[2]:
            raise AgentError("The disk is full.")
        return Reply(Status.DONE, "rule", "Done.")

    bench.rules.work = work
    works = bench.works()
    works.step()
    assert bench.watcher.events == EVENTS[2:] and bench.told[0].text == "The disk is full."
    works.step()  # too early
    assert works.next() == START + timedelta(seconds=5) and len(bench.told) == 1
    full[0] = False
    bench.clock.now += timedelta(seconds=5)
    works.step()
    assert bench.watcher.events == [] and len(bench.rules.ran) == 5 and works.next() is None


def test_it_waits_longer_each_time_but_never_for_ever() -> None:
    bench = Bench()
    bench.watcher.broken = OSError("gone")
    works, pauses = bench.works(), []
    for _ in range(12):
        works.step()
        again = works.next()
        assert again is not None
        pauses.append((again - bench.clock.now).total_seconds())
        bench.clock.now = again
    assert pauses[:4] == [5, 10, 20, 40] and pauses[-1] == 600 and len(bench.told) == 1


def test_stop_ends_it_between_two_firings_and_the_rest_comes_again() -> None:
    bench = Bench()
    bench.watcher.events = list(EVENTS)

    def work(firing: Firing) -> Reply:
        if firing.event is EVENTS[1]:
            bench.stop.set()
        return Reply(Status.DONE, "rule", "Done.")

    bench.rules.work = work
    works = bench.works()
    works.step()
    works.step()
    assert len(bench.rules.ran) == 2 and bench.watcher.events == EVENTS[1:] and works.next() is None
    bench.stop.clear()
    works.step()
    assert len(bench.rules.ran) == 5 and bench.watcher.events == []


def test_the_next_moment_is_the_earliest_that_anybody_waits_for() -> None:
    bench = Bench()
    bench.watcher.wanted, bench.rules.wanted = START + timedelta(minutes=3), START + timedelta(minutes=2)
    works = bench.works()
    assert works.next() == START + timedelta(minutes=2)
    bench.clock.now = START + timedelta(days=2)  # slept through it
    works.step()
    assert bench.rules.ran == ["rule/later"] and works.next() == START + timedelta(minutes=3)


def test_a_clock_that_is_set_back_repeats_nothing() -> None:
    bench = Bench()
    bench.watcher.events = list(EVENTS)
    works = bench.works()
    works.step()
    bench.clock.now -= timedelta(hours=3)
    bench.watcher.events = list(EVENTS)  # told of again, as after a crash
    works.step()
    assert len(bench.rules.ran) == 5


def test_what_a_rule_could_not_do_is_told_by_its_name_alone() -> None:
    bench = Bench()
    bench.watcher.events = EVENTS[:1]
    bench.rules.work = lambda firing: Reply(Status.FAILED, "rule", "“Secret” is gone.", journal=(4,))
    bench.works().step()
    (told,) = bench.told
    assert (told.about, told.turn) == ("rule", 4) and "Secret" not in told.title + told.text


class Forgetful(GivenRules):
    """Like the given rules, without remembering what ran, which a journal does on disk."""

    def run(self, firing: Firing) -> Reply:
        return self.work(firing)


def descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_simulated_day_leaves_memory_threads_and_descriptors_as_they_were(tmp_path: Path) -> None:
    """24 hours, 1,000 events and 20 clients by default; 10,000 and 500 with NEARHAND_SOAK=1."""
    full = bool(os.environ.get("NEARHAND_SOAK"))
    events, asks = (10_000, 500) if full else (1000, 20)
    home = make_home(tmp_path / "p", pages=20)
    bench = Bench(rules=Forgetful())
    step = timedelta(days=1) / events
    with served(home), client(home) as remote:
        works = bench.works()
        seen: list[tuple[int, int, int]] = []
        tracemalloc.start()
        try:
            for number in range(events):
                bench.clock.now += step
                bench.watcher.events.append(Event("mail", Change.NEW, f"INBOX/{number}", "v"))
                bench.rules.wanted = bench.clock.now if number % 7 == 0 else None
                works.step()
                if number % (events // asks) == 0:
                    assert remote.do("what about it?").status is Status.DONE
                    with client(home) as passing:
                        assert passing.plan("pack the notes").plan is not None
                if number % (events // 10) == events // 10 - 1:
                    gc.collect()
                    seen.append((tracemalloc.get_traced_memory()[0], threading.active_count(), descriptors()))
        finally:
            tracemalloc.stop()
        if full:
            print(f"\n{events} events, {2 * asks} requests: traced {[b // 1024 for b, _, _ in seen]} kB, RSS {footprint.current() // 2**20} MB")
    assert bench.clock.now - START >= timedelta(hours=23, minutes=59)
    assert bench.watcher.events == []
    middle, last = seen[len(seen) // 2], seen[-1]
    assert last[0] - middle[0] < 500_000  # caches are full by then
    assert abs(last[1] - middle[1]) <= 2 and abs(last[2] - middle[2]) <= 2  # one client may be on its way out
