"""The journal: what was written stays, in order, whoever writes, and meddling is found."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.ledger import MIGRATIONS, Ledger
from nearhand.agent.effects.records import Kind, Ref, State, Turn
from nearhand.agent.effects.steps import Later, Made, Ready
from nearhand.agent.errors import ApprovalError, BusyError, JournalError
from nearhand.connectors.base import Call, Effect, Risk

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MOVE = Effect("files", "move", "/a", "v1", {"to": "/b"})
BACK = Effect("files", "move", "/b", "v1", {"to": "/a"})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path / "state" / "journal.db")
    yield found
    found.close()


def turn(request: str = "move a to b", kind: Kind = Kind.REQUEST) -> Turn:
    return Turn(request, "files.move", NOW, kind)


def done(journal: Journal, request: str = "move a to b", kind: Kind = Kind.REQUEST, undoes: int | None = None) -> int:
    """A turn with one effect that is done; returns the effect's number."""
    number = journal.begin(turn(request, kind))
    effect = journal.intend(number, MOVE, BACK, "Move a to b.", undoes)
    journal.done(effect, "/b", "v1", "It is there.")
    return effect


def test_a_turn_is_told_as_it_was_written(journal: Journal) -> None:
    said = Turn("Räum auf — 日本", "files.move $1", NOW, Kind.REQUEST, Risk.OUTWARD, (3, 2))
    assert journal.entry(journal.begin(said)).turn == said


def test_turns_and_effects_have_short_numbers(journal: Journal) -> None:
    assert [done(journal), done(journal)] == [1, 2]
    assert [entry.id for entry in journal.turns()] == [2, 1]


def test_an_effect_goes_from_intent_to_done_and_keeps_its_inverse(journal: Journal) -> None:
    effect = journal.intend(journal.begin(turn()), MOVE, BACK, "Move a to b.")
    assert journal.record(effect).state is State.INTENT
    assert [record.id for record in journal.open_intents()] == [effect]
    journal.done(effect, "/b", "v1", "It is there.")
    record = journal.record(effect)
    assert (record.effect, record.inverse, record.ref, record.reason) == (MOVE, BACK, "/b", "It is there.")
    assert (record.state, journal.open_intents()) == (State.DONE, ())


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_an_effect_that_did_not_happen_is_not_undoable(journal: Journal, state: str) -> None:
    effect = journal.intend(journal.begin(turn()), MOVE, BACK, "Move a to b.")
    getattr(journal, state)(effect, "the disk was full")
    assert (journal.record(effect).state, journal.record(effect).reason) == (State(state), "the disk was full")
    assert journal.last_undoable() is None and journal.open_intents() == ()


def test_a_decided_effect_stays_decided(journal: Journal) -> None:
    effect = done(journal)
    for again in (lambda: journal.failed(effect, "x"), lambda: journal.done(effect, "", "", "x")):
        with pytest.raises(JournalError, match="already done"):
            again()


def test_undoing_marks_the_effect_in_the_same_moment(journal: Journal) -> None:
    first = done(journal)
    second = done(journal, "undo 1", Kind.UNDO, undoes=first)
    assert (journal.record(first).state, journal.record(first).undone_by) == (State.UNDONE, 2)
    assert journal.record(second).state is State.DONE


def test_undo_goes_back_turn_by_turn_and_redo_forward_again(journal: Journal) -> None:
    one, two = done(journal, "one"), done(journal, "two")
    done(journal, "undo", Kind.UNDO, two)
    undo_one = done(journal, "undo", Kind.UNDO, one)
    assert journal.last_undoable() is None
    redo = journal.last_redoable()
    assert redo is not None and redo.id == 4
    done(journal, "redo", Kind.REDO, undo_one)
    again, last = journal.last_redoable(), journal.last_undoable()
    assert (again and again.id, last and last.id) == (3, 5)


def test_something_new_ends_the_chance_to_redo(journal: Journal) -> None:
    done(journal, "undo", Kind.UNDO, done(journal))
    assert journal.last_redoable() is not None
    done(journal, "something new")
    assert journal.last_redoable() is None


def test_the_next_request_knows_what_the_last_one_found_and_made(journal: Journal) -> None:
    done(journal)
    journal.answered(1, "There it is.", [Ref("mail", "INBOX/1", "Saturday?"), Ref("files", "/b", "b")])
    context = journal.context()
    assert context is not None and context.turn.request == "move a to b" and context.turn.plan == "files.move"
    assert [(ref.connector, ref.ref) for ref in context.refs] == [("files", "/b"), ("mail", "INBOX/1")]


def test_a_turn_that_only_read_is_context_too(journal: Journal) -> None:
    journal.answered(journal.begin(turn("find the lease")), "One file.", [Ref("files", "/lease", "lease")])
    context = journal.context()
    assert context is not None and context.refs == (Ref("files", "/lease", "lease"),)


def test_turns_are_found_by_text_in_any_case_and_any_script(journal: Journal) -> None:
    for number in range(120):
        journal.begin(turn(f"request {number}"))
    journal.begin(turn("Schöne GRÜSSE"))
    assert [e.turn.request for e in journal.turns(text="grüsse")] == ["Schöne GRÜSSE"]
    assert [e.turn.request for e in journal.turns(2)] == ["Schöne GRÜSSE", "request 119"]
    assert [e.turn.request for e in journal.turns(text="request 3 ")] == []
    assert len(journal.turns(200)) == 121


