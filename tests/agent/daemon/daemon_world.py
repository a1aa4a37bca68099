"""A real daemon for tests, in a thread or a process of its own, over a small real home; only plans and rules are given.

    python -m ... daemon_world.py PROFILE PLANS.json [rules]  serves PROFILE as a process that can be killed; with its own rules
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from nearhand.agent.config.settings import Config
from nearhand.agent.daemon.main import Daemon
from nearhand.agent.daemon.notices import Send
from nearhand.agent.daemon.parts import Parts, usual
from nearhand.agent.daemon.remote import Remote, connect
from nearhand.agent.loop import Engine
from nearhand.agent.paths import Profile
from nearhand.agent.reply import Reply, Status
from nearhand.agent.work import Change, Event, Firing, Notify, Put, RuleRunner, Servers, Watcher
from nearhand.models.worker import PlanSource, ScriptedPlanner

PLANS = {
    "pack the notes": 'files.zip what="notes"',
    "bin the notes": 'files.trash what="notes"',
    "bin them all": 'files.trash what="page"',
    "where are the notes?": 'files.find what="notes"',
    "read plan b": 'files.find what="plan b"',
    "what about it?": "none why=chat",
}
CONFIG = '[me]\nname = "Robin"\nemail = "robin@keller.example"\ntimezone = "UTC"\n[files]\nroots = ["Documents"]\n'
_PATIENCE = 60.0


def make_home(folder: Path, pages: int = 0, more: str = "") -> Path:
    """A profile whose Documents hold notes, and pages if wanted."""
    documents = folder / "Documents"
    documents.mkdir(parents=True)
    (documents / "notes.txt").write_text("milk\n")
    for number in range(pages):
        (documents / f"page {number:04}.txt").write_text(f"{number}\n")
    (folder / "config.toml").write_text(CONFIG + more)
    return folder


@dataclass
class GivenWatcher:
    """Tells of the events that a test gives; forgets them when they were seen."""

    events: list[Event] = field(default_factory=list)
    put: Put | None = None
    wanted: datetime | None = None
    broken: Exception | None = None
    scans: int = 0

    def start(self, put: Put) -> None:
        self.put = put

    def stop(self) -> None:
        self.put = None

    def scan(self) -> Sequence[Event]:
        self.scans += 1
        if self.broken:
            raise self.broken
        return tuple(self.events[:100])

    def next(self) -> datetime | None:
        return self.wanted

    def seen(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events.remove(event)

    def give(self, *events: Event) -> None:
        """Something happens."""
        self.events += events
        if self.put:
            self.put()


@dataclass
class GivenRules:
    """One rule that every event fires; it does what a test says, once for each firing."""

    work: Callable[[Firing], Reply] = lambda firing: Reply(Status.DONE, "rule", "Done.")
    ran: list[str] = field(default_factory=list)
    wanted: datetime | None = None

    def close(self) -> None:
        """Nothing is held."""

    def due(self, event: Event | datetime) -> Sequence[Firing]:
        if isinstance(event, datetime):
            self.wanted = None
            event = Event("time", Change.DUE, "later")
        return (Firing(f"rule/{event.ref}", "rule", event),)

    def next(self) -> datetime | None:
        return self.wanted

    def run(self, firing: Firing) -> Reply:
        if firing.id in self.ran:
            return Reply(Status.DONE, "rule", "Done before.")
        reply = self.work(firing)
        self.ran.append(firing.id)
        return reply




@dataclass
class Given:
    """Everything a test can give a daemon."""

    plans: dict[str, str] = field(default_factory=lambda: dict(PLANS))
    watcher: GivenWatcher = field(default_factory=GivenWatcher)
    rules: GivenRules = field(default_factory=GivenRules)
    accounts: Servers | None = None
    shown: list[tuple[str, str]] = field(default_factory=list)
    planners: list[PlanSource] = field(default_factory=list)
    make_planner: Callable[[], PlanSource] | None = None

    def parts(self) -> Parts:
        return Parts(self._planner, self._watcher, self._runner, lambda profile, config: self.accounts, self._desktop)

    def _planner(self, config: Config) -> PlanSource:
        self.planners.append(self.make_planner() if self.make_planner else ScriptedPlanner(self.plans))
        return self.planners[-1]

    def _watcher(self, engine: Engine) -> Watcher:
        return self.watcher

    def _runner(self, engine: Engine, notify: Notify) -> RuleRunner:
        return self.rules

    def _desktop(self) -> Send | None:
        return lambda title, text: self.shown.append((title, text))


@contextmanager
def served(folder: Path, given: Given | None = None) -> Iterator[Daemon]:
    """A daemon in a thread; it has ended, and left no thread behind, when the block ends."""
    before = set(threading.enumerate())
    daemon = Daemon(Profile(folder), (given or Given()).parts())
    failed: list[BaseException] = []

    def run() -> None:
        try:
            daemon.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until(lambda: answers(folder) or bool(failed))
        if failed:
            raise failed[0]
        yield daemon
    finally:
        with suppress(AttributeError):
            daemon.quit()
        thread.join(_PATIENCE)
        if failed:
            raise failed[0]
    assert set(threading.enumerate()) - before == set()


@contextmanager
def process(
    folder: Path, plans: dict[str, str] | None = None, rules: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own; with `rules` it watches the home and follows the rules of the profile."""
    written = folder / "plans.json"
    written.write_text(json.dumps(plans or PLANS))
    command = [sys.executable, "-P", __file__, str(folder), str(written), *(["rules"] if rules else [])]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: answers(folder) or started.poll() is not None)
        yield started
    finally:
        started.kill()
        started.communicate()


def answers(folder: Path) -> bool:
    """Whether somebody lets clients in."""
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(Profile(folder).socket))
        return probe.recv(1) == b"{"
    return False


@contextmanager
def client(folder: Path) -> Iterator[Remote]:
    """A client of the daemon that runs."""
    remote = connect(folder)
    assert remote is not None
    try:
        yield remote
    finally:
        remote.close()


@contextmanager
def raw(folder: Path) -> Iterator[socket.socket]:
    """A bare connection."""
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(_PATIENCE)
        made.connect(str(Profile(folder).socket))
        yield made


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails when it never does."""
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


if __name__ == "__main__":
    parts = Given(json.loads(Path(sys.argv[2]).read_text())).parts()
    real = replace(parts, watcher=usual().watcher, runner=usual().runner)
    Daemon(Profile(Path(sys.argv[1])), real if "rules" in sys.argv else parts).run()
