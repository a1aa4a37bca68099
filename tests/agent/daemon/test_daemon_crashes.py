"""kill -9 of the daemon with a request in flight: nothing is lost, nothing is done twice, and the client is told.

And no harm from those who come and go beside it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nearhand.agent.effects.records import Kind, State
from nearhand.agent.errors import AgentError
from nearhand.agent.loop import open_engine
from nearhand.agent.reply import Status
from nearhand.models.worker import ScriptedPlanner

from .daemon_world import PLANS, client, make_home, process, until

KILLS = 200 if os.environ.get("NEARHAND_SOAK") else 4
PAGES = 40


def killed_in_flight(home: Path, seconds: float) -> str:
    """Ask for something long, kill the daemon after so many seconds; returns what the client was told."""
    with process(home) as daemon, client(home) as remote:
        timer = threading.Timer(seconds, daemon.kill)
        timer.start()
        try:
            return str(remote.do("bin them all", lambda card: True).status)
        except AgentError as error:
            return str(error)
        finally:
            timer.join()


def test_killed_at_any_moment_every_page_is_in_one_place_and_the_journal_knows_which(tmp_path: Path) -> None:
    """4 kills by default, 200 with NEARHAND_SOAK=1."""
    dice = random.Random(6)
    home = make_home(tmp_path / "p", pages=PAGES)
    pages, told = home / "Documents", set()
    for _ in range(KILLS):
        told.add(killed_in_flight(home, dice.uniform(0.0, 2.0)))
        with open_engine(home, None, ScriptedPlanner(PLANS)) as engine:
            assert engine.journal.open_intents() == () and engine.verify() is None
            asked = [entry for entry in engine.entries(2000) if entry.turn.kind is Kind.REQUEST]  # no undo of an earlier round
            binned = [e for entry in asked for e in entry.effects if e.state is State.DONE and e.effect.verb == "trash"]
            left = sorted(path.name for path in pages.glob("page*"))
            assert len(left) + len(binned) == PAGES and len({e.effect.ref for e in binned}) == len(binned)
            for turn in [e.id for e in engine.entries(2000) if e.turn.kind is Kind.REQUEST]:
                if any(e.state is State.DONE for e in engine.journal.effects_of(turn)):
                    assert engine.undo((turn,)).status is Status.DONE
            assert len(list(pages.glob("page*"))) == PAGES
    assert any("ended in the middle" in each for each in told) or told == {"done"}


def test_what_waited_for_an_answer_when_it_was_killed_waits_on(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with process(home) as daemon, client(home) as remote:
        def never(card: object) -> bool:
            daemon.kill()
            daemon.wait()
            return True

        with pytest.raises(AgentError, match="ended in the middle"):
            remote.do("bin the notes", never)
    assert (home / "Documents/notes.txt").exists()
    with process(home), client(home) as remote:
        waiting = remote.ask("queue", "queue")
        assert isinstance(waiting, list) and len(waiting) == 1
        assert remote.approve(waiting[0]["id"]).status is Status.DONE
        assert remote.approve(waiting[0]["id"]).status is Status.FAILED
    assert not (home / "Documents/notes.txt").exists()


def test_a_daemon_that_was_stopped_in_its_tracks_does_not_keep_others_from_acting(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with process(home) as daemon:
        daemon.kill()
        daemon.wait()
        with open_engine(home, None, ScriptedPlanner(PLANS)) as engine:
            assert engine.do("bin the notes", lambda card: True).status is Status.DONE


def test_commands_that_come_and_go_beside_it_do_not_stop_its_rules(tmp_path: Path) -> None:
    """Each opens the journal for itself, and so does every client within the daemon."""
    home, asked = make_home(tmp_path / "p"), "file new pdfs under Bills"
    (home / "Documents" / "Bills").mkdir()
    rule = 'rules.add event=file kind=pdf in="Documents" ; files.move what=$1 to="Bills"'
    command = [sys.executable, "-P", "-m", "nearhand.agent.cli.main", "--profile", str(home), "log"]
    with process(home, {**PLANS, asked: rule}, rules=True), client(home) as remote:
        assert remote.do(asked, lambda card: True).status is Status.DONE
        for name in ("one.pdf", "two.pdf"):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            with client(home) as passing:
                assert passing.do("where are the notes?").status is Status.DONE
            (home / "Documents" / name).write_bytes(b"%PDF")
            until((home / "Documents" / "Bills" / name).exists)
    with open_engine(home, None, ScriptedPlanner(PLANS)) as engine:
        assert engine.verify() is None and sum(e.turn.kind is Kind.RULE for e in engine.entries(100)) == 2