def test_turns_since_a_moment_leave_out_what_was_before(tmp_path: Path) -> None:
    times = iter([NOW.replace(hour=1), NOW])
    journal = Journal(tmp_path / "j", clock=lambda: next(times))
    journal.begin(turn("early"))
    journal.begin(turn("late"))
    assert [e.turn.request for e in journal.turns(since=NOW.replace(hour=6))] == ["late"]
    journal.close()


def test_what_waits_for_an_approval_can_be_approved_elsewhere(journal: Journal, tmp_path: Path) -> None:
    steps = (Ready((MOVE,)), Later("files", Call("files.copy", (), {"to": Made(0)}), "Copy it.", (0,)))
    number = journal.begin(turn())
    named = journal.plan(number, steps)
    other = Journal(tmp_path / "state" / "journal.db")
    (waiting,) = other.waiting()
    assert (waiting.id, waiting.steps, waiting.waiting, waiting.open) == (number, steps, named, True)
    other.approve(number, named)
    assert journal.waiting() == () and journal.entry(number).approved == named
    other.close()


def test_another_digest_than_the_waiting_one_cannot_be_approved(journal: Journal) -> None:
    number = journal.begin(turn())
    journal.plan(number, (Ready((MOVE,)),))
    with pytest.raises(ApprovalError):
        journal.approve(number, "0" * 64)


def test_what_was_rejected_stays_rejected(journal: Journal) -> None:
    number = journal.begin(turn())
    named = journal.plan(number, (Ready((MOVE,)),))
    journal.reject(number, "")
    assert journal.waiting() == ()
    with pytest.raises(ApprovalError):
        journal.approve(number, named)


def test_a_number_that_does_not_exist_is_an_error_for_the_person(journal: Journal) -> None:
    with pytest.raises(JournalError, match="no turn 7"):
        journal.entry(7)


def test_the_journal_is_readable_by_its_owner_only(journal: Journal, tmp_path: Path) -> None:
    done(journal)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize("statement", ["UPDATE rows SET body = '{}'", "DELETE FROM rows"])
def test_sqlite_itself_refuses_to_change_what_was_written(journal: Journal, tmp_path: Path, statement: str) -> None:
    done(journal)
    db = sqlite3.connect(tmp_path / "state" / "journal.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE rows SET body = replace(body, '/b', '/c') WHERE n = 2", 2),
        ("UPDATE rows SET at = '2020' WHERE n = 3", 3),
        ("DELETE FROM rows WHERE n = 2", 2),
        ("DELETE FROM rows WHERE n = 1", 1),
        ("UPDATE rows SET n = 9 WHERE n = 4", 4),
        ("UPDATE rows SET hash = 'x' WHERE n = 1", 1),
        ("INSERT INTO rows SELECT 7, turn, effect, kind, at, body, hash FROM rows WHERE n = 6", 7),
    ],
)
def test_meddling_is_found_and_the_first_broken_entry_is_named(tmp_path: Path, statement: str, broken: int) -> None:
    journal = Journal(tmp_path / "j")
    done(journal)
    done(journal)
    assert journal.verify() is None and journal.head()[0] == 6
    db = sqlite3.connect(tmp_path / "j", isolation_level=None)
    db.execute("DROP TRIGGER no_update")
    db.execute("DROP TRIGGER no_delete")
    db.execute(statement)
    db.close()
    found = journal.verify()
    assert found is not None and found.n == broken
    journal.close()


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    Ledger(tmp_path / "j", (*MIGRATIONS, lambda db: None)).close()
    with pytest.raises(JournalError, match="newer"):
        Ledger(tmp_path / "j")


def test_an_older_journal_is_brought_forward_once_and_keeps_its_entries(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    done(journal)
    journal.close()

    def add_index(db: sqlite3.Connection) -> None:
        db.execute("CREATE INDEX by_time ON rows (at)")

    for _ in range(2):
        ledger = Ledger(tmp_path / "j", (*MIGRATIONS, add_index))
        assert len(ledger.rows()) == 3 and ledger.verify() is None
        ledger.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    Journal(tmp_path / "j").close()

    def half(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE half (a)")
        db.execute("nonsense")

    with pytest.raises(JournalError):
        Ledger(tmp_path / "j", (*MIGRATIONS, half))
    ledger = Ledger(tmp_path / "j")
    assert ledger.number("SELECT count(*) FROM sqlite_master WHERE name = 'half'") == 0
    ledger.close()


def test_a_file_that_is_no_journal_is_an_error_for_the_person(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"not a database" * 100)
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(tmp_path / "j")


def test_only_one_may_act_at_a_time(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path / "state" / "journal.db")
    with journal.acting(), pytest.raises(BusyError), other.acting(wait=0.05):
        pass
    with other.acting(wait=0.05):
        pass
    other.close()


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.records import Turn
from nearhand.connectors.base import Effect
journal = Journal(Path(sys.argv[1]))
for number in range(40):
    turn = journal.begin(Turn(f"{sys.argv[2]} {number}", "plan", datetime.now(UTC)))
    effect = Effect("files", "move", "/a", "v", {})
    journal.done(journal.intend(turn, effect, effect, "t"), "/b", "v", "e")
"""


def test_two_processes_writing_at_once_keep_one_whole_chain(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "j")]
    writers = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    journal = Journal(tmp_path / "j")
    assert journal.verify() is None and journal.head()[0] == 240
    found = journal.turns(100)
    assert len(found) == 80 and {entry.id for entry in found} == set(range(1, 81))
    assert sorted(r.id for e in found for r in e.effects) == list(range(1, 81))
    journal.close()
