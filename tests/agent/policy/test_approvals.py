"""The queue of what waits: complete, patient, and bound to exactly what was shown."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.policy.approvals import from_json, waiting
from nearhand.agent.reply import Status
from nearhand.models.worker import ScriptedPlanner

from ..daemon.daemon_world import PLANS, make_home


def opened(home: Path) -> AbstractContextManager[Engine]:
    return open_engine(home, None, ScriptedPlanner(PLANS))


def test_what_was_not_answered_is_listed_with_what_it_would_do(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with opened(home) as engine:
        engine.do("bin the notes")
        engine.do("where are the notes?")
        (found,) = waiting(engine)
        assert (found.id, found.request, found.lines) == (1, "bin the notes", ("Move notes.txt to the trash.",))
        assert from_json(found.to_json()) == found
        assert engine.reject(1).status is Status.DONE and waiting(engine) == ()


def test_nothing_runs_because_time_has_passed(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with opened(home) as engine:
        engine.do("bin the notes")
        later = engine.home.clock.now + timedelta(days=4000)
    with open_engine(home, later, ScriptedPlanner(PLANS)) as engine:
        assert [each.id for each in waiting(engine)] == [1]
    assert (home / "Documents/notes.txt").exists()


def test_an_approval_of_something_that_has_changed_fails_and_changes_nothing(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    notes = home / "Documents/notes.txt"
    with opened(home) as engine:
        engine.do("bin the notes")
        notes.write_text("something new altogether\n")
        reply = engine.approve(1)
        assert reply.status is Status.FAILED and notes.read_text() == "something new altogether\n"
        assert waiting(engine) == ()


def test_what_can_no_longer_be_done_says_so_in_the_list(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with opened(home) as engine:
        engine.do("bin the notes")
        (home / "Documents/notes.txt").unlink()
        assert waiting(engine)[0].id == 1


def approved_and_cut_off(engine: Engine) -> int:
    """What is left when a process dies between an approval and the first effect."""
    engine.do("bin the notes")
    entry = engine.journal.waiting()[0]
    engine.journal.approve(entry.id, entry.waiting)
    return entry.id


def test_what_was_approved_and_cut_off_before_it_began_is_not_lost_and_needs_a_new_yes(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with opened(home) as engine:
        number = approved_and_cut_off(engine)
    with opened(home) as engine:
        assert (home / "Documents/notes.txt").exists()
        (found,) = waiting(engine)
        assert found.cut_off and found.id == number
        assert engine.approve(number).status is Status.DONE
        assert waiting(engine) == () and not (home / "Documents/notes.txt").exists()
        assert engine.approve(number).status is Status.FAILED  # never twice
