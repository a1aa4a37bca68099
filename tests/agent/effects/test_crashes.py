"""kill -9 at every step of a turn: the world is the old or the new one, and the journal says which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from nearhand.agent.effects.execute import FAILPOINTS, Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import State
from nearhand.connectors import atomic
from nearhand.connectors.files.connector import FilesConnector

MOVING = ("fsync", "rename.before", "rename.done", "rename.synced")
RUN = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from nearhand.agent.policy.digest import digest
from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.effects.undo import plan_undo, run_undo
from nearhand.connectors.base import Call
from nearhand.connectors.files.connector import FilesConnector

folder, now = Path(sys.argv[1]), datetime(2026, 11, 22, 9, tzinfo=UTC)
files = FilesConnector([folder / "home"], folder / "trash")
journal = Journal(folder / "journal")
executor = Executor({"files": files}, journal, Event())
if sys.argv[2] == "move":
    items = tuple(files.load(str(folder / "home" / name)) for name in ("a.txt", "b.txt"))
    steps = (Ready(tuple(files.expand(Call("files.move", items, {"to": str(folder / "home" / "Receipts")})))),)
    turn = journal.begin(Turn("move them", "plan", now))
    journal.approve(turn, digest("plan", steps))
    executor.run(turn, steps, digest("plan", steps))
else:
    run_undo(executor, plan_undo(journal, executor.connectors, now=now))
"""
BOTH_OLD, ONE_NEW, BOTH_NEW = ["a.txt", "b.txt"], ["Receipts/a.txt", "b.txt"], ["Receipts/a.txt", "Receipts/b.txt"]


def make(folder: Path) -> None:
    (folder / "home" / "Receipts").mkdir(parents=True)
    for name in "ab":
        (folder / "home" / f"{name}.txt").write_text(name)


def crash(folder: Path, what: str, failpoint: str = "") -> int:
    environment = {**os.environ, "NEARHAND_FAILPOINT": failpoint}
    return subprocess.run([sys.executable, "-c", RUN, str(folder), what], env=environment, timeout=60).returncode


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder / "home")) for p in (folder / "home").rglob("*") if p.is_file())


def recovered(folder: Path) -> Journal:
    """The journal after the next start."""
    journal = Journal(folder / "journal")
    files = FilesConnector([folder / "home"], folder / "trash")
    Executor({"files": files}, journal, Event()).recover()
    return journal


@pytest.mark.parametrize("failpoint", [*FAILPOINTS, *MOVING])
def test_a_turn_that_was_cut_off_is_as_the_journal_says(tmp_path: Path, failpoint: str) -> None:
    make(tmp_path)
    assert crash(tmp_path, "move", failpoint) == 137
    was_open = failpoint not in ("execute.before_intent", "execute.after_receipt")
    journal = Journal(tmp_path / "journal")
    assert bool(journal.open_intents()) is was_open
    journal.close()
    journal = recovered(tmp_path)
    states = [record.state for record in journal.effects_of(1)]
    expected = {tuple(BOTH_OLD): [[], [State.FAILED]], tuple(ONE_NEW): [[State.DONE]]}
    assert states in expected[tuple(names(tmp_path))]
    assert journal.verify() is None and not journal.open_intents()
    journal.close()


@pytest.mark.parametrize("failpoint", [*FAILPOINTS, *MOVING])
def test_what_was_done_before_a_crash_can_be_undone_after_it(tmp_path: Path, failpoint: str) -> None:
    make(tmp_path)
    crash(tmp_path, "move", failpoint)
    recovered(tmp_path).close()
    done = names(tmp_path) != BOTH_OLD
    assert crash(tmp_path, "undo") == (0 if done else 1)
    assert names(tmp_path) == BOTH_OLD


@pytest.mark.parametrize("failpoint", [*FAILPOINTS, *MOVING])
def test_an_undo_that_was_cut_off_is_finished_by_the_next_one(tmp_path: Path, failpoint: str) -> None:
    make(tmp_path)
    assert crash(tmp_path, "move") == 0 and names(tmp_path) == BOTH_NEW
    assert crash(tmp_path, "undo", failpoint) == 137
    journal = recovered(tmp_path)
    undone = [record.state for record in journal.effects_of(1)].count(State.UNDONE)
    journal.close()
    assert names(tmp_path) in (BOTH_NEW, ["Receipts/a.txt", "b.txt"])
    assert undone == (1 if "b.txt" in names(tmp_path) else 0)
    assert crash(tmp_path, "undo") == 0
    assert names(tmp_path) == BOTH_OLD


def test_the_failpoints_of_a_move_are_those_of_the_connector() -> None:
    assert set(MOVING) <= set(atomic.FAILPOINTS)
