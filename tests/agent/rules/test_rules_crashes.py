"""kill -9 at random while rules run: nothing is lost and nothing is done twice; a full disk ends nothing for good."""

from __future__ import annotations

import os
import random
import select
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nearhand.agent.effects.execute import FAILPOINTS
from nearhand.agent.effects.journal import Journal
from nearhand.agent.reply import Status
from nearhand.agent.rules.desk import RuleDesk
from nearhand.agent.senses.watch_store import WatchError, WatchStore
from nearhand.connectors import atomic
from nearhand.connectors.errors import NearhandError

from . import rules_desk
from .rules_desk import Desk

SOAK = bool(os.environ.get("NEARHAND_SOAK"))
LIVES = 1000 if SOAK else 50
"""How often the rules are killed; 1,000 with NEARHAND_SOAK=1."""
SCANS = "rules.add event=file kind=photo ; files.move what=$1 | Any photo that lands in {in:Downloads} should end up in {2.to:Bills}"
TASK = "rules.add event=mail ; tasks.add from=$1 ; mail.archive what=$1 | make a todo of every mail from {from:Olga} and archive it"


@pytest.fixture
def base() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nearhand-rules-", dir=rules_desk.fast()) as folder:
        yield rules_desk.make(Path(folder) / "home")


def life(base: Path, work: Callable[[Desk], None], ready: int = -1) -> None:
    """A child process that works and ends; never returns."""
    code = 1
    try:
        with rules_desk.opened(base) as desk:
            if ready >= 0:
                os.write(ready, b".")
            work(desk)
            code = 0
    finally:
        os._exit(code)


