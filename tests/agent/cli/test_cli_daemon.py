"""The command line with a daemon: the same words, answers and exit codes as without one; and `nearhand daemon`."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from nearhand.agent.cli import main as cli
from nearhand.agent.config.settings import SHIPPED_MODEL
from nearhand.agent.daemon import lock as daemon_lock
from nearhand.agent.paths import Profile

from ..daemon.daemon_world import make_home, process, served, until

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Run:
    def runs(*words: str) -> tuple[int, str, str]:
        code = cli.main([*words, "--profile", str(home)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return runs


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "p")


def test_do_is_answered_by_the_daemon_with_the_same_exit_codes(run: Run, home: Path) -> None:
    for name in ("plan b one.txt", "plan b two.txt"):
        (home / "Documents" / name).write_text("x")
    with served(home):
        code, out, _ = run("do", "where are the notes?")
        assert code == 0 and out.startswith("notes.txt.\n")
        assert run("do", "what about it?")[0] == 0
        code, out, _ = run("do", "bin the notes")
        assert code == 5 and "nearhand approve 3" in out
        code, out, _ = run("approve")
        assert code == 0 and "One plan waits for you" in out and "Move notes.txt to the trash." in out
        assert run("approve", "3")[0] == 0 and not (home / "Documents/notes.txt").exists()
        assert run("undo")[0] == 0 and (home / "Documents/notes.txt").exists()
        assert run("reject", "99")[2] == "There is no turn 99. `nearhand log` lists them.\n"
        assert run("plan", "bin the notes")[0] == 5
        code, out, _ = run("do", "bin the notes", "--yes", "--json")
        assert code == 0 and json.loads(out)["status"] == "done"


def test_a_mistake_is_the_same_sentence(run: Run, home: Path) -> None:
    alone = {}
    for through in (False, True):
        if through:
            with served(home):
                alone[through] = run("approve", "7")
        else:
            alone[through] = run("approve", "7")
    assert alone[True] == alone[False]


def test_a_daemon_of_another_version_is_told_of_and_not_used(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(home) as daemon:
        until(lambda: daemon.status()["clients"] == 0)
        monkeypatch.setattr("nearhand.agent.daemon.remote.version", lambda: "99.0")
        code, _, err = run("undo")
        assert code == 1 and "older; this is 99.0" in err and "This is done without it." in err


def test_another_time_than_now_is_not_for_the_daemon(run: Run, home: Path) -> None:
    with served(home) as daemon:
        until(lambda: daemon.status()["clients"] == 0)
        assert run("undo", "--now", "2026-03-04T09:30")[0] == 1


@pytest.mark.parametrize(("typed", "code", "there"), [("y\n", 0, False), ("\n", 4, True), ("\x03", 130, True)])
def test_somebody_at_a_terminal_is_asked_through_the_daemon(home: Path, typed: str, code: int, there: bool) -> None:
    with process(home):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-P", "-m", "nearhand.agent.cli.main", "--profile", str(home), "do", "bin the notes"]
        asked = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                 env={**os.environ, "TERM": "dumb"}, preexec_fn=_takes_terminal)  # fmt: skip
        os.close(theirs)
        try:
            said = b""
            while b"[y/N]" not in said:
                said += os.read(ours, 4096)
            assert b"Move notes.txt to the trash." in said
            os.write(ours, typed.encode())
            while asked.poll() is None and typed == "\x03":  # one that comes between the prompt and the reading is not heard
                with suppress(subprocess.TimeoutExpired):
                    asked.wait(2)
                os.write(ours, typed.encode())
            assert asked.wait(60) == code
        finally:
            asked.kill()
            asked.wait()
            os.close(ours)
    assert (home / "Documents/notes.txt").exists() is there


def _takes_terminal() -> None:
    import fcntl
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whatever the shell that runs the tests has made of it
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_without_a_daemon_it_says_how_to_start_one(run: Run) -> None:
    code, out, _ = run("daemon")
    assert code == 1 and "nearhand daemon start" in out and "nearhand daemon install" in out
    assert json.loads(run("daemon", "status", "--json")[1])["running"] is False
    assert run("daemon", "stop")[:2] == (0, "It does not run.\n")
    assert "It does not run" in run("daemon", "pause")[2]
    assert run("daemon", "logs")[1] == "There is no log yet.\n"


def test_a_daemon_lives_in_the_present(run: Run) -> None:
    code, _, err = run("daemon", "run", "--now", "2026-03-04T09:30")
    assert code == 1 and "leave out --now" in err


def test_it_is_paused_and_goes_on(run: Run, home: Path) -> None:
    with served(home):
        assert "No rule runs until" in run("daemon", "pause")[1]
        assert "paused" in run("daemon")[1]
        assert run("daemon", "start")[1] == "The rules go on.\n"
        assert json.loads(run("daemon", "--json")[1])["held"] is False
        assert "serves" in run("daemon", "logs")[1]


def test_a_config_that_is_missing_is_told_before_anything_is_started(run: Run, home: Path) -> None:
    (home / "config.toml").unlink()
    code, _, err = run("daemon", "start")
    assert code == 1 and "nearhand connect files" in err


@pytest.mark.skipif(not SHIPPED_MODEL.is_file(), reason="there is no model in models/weights yet")
def test_the_real_thing_starts_answers_and_ends(run: Run, home: Path) -> None:
    try:
        assert run("daemon", "start")[:2] == (0, "The background service runs.\n")
        assert run("daemon", "start")[1] == "It runs.\n"
        code, out, _ = run("do", "where are the notes?")
        assert code == 0 and "notes.txt" in out
        told = json.loads(run("daemon", "--json")[1])
        assert told["running"] and told["model"] == "ready"
        assert run("daemon", "stop")[0] == 0
        assert not daemon_lock.is_held(Profile(home).lock)
    finally:
        if daemon_lock.is_held(Profile(home).lock):
            os.kill(int(Profile(home).lock.read_text()), signal.SIGKILL)
