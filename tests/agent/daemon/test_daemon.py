"""The daemon's life: one of it, what it does when things happen, and how little it takes to end it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearhand.agent.config.settings import SHIPPED_MODEL, load
from nearhand.agent.daemon import lock as daemon_lock
from nearhand.agent.daemon.lock import RunningError
from nearhand.agent.daemon.main import Daemon
from nearhand.agent.daemon.model import Resting
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.planning import start
from nearhand.agent.reply import Reply, Status
from nearhand.agent.work import Change, Event, Put
from nearhand.connectors.sealed.parsing_apart import Apart
from nearhand.models import footprint
from nearhand.models.worker import Answer, ScriptedPlanner, Worker

from .daemon_world import PLANS, Given, answers, client, make_home, process, served, until

MAIL = Event("mail", Change.NEW, "INBOX/1", "v")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "p")


def test_two_daemons_do_not_share_a_profile(home: Path) -> None:
    with served(home):
        with pytest.raises(RunningError, match=rf"runs already \(process {os.getpid()}\)"):
            Daemon(Profile(home), Given().parts()).run()
        assert answers(home) and daemon_lock.is_held(Profile(home).lock)
    assert not daemon_lock.is_held(Profile(home).lock)


def test_a_socket_left_by_a_crash_is_taken_over(home: Path) -> None:
    with process(home) as first:
        first.kill()
        first.wait()
        assert Profile(home).socket.exists() and not answers(home)
    with served(home), client(home) as remote:
        assert remote.do("where are the notes?").status is Status.DONE
    assert not Profile(home).socket.exists()


def test_something_else_in_the_sockets_place_is_left_alone(home: Path) -> None:
    Profile(home).socket.parent.mkdir()
    Profile(home).socket.write_text("mine")
    with pytest.raises(AgentError, match="is in the way"):
        Daemon(Profile(home), Given().parts()).run()
    assert Profile(home).socket.read_text() == "mine"


def test_without_a_config_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="nearhand connect files"):
        Daemon(Profile(tmp_path / "none"), Given().parts()).run()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(home: Path, number: signal.Signals) -> None:
    with process(home) as running:
        running.send_signal(number)
        said = running.communicate(timeout=60)
        assert running.returncode == 0, said
    assert not Profile(home).socket.exists() and "ends" in Profile(home).log.read_text()


def test_the_service_manager_is_told_how_it_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = Path(tempfile.mkdtemp()) / "notify"  # a socket's path must be short
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(60)
        manager.bind(str(where))
        monkeypatch.setenv("NOTIFY_SOCKET", str(where))
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        with served(home):
            told = [manager.recv(200) for _ in range(4)]
        assert any(each.startswith(b"READY=1") for each in told) and told.count(b"WATCHDOG=1") >= 2
        while manager.recv(200) != b"STOPPING=1":
            pass


def test_what_happens_fires_the_rules_once_each(home: Path) -> None:
    given = Given()
    with served(home, given):
        given.watcher.give(*(Event("files", Change.NEW, f"{n}", "v") for n in range(250)))
        until(lambda: len(given.rules.ran) == 250)
        until(lambda: not given.watcher.events)
    assert given.rules.ran == [f"rule/{n}" for n in range(250)]


def test_what_happened_while_nobody_looked_is_found_at_the_start(home: Path) -> None:
    given = Given()
    given.watcher.events.append(MAIL)
    with served(home, given):
        until(lambda: given.rules.ran == ["rule/INBOX/1"])


def test_nothing_is_looked_at_while_nothing_happens(home: Path) -> None:
    given = Given()
    with served(home, given), client(home) as remote:
        until(lambda: given.watcher.scans == 1)
        remote.ask("status", "status")
        time.sleep(0.3)
        assert given.watcher.scans == 1


def test_a_moment_is_waited_for(home: Path) -> None:
    given = Given()
    given.rules.wanted = datetime.now(UTC) + timedelta(seconds=1)
    with served(home, given):
        until(lambda: given.rules.ran == ["rule/later"])


def test_a_moment_that_was_missed_comes_once(home: Path) -> None:
    given = Given()
    given.rules.wanted = datetime.now(UTC) - timedelta(days=3)
    with served(home, given):
        until(lambda: given.rules.ran == ["rule/later"])


def test_paused_rules_wait_even_over_a_restart_and_then_go_on(home: Path) -> None:
    given = Given()
    with served(home, given), client(home) as remote:
        remote.hold()
        given.watcher.give(MAIL)
    with served(home, given), client(home) as remote:
        given.watcher.give()
        remote.do("where are the notes?")
        assert given.rules.ran == [] and given.watcher.events == [MAIL]
        assert remote.ask("resume") == "The rules go on."
        until(lambda: given.rules.ran == ["rule/INBOX/1"])


def test_what_a_rule_may_not_do_alone_is_told(home: Path) -> None:
    given = Given()
    given.rules.work = lambda firing: Reply(Status.APPROVE, "rule", "It waits.", journal=(7,))
    with served(home, given):
        given.watcher.give(MAIL)
        until(lambda: bool(given.shown))
    assert given.shown == [("A rule waits for your approval.", "nearhand approve 7 “rule”")]


def test_an_error_of_the_rules_is_told_once_and_tried_again(home: Path) -> None:
    given = Given()
    given.watcher.broken = AgentError("The disk is full.")
    with served(home, given), client(home) as remote:
        until(lambda: bool(given.shown))
        given.watcher.give(MAIL)
        assert remote.do("where are the notes?").status is Status.DONE  # everything else works
    assert given.shown == [("The rules cannot work right now.", "The disk is full.")]


def test_a_changed_config_is_used_without_a_restart(home: Path) -> None:
    (home / "Other").mkdir()
    (home / "Other/letter.txt").write_text("x")
    plans = {**PLANS, "where is the letter?": 'files.find what="letter"'}
    with served(home, Given(plans)), client(home) as remote:
        assert "letter.txt" not in remote.do("where is the letter?").answer
        config = home / "config.toml"
        config.write_text(config.read_text().replace('["Documents"]', '["Documents", "Other"]'))
        assert "letter.txt" in remote.do("where is the letter?").answer


def test_a_config_that_was_broken_by_hand_is_told_and_mended(home: Path) -> None:
    given, config = Given(), home / "config.toml"
    good = config.read_text()
    with served(home, given):
        config.write_text("[fils]\n")
        given.watcher.give()
        until(lambda: bool(given.shown))
        assert "fils" in given.shown[0][1] and answers(home)
        with client(home) as remote, pytest.raises(AgentError, match="fils"):
            remote.do("where are the notes?")
        given.watcher.events.append(MAIL)
        config.write_text(good)
        with client(home) as remote:
            assert remote.do("where are the notes?").status is Status.DONE
        until(lambda: given.rules.ran == ["rule/INBOX/1"])


class LockedKeyring:
    """Accounts whose passwords cannot be had."""

    syncs = 0
    put: Put | None = None

    def start(self, put: Put) -> None:
        self.put = put

    def stop(self) -> None:
        self.put = None

    def sync(self) -> str:
        self.syncs += 1
        raise AgentError("The keyring is locked. Unlock it, then it goes on by itself.")


def test_a_locked_keyring_is_said_once_and_everything_local_works(home: Path) -> None:
    accounts = LockedKeyring()
    given = Given(accounts=accounts)
    with served(home, given), client(home) as remote:
        until(lambda: bool(given.shown))
        with pytest.raises(AgentError, match="The keyring is locked"):
            remote.ask("sync")
        assert accounts.put is not None
        accounts.put()
        until(lambda: accounts.syncs >= 3)
        assert remote.do("where are the notes?").status is Status.DONE
    assert given.shown == [("Your accounts cannot be reached right now.",
                            "The keyring is locked. Unlock it, then it goes on by itself.")]  # fmt: skip


def test_the_model_is_shared_by_all_who_ask(home: Path) -> None:
    given = Given()
    with served(home, given) as daemon, client(home) as one, client(home) as other:
        assert daemon.status()["model"] == "rests"
        one.do("where are the notes?")
        other.do("where are the notes?")
        assert len(given.planners) == 1 and daemon.status()["model"] == "ready"
    assert daemon.status()["model"] == "rests"


def test_the_model_rests_when_nobody_asks_and_comes_back(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p", more="[daemon]\nmodel_idle_seconds = 0\n")
    given = Given()
    with served(home, given) as daemon, client(home) as remote:
        for count in (1, 2):
            assert remote.do("where are the notes?").status is Status.DONE and len(given.planners) >= count
            until(lambda: daemon.status()["model"] == "rests")


def test_a_model_that_is_planning_is_not_put_to_rest() -> None:
    now = [0.0]

    class Long(ScriptedPlanner):
        def plan(self, request: str, before: object = None) -> Answer:
            now[0] += 1000
            assert not resting.rest()
            return super().plan(request)

    resting = Resting(lambda: Long(PLANS), 60, lambda: None, lambda: now[0])
    resting.plan("pack the notes")
    assert resting.awake and resting.left() == 60
    now[0] += 61
    assert resting.rest() and not resting.awake and resting.left() is None


@pytest.mark.skipif(not SHIPPED_MODEL.is_file(), reason="there is no model in models/weights yet")
def test_a_model_that_was_killed_is_started_anew(home: Path) -> None:
    workers: list[Worker] = []

    def worker() -> Worker:
        workers.append(start(load(Profile(home))))
        return workers[-1]

    with served(home, Given(make_planner=worker)), client(home) as remote:
        assert remote.plan("where are the notes?").plan is not None
        assert workers[0]._process is not None
        workers[0]._process.kill()
        workers[0]._process.wait()
        assert remote.plan("where are the notes?").plan is not None


def test_a_jump_of_the_clock_is_noticed_and_harmless(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, real = Given(), time.time
    with served(home, given):
        until(lambda: given.watcher.scans == 1)
        monkeypatch.setattr("nearhand.agent.daemon.main.time.time", lambda: real() + 7200)
        given.watcher.give(MAIL)
        until(lambda: given.rules.ran == ["rule/INBOX/1"])
        until(lambda: "the clock moved by 7200 s" in Profile(home).log.read_text())


def test_the_log_has_no_words_of_anybody_in_it(home: Path) -> None:
    given = Given()
    with served(home, given), client(home) as remote:
        remote.do("bin the notes", lambda card: True)
        remote.do("nobody planned this")
        given.watcher.broken = AgentError("Secret subject")
        given.watcher.give(Event("mail", Change.NEW, "INBOX/secret-name", "v"))
        until(lambda: bool(given.shown))
    text = Profile(home).log.read_text()
    assert "do: done, turn (1,)" in text and Profile(home).log.stat().st_mode & 0o777 == 0o600
    assert not [word for word in ("notes", "nobody", "ecret") if word in text]


def test_it_has_left_no_thread_and_no_descriptor_when_it_has_ended(home: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("descriptors are counted in /proc")
    counts = []
    for _ in range(3):
        with served(home), client(home) as remote:
            remote.do("where are the notes?")
        counts.append((len(list(folder.iterdir())), threading.active_count()))
    assert counts[0] == counts[-1]
    assert not logging.getLogger("nearhand.daemon").handlers


def test_its_memory_is_known() -> None:
    assert 5_000_000 < footprint.current() < 5_000_000_000


def test_the_process_that_reads_ends_when_it_has_been_quiet(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nearhand.agent.daemon.main._QUIET", 0.05)
    daemon, reads = Daemon(Profile(home), Given().parts()), Apart()
    daemon._planner = Resting(lambda: ScriptedPlanner({}), 0.0, lambda: None)
    reads._start()
    assert reads.sealed is not None
    daemon._sleep(None, reads)
    assert reads.sealed is None