class Killer:
    """Kills lives somewhere between their beginning and their end, however fast the machine is right now."""

    def __init__(self, base: Path) -> None:
        self._base, self._takes, self._cut = base, 1.0, 0
        self._draw = random.Random(os.environ.get("NEARHAND_SEED", "7"))
        self.killed = 0

    def life(self) -> None:
        """One life of the rules in a process of their own, from the moment that it is ready."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            life(self._base, Desk.go, write)
        os.close(write)
        os.read(read, 1)
        begun = time.monotonic()
        ended = bool(select.select([read], [], [], self._draw.uniform(0.0, 1.2 * self._takes))[0])
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(read)
        self.killed += not ended
        self._cut = 0 if ended else self._cut + 1
        if ended:
            self._takes = (self._takes + time.monotonic() - begun) / 2
        elif self._cut > 6:  # it has become slower than it was
            self._takes *= 1.3


def check(base: Path, desk: Desk, files: int, mails: int) -> None:
    assert desk.files("Downloads") == [] and len(desk.files("Documents")) == files
    assert desk.mails() == [] and len(desk.mails(".Archive")) == mails
    assert Counter(desk.tasks()) == Counter({f"Mail {number}": 1 for number in range(mails)})
    done = [e for e in desk.engine.journal.turns(10_000) if e.turn.cause]
    assert max(Counter(entry.turn.cause for entry in done).values()) == 1, "a firing has one turn"
    assert desk.engine.verify() is None
    store = sqlite3.connect(base / "watch.db")
    states = Counter(row[0] for row in store.execute("SELECT state FROM firing"))
    assert states == {"done": files + mails} and not store.execute("SELECT 1 FROM event").fetchall()
    store.close()


def test_killed_at_random_nothing_is_lost_and_nothing_is_done_twice(base: Path) -> None:
    with rules_desk.opened(base) as desk:
        for ref in (desk.rule(SCANS), desk.rule(TASK)):
            path = base / "rules" / ref
            path.write_text(desk.text(ref).replace("most = 50", "most = 10000"))
            assert RuleDesk(desk.engine).resumed(ref, lambda card: True).status is Status.DONE
        desk.go()
        killer = Killer(base)
        for number in range(LIVES):
            desk.put(f"Downloads/scan {number}.jpg", f"scan {number}")
            desk.mail(f"Mail {number}")
            killer.life()
    print(f"{killer.killed} of {LIVES} lives were cut off")
    with rules_desk.opened(base) as desk:
        for _ in range(5):
            desk.go()
        check(base, desk, LIVES, LIVES)


@pytest.mark.parametrize("failpoint", [*FAILPOINTS, "write.temp", "rename.before", "rename.done", "write.synced"])
def test_killed_at_every_step_of_a_firing_it_goes_on_where_it_was(base: Path, failpoint: str) -> None:
    with rules_desk.opened(base) as desk:
        desk.rule(SCANS)
        desk.rule(TASK)
        desk.go()
        desk.put("Downloads/scan 0.jpg")
        desk.mail("Mail 0")
    for nth in (1, 2):
        child = os.fork()
        if child == 0:
            _die_at(failpoint, nth)
            life(base, Desk.go)
        os.waitpid(child, 0)
    with rules_desk.opened(base) as desk:
        desk.go()
        desk.go()
        check(base, desk, 1, 1)


def _die_at(failpoint: str, nth: int) -> None:
    left = [nth]

    def hook(name: str) -> None:
        if name == failpoint:
            left[0] -= 1
            if left[0] == 0:
                os._exit(137)

    atomic.hook = hook


def test_a_full_disk_stops_the_rules_and_loses_nothing(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rules_desk.opened(base) as desk:
        desk.rule(SCANS)
        desk.go()
        store = WatchStore(base / "watch.db")
        pages = store.base.execute("PRAGMA page_count").fetchone()[0]
        store.close()
        plain = WatchStore.__init__

        def full(self: WatchStore, path: Path) -> None:
            plain(self, path)
            self.base.execute(f"PRAGMA max_page_count = {pages}")

        with monkeypatch.context() as patched:
            patched.setattr(WatchStore, "__init__", full)
            for number in range(300):
                desk.put(f"Downloads/more {number:03} {'x' * 100}.jpg")
            desk.put("Downloads/scan.jpg")  # the last: alone it would stand still sooner, and one thing has room
            with suppress(NearhandError), desk.working() as works:
                desk.settle(works)
            assert any("cannot be used" in notice.text for notice in desk.notices)
            assert len(desk.files("Downloads")) == 301
        for number in range(300):
            (base / "Downloads" / f"more {number:03} {'x' * 100}.jpg").unlink()
        desk.go()
        assert desk.files("Downloads") == [] and desk.files("Documents") == ["scan.jpg"]


def test_a_disk_too_full_for_the_journal_stops_the_rules_and_loses_nothing(base: Path) -> None:
    with rules_desk.opened(base) as desk:
        ref = desk.rule(SCANS)
        path = base / "rules" / ref
        path.write_text(desk.text(ref).replace("most = 50", "most = 10000"))
        assert RuleDesk(desk.engine).resumed(ref, lambda card: True).status is Status.DONE
        desk.go()
        for number in range(60):
            desk.put(f"Downloads/scan {number}.jpg")
        disk = desk.engine.journal._ledger._db
        disk.execute(f"PRAGMA max_page_count = {disk.execute('PRAGMA page_count').fetchone()[0] + 8}")
        with suppress(NearhandError), desk.working() as works:
            desk.settle(works)
        done = len(desk.files("Documents"))
        assert done < 60 and len(desk.files("Downloads")) == 60 - done, "what cannot be written down is not done"
        assert any("cannot be used" in notice.text for notice in desk.notices)
        disk.execute("PRAGMA max_page_count = 1000000")
        desk.go()
        desk.go()
        check(base, desk, 60, 0)


def test_a_memory_that_a_newer_version_wrote_is_refused(tmp_path: Path) -> None:
    store = WatchStore(tmp_path / "watch.db")
    store.base.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(WatchError, match="newer"):
        WatchStore(tmp_path / "watch.db")


def test_the_journal_finds_the_turns_of_one_firing_only(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from nearhand.agent.effects.records import Kind, Turn

    journal = Journal(tmp_path / "journal.db")
    for cause in ("a@1/new:1", "a@1/new:12", "b@1/new:1"):
        journal.begin(Turn("x", "files.find", datetime.now(UTC), Kind.RULE, cause=cause))
    assert [entry.turn.cause for entry in journal.caused("a@1/")] == ["a@1/new:1", "a@1/new:12"]
    journal.close()
